"""The gateway's settings: one YAML file, typed, with errors that name file, line and fix.

Secrets are never written in the file: `*_env` names an environment variable and `*_file` a file that holds the
value (a mounted secret). Relative input files (register, rules, detectors, certificates, secrets) are read from
the settings file's own folder; a relative `data_dir` is taken from the working directory.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, SecretStr, StringConstraints, model_validator

from gateway.case_settings import CaseSettings
from gateway.identity_settings import AdminSettings as AdminSettings
from gateway.identity_settings import IdentitySettings as IdentitySettings
from gateway.identity_settings import IssuerSettings as IssuerSettings
from gateway.strict import Identifier, Strict
from policies.source import ConfigError as ConfigError
from policies.source import Problem as Problem
from policies.source import load_yaml, parse

_OUTPUTS = frozenset({"data_dir", "keystore_dir"})
"""Written to, so taken from the working directory."""
DEFAULT_NOTE = "AI helped write this. No officer check is recorded. {controller} is responsible for it. Ref {ref}."


class Listen(Strict):
    """Where the gateway answers. TLS belongs to the reverse proxy in front of it."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65_535)
    workers: int = Field(default=1, ge=1, le=64)
    max_in_flight: int = Field(default=256, ge=1, le=10_000)
    """Calls one worker handles at once; more get 503 with Retry-After."""


class ControllerSettings(Strict):
    """A data controller: its records, keys, notes and metrics are its own (policy section 1; UK GDPR Art 4(7))."""

    name: str = Field(min_length=1, max_length=100)
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,6}$")]
    """Begins every record reference, e.g. MBC-7F3K-Q2XD."""
    contact: str = Field(min_length=1, max_length=200)
    """Whom staff ask; shown in refusals."""
    note: str = DEFAULT_NOTE
    """The AI-disclosure note (policy 5.6). `{controller}` and `{ref}` are filled in."""


class RetentionClassSettings(Strict):
    """One class of the retention schedule (FOIA s.46 Code; UK GDPR Art 5(1)(e))."""

    days: int = Field(ge=1, le=36_500)
    trigger: Literal["created", "last_activity", "financial_year_end", "case_closed"] = "created"
    """What the days are counted from; `case_closed` is for request files only."""
    basis: str = Field(min_length=1, max_length=200)
    """Why this long: the schedule's own clause."""
    function: str = Field(default="", max_length=40)
    """The function's code in the council's classification scheme, such as LGCS."""
    action: Literal["destroy", "review"] = "destroy"
    """`review`: nothing is destroyed before somebody has reviewed what is due."""


class RetentionSettings(Strict):
    """The retention schedule. Without one, nothing starts outside demo mode."""

    classes: dict[str, RetentionClassSettings] = Field(min_length=1)
    keep_refused_content: bool = False
    keep_returned_files: bool = True
    """Pictures and sound that came back; without it the record has their kind, size and SHA-256 alone."""
    backup_days: int = Field(default=35, ge=1, le=3_650)
    """How long the council keeps a backup of the database. Certificates of disposal say until when one may hold what
    was destroyed in the database itself."""


class DatabaseSettings(Strict):
    """The ledger's database: nothing given means SQLite in `data_dir`; PostgreSQL for several hosts."""

    url: str | None = None
    url_env: str | None = None
    url_file: Path | None = None


class VaultSettings(Strict):
    """HashiCorp Vault or OpenBao, with a key of its transit engine."""

    address: str
    """`https://vault.council.example:8200`."""
    key: str = Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")
    mount: str = "transit"
    namespace: str = ""
    token_env: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    timeout_s: float = Field(default=10.0, gt=0, le=60)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not (self.token_env or self.token_file):
            raise ValueError("Vault needs token_env or token_file (a file that Vault's agent keeps fresh, say)")
        return self


class AzureVaultSettings(Strict):
    """Azure Key Vault, by a client secret or by the virtual machine's managed identity."""

    address: str
    """`https://NAME.vault.azure.net`."""
    key: str = Field(pattern=r"^[A-Za-z0-9-]{1,127}$")
    algorithm: Literal["RSA-OAEP-256", "RSA-OAEP", "A256KW"] = "RSA-OAEP-256"
    tenant: str | None = None
    client_id: str | None = None
    client_secret_env: str | None = None
    client_secret_file: Path | None = None
    login: str = "https://login.microsoftonline.com"
    timeout_s: float = Field(default=10.0, gt=0, le=60)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        given = [self.tenant, self.client_id, self.client_secret_env or self.client_secret_file]
        if any(given) and not all(given):
            raise ValueError(
                "give tenant, client_id and client_secret_env (or _file) together, or none for a managed identity"
            )
        return self


