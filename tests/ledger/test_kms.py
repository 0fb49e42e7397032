"""Vault and Azure Key Vault wrap the key store's files: spoken to over real sockets, in their own wire formats."""

import datetime
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from gateway.ledger import sealing
from gateway.ledger.keystore import FileKeyStore, KeyGone, KeyStoreError
from gateway.ledger.keytree import days_range
from gateway.ledger.keywrap import KeyWrapper
from gateway.ledger.kms import AzureClient, AzureIdentity, AzureKeyVault, Rest, VaultTransit
from tests.support.kms import Kms, serving

WHERE = ("maidstone", "routine")


@pytest.fixture
def kms() -> Iterator[Kms]:
    with serving() as running:
        yield running


def vault(kms: Kms) -> VaultTransit:
    return VaultTransit(Rest(kms.url, "Vault", timeout_s=2), "council", lambda: kms.vault_token)


def azure(kms: Kms) -> AzureKeyVault:
    token = AzureClient(Rest(kms.url, "tokens", timeout_s=2), "tenant-1", "client-1", lambda: kms.client_secret)
    return AzureKeyVault(Rest(kms.url, "Azure Key Vault", timeout_s=2), "council", token)


def managed(kms: Kms) -> AzureKeyVault:
    return AzureKeyVault(Rest(kms.url, "Azure", timeout_s=2), "council", AzureIdentity(Rest(kms.url, "IMDS")))


def rotate(kms: Kms) -> None:
    kms.vault_keys["council"][2] = AESGCM(b"2" * 32)
    kms.azure_keys["v2"] = rsa.generate_private_key(65_537, 2048)


@pytest.mark.parametrize("make", [vault, azure, managed])
def test_a_store_under_a_service(tmp_path: Path, kms: Kms, make: Callable[[Kms], KeyWrapper]) -> None:
    store = FileKeyStore(tmp_path / "keys", make(kms))
    secret, key = store.secret("pepper", 32), sealing.new_key()
    wrapped = sealing.wrap(store, *WHERE, key, b"row")
    asked = len(kms.seen)
    for _ in range(50):
        assert sealing.unwrap(store, *WHERE, wrapped, b"row") == key
    assert len(kms.seen) <= asked + 4  # the folder was looked at again, the service is not asked for each call
    assert secret not in (tmp_path / "keys" / "secret.pepper").read_bytes()
    rotate(kms)
    again = FileKeyStore(tmp_path / "keys", make(kms))
    assert again.seal_files() == 2
    assert (again.secret("pepper", 32), sealing.unwrap(again, *WHERE, wrapped, b"row")) == (secret, key)
    again.puncture(*WHERE, [days_range(0, 1 << 16)])
    with pytest.raises(KeyGone):
        sealing.unwrap(again, *WHERE, wrapped, b"row")


def test_a_service_that_stumbles_is_asked_again(tmp_path: Path, kms: Kms) -> None:
    kms.failing = 2
    assert len(FileKeyStore(tmp_path / "keys", vault(kms)).secret("pepper", 32)) == 32


def test_what_goes_wrong_is_said_without_secrets(tmp_path: Path, kms: Kms) -> None:
    wrong = VaultTransit(Rest(kms.url, "Vault"), "council", lambda: "canary-token")
    with pytest.raises(KeyStoreError, match=r"Vault answered 403: its token is not valid") as refused:
        FileKeyStore(tmp_path / "keys", wrong).secret("pepper", 32)
    assert "canary" not in str(refused.value)
    assert not list((tmp_path / "keys").glob("*pepper*"))
    with pytest.raises(KeyStoreError, match="no such key"):
        VaultTransit(Rest(kms.url, "Vault"), "other", lambda: kms.vault_token).wrap(b"k" * 32)
    bad = AzureClient(Rest(kms.url, "Azure's token service"), "tenant-1", "c", lambda: "canary")
    with pytest.raises(KeyStoreError, match=r"token service answered 401"):
        bad()
    kms.failing = 99
    with pytest.raises(KeyStoreError, match="503"):
        vault(kms).wrap(b"k" * 32)


def test_a_service_that_is_slow_or_gone_is_not_waited_for(kms: Kms) -> None:
    kms.slow = 1.0
    with pytest.raises(KeyStoreError, match="can't be reached"):
        VaultTransit(Rest(kms.url, "Vault", timeout_s=0.1), "council", lambda: kms.vault_token).wrap(b"k" * 32)
    with pytest.raises(KeyStoreError, match="can't be reached"):
        Rest("http://127.0.0.1:9", "Vault", timeout_s=0.2).get("/", {})


def test_only_https_leaves_this_machine() -> None:
    for address in ("http://vault.council.example", "ftp://x", "vault"):
        with pytest.raises(KeyStoreError, match="https"):
            Rest(address, "Vault")


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kms")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return folder / "ca.pem", context


def test_the_service_must_show_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    ca_file, context = certificate(tmp_path)
    with serving(context) as kms:
        trusted = VaultTransit(Rest(kms.url, "Vault", ca_file=ca_file), "council", lambda: kms.vault_token)
        assert trusted.unwrap(trusted.wrap(b"k" * 32)) == b"k" * 32
        stranger = VaultTransit(Rest(kms.url, "Vault"), "council", lambda: kms.vault_token)
        with pytest.raises(KeyStoreError, match="SSLCertVerificationError"):
            stranger.wrap(b"k" * 32)
