"""The key store as the settings describe it."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.keystores import key_store
from gateway.ledger import sealing
from gateway.ledger.keystore import FileKeyStore, KeyStoreError
from gateway.settings import Settings, load_settings
from policies.source import ConfigError
from tests.support.kms import Kms, serving
from tests.test_settings import MINIMAL, write


@pytest.fixture
def kms() -> Iterator[Kms]:
    with serving() as running:
        yield running


def settings(folder: Path, keystore: str) -> Settings:
    return load_settings(write(folder, MINIMAL + f"data_dir: {folder / 'data'}\nkeystore: {keystore}\n"))


def use(store: FileKeyStore) -> bytes:
    key = sealing.new_key()
    wrapped = sealing.wrap(store, "maidstone", "routine", key, b"row")
    assert sealing.unwrap(store, "maidstone", "routine", wrapped, b"row") == key
    return store.secret("pepper", 32)


def test_nothing_but_permissions_by_default(tmp_path: Path) -> None:
    pepper = use(key_store(settings(tmp_path, "{}")))
    assert (tmp_path / "data" / "keys" / "secret.pepper").read_bytes() == pepper


def test_a_master_key_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current = settings(tmp_path, "{wrap: environment, master_key_env: MASTER_KEY}")
    monkeypatch.delenv("MASTER_KEY", raising=False)
    with pytest.raises(ConfigError, match="MASTER_KEY"):
        key_store(current)
    monkeypatch.setenv("MASTER_KEY", "short")
    with pytest.raises(KeyStoreError, match="32 characters"):
        key_store(current)
    monkeypatch.setenv("MASTER_KEY", "m" * 40)
    pepper = use(key_store(current))
    assert pepper not in (tmp_path / "data" / "keys" / "secret.pepper").read_bytes()


def test_vault_with_a_token_file(tmp_path: Path, kms: Kms) -> None:
    (tmp_path / "token").write_text(kms.vault_token + "\n")
    given = f"{{wrap: vault, vault: {{address: '{kms.url}', key: council, token_file: token}}}}"
    use(key_store(settings(tmp_path, given)))
    assert ("POST", "/v1/transit/encrypt/council") in kms.seen


def test_azure_with_a_client_secret(tmp_path: Path, kms: Kms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_SECRET", kms.client_secret)
    given = (
        f"{{wrap: azure, azure: {{address: '{kms.url}', key: council, tenant: tenant-1, client_id: c, "
        f"client_secret_env: AZURE_SECRET, login: '{kms.url}'}}}}"
    )
    use(key_store(settings(tmp_path, given)))
    assert ("POST", "/keys/council/wrapkey?api-version=7.4") in kms.seen
    assert sum(target.endswith("/oauth2/v2.0/token") for _, target in kms.seen) == 1


def test_secrets_from_the_environment_are_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current = settings(tmp_path, "{secrets_env: KEYSTORE_SECRETS}")
    monkeypatch.setenv("KEYSTORE_SECRETS", json.dumps({"pepper": b64encode(b"p" * 32).decode()}))
    assert use(key_store(current)) == b"p" * 32
    assert not (tmp_path / "data" / "keys" / "secret.pepper").exists()
    monkeypatch.setenv("KEYSTORE_SECRETS", "canary")
    with pytest.raises(KeyStoreError, match="base64") as error:
        key_store(current)
    assert "canary" not in str(error.value)