class KeyStoreSettings(Strict):
    """How the key store's files are kept (docs/retention.md). Which folder: `keystore_dir`."""

    wrap: Literal["none", "environment", "vault", "azure"] = "none"
    """What seals the files: nothing but their permissions, a master key, or a key management service."""
    master_key_env: str | None = None
    master_key_file: Path | None = None
    vault: VaultSettings | None = None
    azure: AzureVaultSettings | None = None
    secrets_env: str | None = None
    """An environment variable with named secrets as JSON, values in base64, where they must not be files."""
    backup_days: int = Field(default=14, ge=1, le=3_650)
    """How long a backup of the key store is kept; less than that of the database."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        master = self.master_key_env or self.master_key_file
        missing = {
            "environment": None if master else "master_key_env or master_key_file",
            "vault": None if self.vault else "vault",
            "azure": None if self.azure else "azure",
        }.get(self.wrap)
        if missing:
            raise ValueError(f"wrap: {self.wrap} needs {missing}")
        return self


class UpstreamSettings(Strict):
    """A provider the register's deployments may name."""

    kind: Literal["offline", "direct", "litellm"]
    base_url: str | None = None
    """The OpenAI-compatible root, e.g. `https://council.openai.azure.com/openai/v1`."""
    api_key_env: str | None = None
    api_key_file: Path | None = None
    api_version: str | None = None
    auth: Literal["bearer", "api-key", "x-api-key"] = "bearer"
    """How the key travels: `bearer` for most, `api-key` for Azure's own header, `x-api-key` for Anthropic's."""
    speaks: frozenset[str] | None = None
    """Of a direct upstream: the dialects that it serves itself. A call in another one is said as a chat completion."""
    proxy: str | None = None
    """The one proxy to use; the environment's proxies are ignored."""
    ca_file: Path | None = None
    connect_timeout_s: float = Field(default=5.0, gt=0, le=60)
    idle_timeout_s: float = Field(default=60.0, gt=0, le=600)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "direct" and not self.base_url:
            raise ValueError("a direct upstream needs base_url")
        if self.speaks is not None and self.kind != "direct":
            raise ValueError("only a direct upstream takes speaks")
        if self.api_key_env and self.api_key_file:
            raise ValueError("give api_key_env or api_key_file, not both")
        return self


class TranscriberSettings(Strict):
    """A recogniser of speech on this machine: it gets a recording on its standard input and prints what was said."""

    command: tuple[str, ...] = Field(min_length=1)
    seconds: int = Field(default=180, ge=1, le=3600)
    """For one recording."""
    memory_mb: int = Field(default=4096, ge=64, le=1_048_576)


class DocumentsSettings(Strict):
    """How files in calls are read. Without a transcriber nothing that is a recording can be."""

    transcriber: TranscriberSettings | None = None


class WitnessSettings(Strict):
    """A witness under another administrator that cosigns our checkpoints (docs/ledger.md)."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@]+$")]
    """Its submission prefix: `/add-checkpoint` is put behind it."""
    key: str
    """Its public key, `name+hash+key`; `ai-gateway witness key` prints it there."""

    @model_validator(mode="after")
    def _key(self) -> Self:
        from gateway.ledger.cosignature import Cosignatures  # not before it is needed: it loads cryptography

        Cosignatures(self.key)  # its error is a ValueError that says what is wrong
        return self


class TimeStampSettings(Strict):
    """A time-stamping authority (RFC 3161) that stamps a checkpoint a day."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$")]
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@]+$")]
    roots_file: Path
    """The roots, in PEM, that the authority's certificate must lead to."""


class LedgerSettings(Strict):
    """How the ledger is checked and who vouches for it."""

    witnesses: tuple[WitnessSettings, ...] = ()
    witness_minutes: int = Field(default=5, ge=1, le=1440)
    """How often witnesses are asked to cosign what is new."""
    time_stamps: TimeStampSettings | None = None
    ca_file: Path | None = None
    """The authorities, in PEM, to trust for https to witnesses and the time-stamping authority; else the system's."""
    check_at: Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None = "02:30"
    """When the full check runs each night, by the machine's own clock, up to 20 minutes later; null for never."""
    public_tiles: bool = False
    """Whether `/log/checkpoint`, tiles of hashes and consistency proofs need no key; entries always do."""


