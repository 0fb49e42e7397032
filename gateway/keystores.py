"""The key store that the settings describe: its folder, what seals its files, and secrets from elsewhere."""

import binascii
import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

from gateway.ledger.keystore import FileKeyStore, KeyStoreError
from gateway.ledger.keywrap import KeyWrapper, MasterKey
from gateway.ledger.kms import AzureClient, AzureIdentity, AzureKeyVault, Rest, VaultTransit
from gateway.settings import AzureVaultSettings, KeyStoreSettings, Settings, VaultSettings, secret

_METADATA = "http://169.254.169.254"
"""Azure's instance metadata service: link-local, so it never leaves the host."""


def key_store(settings: Settings) -> FileKeyStore:
    """The folder of keys. Raises KeyStoreError, or ConfigError where a secret that the settings name is absent."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = (settings.keystore_dir or settings.data_dir / "keys").resolve()
    return FileKeyStore(folder, wrapper_of(settings.keystore), _given(settings.keystore.secrets_env))


def wrapper_of(settings: KeyStoreSettings) -> KeyWrapper | None:
    """What seals the files; None for nothing."""
    if settings.wrap == "environment":
        return MasterKey(_value(settings.master_key_env, settings.master_key_file, "key store")().encode())
    if settings.wrap == "vault" and settings.vault is not None:
        return _vault(settings.vault)
    if settings.wrap == "azure" and settings.azure is not None:
        return _azure(settings.azure)
    return None


def _vault(given: VaultSettings) -> VaultTransit:
    rest = Rest(given.address, "Vault", ca_file=given.ca_file, timeout_s=given.timeout_s)
    token = _value(given.token_env, given.token_file, "Vault")
    return VaultTransit(rest, given.key, token, mount=given.mount, namespace=given.namespace)


def _azure(given: AzureVaultSettings) -> AzureKeyVault:
    rest = Rest(given.address, "Azure Key Vault", timeout_s=given.timeout_s)
    token: AzureClient = AzureIdentity(Rest(_METADATA, "Azure's managed identity", timeout_s=given.timeout_s))
    if given.tenant is not None and given.client_id is not None:
        login = Rest(given.login, "Azure's token service", timeout_s=given.timeout_s)
        told = _value(given.client_secret_env, given.client_secret_file, "Azure Key Vault")
        token = AzureClient(login, given.tenant, given.client_id, told)
    return AzureKeyVault(rest, given.key, token, algorithm=given.algorithm)


def _value(env: str | None, file: Path | None, what: str) -> Callable[[], str]:
    """Read at every use: a token file is kept fresh by others."""

    def read() -> str:
        found = secret(env, file, what)
        return "" if found is None else found.get_secret_value()

    return read


def _given(env: str | None) -> dict[str, bytes]:
    found = secret(env, None, "key store")
    if found is None:
        return {}
    try:
        values = json.loads(found.get_secret_value())
        return {str(name): b64decode(value, validate=True) for name, value in values.items()}
    except (ValueError, AttributeError, TypeError, binascii.Error):
        raise KeyStoreError(
            f"environment variable {env}: write named secrets as JSON with values in base64, "
            'such as {"key-pepper": "..."}'
        ) from None