class Settings(Strict):
    """Everything that `app` needs to build a worker."""

    mode: Literal["demo", "production"] = "demo"
    listen: Listen = Listen()
    data_dir: Path = Path("var")
    keystore_dir: Path | None = None
    """Keys that open sealed content. Back it up apart from the database, and for less time (docs/retention.md)."""
    keystore: KeyStoreSettings = KeyStoreSettings()
    database: DatabaseSettings = DatabaseSettings()
    controllers: dict[Identifier, ControllerSettings] = Field(min_length=1)
    register_file: Path | None = Field(default=None, alias="register")
    rules: Path | None = None
    detectors: Path | None = None
    retention: RetentionSettings | None = None
    cases: CaseSettings = CaseSettings()
    upstreams: dict[Identifier, UpstreamSettings] = Field(min_length=1)
    identity: IdentitySettings = IdentitySettings()
    admin: AdminSettings = AdminSettings()
    documents: DocumentsSettings = DocumentsSettings()
    ledger: LedgerSettings = LedgerSettings()
    metrics_token_env: str | None = None
    metrics_token_file: Path | None = None
    """Where one is named, `/metrics` answers only to `Authorization: Bearer` with it."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def _production(self) -> Self:
        if self.retention is None and self.mode == "production":
            raise ValueError(
                "production needs a retention schedule: every record gets a dispose-after date when it is written. "
                "Add `retention:` with the classes that your register names (config/production.example.yaml shows one)"
            )
        if self.retention is not None and self.keystore.backup_days >= self.retention.backup_days:
            raise ValueError(
                "keystore: backup_days must be less than retention: backup_days. A backup of the key store undoes "
                "disposal for as long as it is kept"
            )
        prefixes = [controller.prefix for controller in self.controllers.values()]
        if len(set(prefixes)) != len(prefixes):
            raise ValueError("two controllers share a record prefix; references must tell them apart")
        return self

    @model_validator(mode="after")
    def _officers(self) -> Self:
        named = {
            name for each in self.admin.issuers.values() for role in each.roles.values() for name in role.controllers
        }
        if unknown := sorted(named - set(self.controllers)):
            raise ValueError(f"admin: issuers name controllers that do not exist: {', '.join(unknown)}")
        if self.admin.listen is not None and self.admin.beside_calls:
            raise ValueError("admin: give listen or beside_calls, not both")
        if self.admin.listen is not None and self.admin.listen.port == self.listen.port:
            raise ValueError("admin: listen needs a port of its own; the calls have this one")
        return self

    @property
    def records_beside_calls(self) -> bool:
        """Whether the records API answers on the port of the calls."""
        if self.admin.beside_calls is None:
            return self.mode == "demo" and self.admin.listen is None
        return self.admin.beside_calls


def default_path(name: str) -> Path:
    """A shipped file of `config/`: inside the installed package, or in a source checkout beside it."""
    package = Path(__file__).resolve().parent
    installed = package / "defaults" / name
    return installed if installed.exists() else package.parent / "config" / name


def settings_path(given: Path | None = None) -> Path:
    """The settings file in force: as given, else `AI_GATEWAY_CONFIG`, else the shipped demo settings."""
    if given is not None:
        return given
    named = os.environ.get("AI_GATEWAY_CONFIG")
    return Path(named) if named else default_path("gateway.yaml")


def load_settings(path: Path) -> Settings:
    """Read a settings file. Raises ConfigError naming file, line and fix."""
    settings: Settings = _rooted(parse(Settings, load_yaml(path)), path.resolve().parent)
    return settings


def _rooted(model: Any, folder: Path) -> Any:
    """A copy in which every relative path of an input file is taken from `folder`."""
    update: dict[str, Any] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Path) and name not in _OUTPUTS:
            update[name] = folder / value
        elif isinstance(value, BaseModel):
            update[name] = _rooted(value, folder)
        elif isinstance(value, dict):
            update[name] = {k: _rooted(v, folder) if isinstance(v, BaseModel) else v for k, v in value.items()}
    return model.model_copy(update=update)


def secret(env: str | None, file: Path | None, what: str) -> SecretStr | None:
    """A secret from an environment variable or a file; ConfigError when it is named but absent or empty."""
    if env is not None:
        value = os.environ.get(env, "")
        place = f"environment variable {env}"
    elif file is not None:
        value = file.read_text(encoding="utf-8").strip() if file.is_file() else ""
        place = f"file {file}"
    else:
        return None
    if not value:
        make = "Set it where the gateway runs" if env is not None else "Put the secret there"
        problem = Problem("settings", 0, f"{what}: {place} is empty or absent", f"{make}, or take the line out.")
        raise ConfigError((problem,))
    return SecretStr(value)


def database_url(settings: Settings) -> SecretStr:
    """The database URL in force; SQLite in `data_dir` by default."""
    database = settings.database
    named = secret(database.url_env, database.url_file, "database")
    if named is not None:
        return named
    return SecretStr(database.url or f"sqlite:///{settings.data_dir.resolve() / 'ledger.db'}")
