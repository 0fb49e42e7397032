"""What administration needs of the gateway: policy, key store, ledger. Enough for the command line, quick to import.

The other half of the composition root is `app`, which adds detectors, dialects and the web.
"""

import importlib.metadata
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detectors.labels import LABELS
from gateway.catalogue import Catalogue
from gateway.identity.users import TokenIssuer
from gateway.keystores import key_store as key_store
from gateway.ledger.reference import reference_pattern
from gateway.ledger.retention import RetentionClass, RetentionSchedule
from gateway.ledger.sealing import REQUEST_FILE
from gateway.settings import IssuerSettings, Settings, database_url, secret
from gateway.store.open import LedgerService, open_ledger
from gateway.upstream.config import PARAMETERS, SPOKEN, UpstreamConfig, unknown_options, unknown_parameters
from policies.cases import check_cases
from policies.compile import default_register_path, default_rules_dir, load_policy
from policies.engine import Policy as Policy
from policies.facts import HOSTED_NAMES as HOSTED_NAMES
from policies.source import ConfigError, Place, Problem, load_yaml

if TYPE_CHECKING:
    from detectors.suite import Suite

PEPPER = "key-pepper"


def version() -> str:
    """The installed version."""
    return importlib.metadata.version("council-ai-gateway")


def policy_of(settings: Settings) -> Policy:
    """The compiled policy and register. Raises ConfigError, also where settings and register disagree."""
    register = settings.register_file or default_register_path()
    policy = load_policy(
        settings.rules or default_rules_dir(),
        register,
        {name: label.data_class.value for name, label in LABELS.items()},
        datetime.now(UTC).date(),
    )
    problems = list(_disagreements(settings, policy))
    if problems:
        raise ConfigError(Problem(str(register), 0, message, fix) for message, fix in problems)
    return policy


def _disagreements(settings: Settings, policy: Policy) -> Iterable[tuple[str, str]]:
    """What the register names and the settings lack."""
    catalogue = Catalogue(policy)
    for name in sorted(catalogue.upstreams - set(settings.upstreams)):
        yield (
            f"a deployment names the upstream {name!r}, which the settings don't have",
            f"Add it to `upstreams`: {name}.",
        )
    for name in sorted(set(policy.register.controllers) - set(settings.controllers)):
        yield f"the controller {name!r} is not in the settings", "Add it to `controllers`, with its record prefix."
    for tool_id, tool in policy.register.tools.items():
        for name, place in tool.deployments.items():
            upstream = settings.upstreams.get(place.upstream)
            for option in sorted(unknown_options(upstream.kind, place.options)) if upstream else ():
                yield (
                    f"{tool_id}, deployment {name}: unknown option {option!r}",
                    "See docs/operations.md for the options.",
                )
            for parameter in sorted(unknown_parameters(place.options)):
                yield (
                    f"{tool_id}, deployment {name}: unknown parameter {parameter!r} in rejects",
                    f"Use one of: {', '.join(sorted(PARAMETERS))}.",
                )
    if settings.retention is not None:
        for name in sorted(catalogue.retention_classes):
            found = settings.retention.classes.get(name)
            if found is None:
                yield f"the retention class {name!r} is not in the schedule", "Add it to `retention: classes`."
            elif found.trigger == "case_closed":
                yield (
                    f"the retention class {name!r} counts from the closing of a case, which a call doesn't have",
                    "Give it another trigger, or the register another class.",
                )


def suite_of(settings: Settings) -> "Suite":
    """The compiled detectors. Raises detectors.errors.ConfigError.

    The record references that this gateway gives look like somebody's case; quoted back to it, they are not.
    """
    from detectors.config import load_config
    from detectors.suite import compile_suite

    config = load_config(settings.detectors)
    ours = tuple(reference_pattern(controller.prefix) for controller in settings.controllers.values())
    return compile_suite(config.model_copy(update={"own_references": (*config.own_references, *ours)}))


def suite_key(settings: Settings) -> str:
    """What is the same while `suite_of` finds the same, told without compiling or loading it. Raises ConfigError."""
    from detectors.config import load_config
    from detectors.names.files import files_digest
    from detectors.versions import suite_version

    config = load_config(settings.detectors)
    prefixes = ",".join(controller.prefix for controller in settings.controllers.values())
    return suite_version(f"{config.digest()},{prefixes}", files_digest(config.names.model))


def check_worked_cases(settings: Settings, policy: Policy) -> None:
    """Run the worked cases beside the rules. Raises ConfigError naming those that fail."""
    failing = check_cases(policy, settings.rules or default_rules_dir())
    if failing:
        raise ConfigError(failing)


_REQUEST_FILE = RetentionClass(
    REQUEST_FILE, 3 * 365, "case_closed", "Default: three years after the request was closed; the schedule names none"
)


def schedule_of(settings: Settings, classes: Iterable[str]) -> RetentionSchedule:
    """The retention schedule; a demo without one keeps the register's classes for 30 days. Every schedule has
    a class for request files."""
    if settings.retention is None:
        names = {*classes, "routine"}
        found = {name: RetentionClass(name, 30, "created", "Demo: no schedule is set") for name in names}
        return RetentionSchedule({REQUEST_FILE: _REQUEST_FILE, **found})
    given = settings.retention.classes
    found = {
        name: RetentionClass(name, each.days, each.trigger, each.basis, each.function, each.action)
        for name, each in given.items()
    }
    return RetentionSchedule(
        {REQUEST_FILE: _REQUEST_FILE, **found},
        keep_refused_content=settings.retention.keep_refused_content,
        keep_returned_files=settings.retention.keep_returned_files,
    )


def store(
    settings: Settings,
    *,
    suite_version: str = "",
    policy_hash: str = "",
    classes: Iterable[str] = (),
    migrate: bool = True,
) -> LedgerService:
    """The ledger, not started. `classes` are those that the register names, for a demo without a schedule. With
    `migrate` off an absent or older database is refused instead of made."""
    return open_ledger(
        database_url(settings).get_secret_value(),
        settings.data_dir.resolve(),
        key_store(settings),
        schedule_of(settings, classes),
        {name: controller.prefix for name, controller in settings.controllers.items()},
        suite_version,
        policy_hash,
        migrate=migrate,
    )


def pepper(settings: Settings) -> bytes:
    """What keys the digests of gateway keys."""
    return key_store(settings).secret(PEPPER, 32)


def missing_secrets(settings: Settings, file_of_settings: Path) -> list[Problem]:
    """Every secret and certificate that the settings name and this machine lacks, with the line that names it."""
    source, found = load_yaml(file_of_settings), []
    for place, env, file, what in _named(settings):
        try:
            secret(env, file, what)
        except ConfigError as error:
            found += [replace(each, file=source.file, line=source.line(place)) for each in error.problems]
    return sorted(found, key=lambda problem: problem.line)


def _named(settings: Settings) -> Iterable[tuple[Place, str | None, Path | None, str]]:
    """Where, environment variable, file, what for. Of two alternatives only the one that is given is a place."""

    def either(above: Place, what: str, name: str, env: str | None, file: Path | None) -> Any:
        return (*above, f"{name}_{'env' if env else 'file'}"), env, file, what

    yield either(("database",), "database", "url", settings.database.url_env, settings.database.url_file)
    keystore = settings.keystore
    yield either(("keystore",), "key store", "master_key", keystore.master_key_env, keystore.master_key_file)
    yield ("keystore", "secrets_env"), keystore.secrets_env, None, "key store"
    if keystore.vault is not None:
        above: Place = ("keystore", "vault")
        yield either(above, "Vault", "token", keystore.vault.token_env, keystore.vault.token_file)
        yield (*above, "ca_file"), None, keystore.vault.ca_file, "Vault"
    if keystore.azure is not None:
        azure = keystore.azure
        above = ("keystore", "azure")
        yield either(above, "Azure Key Vault", "client_secret", azure.client_secret_env, azure.client_secret_file)
    yield either((), "metrics", "metrics_token", settings.metrics_token_env, settings.metrics_token_file)
    yield ("ledger", "ca_file"), None, settings.ledger.ca_file, "ledger"
    if settings.ledger.time_stamps is not None:
        yield ("ledger", "time_stamps", "roots_file"), None, settings.ledger.time_stamps.roots_file, "time stamps"
    for name, each in settings.upstreams.items():
        above = ("upstreams", name)
        yield either(above, f"upstream {name}", "api_key", each.api_key_env, each.api_key_file)
        yield (*above, "ca_file"), None, each.ca_file, f"upstream {name}"
    issuers: dict[Place, IssuerSettings] = {
        **{("identity", "issuers", name): each for name, each in settings.identity.issuers.items()},
        **{("admin", "issuers", name): each for name, each in settings.admin.issuers.items()},
    }
    for above, issuer in issuers.items():
        name = str(above[-1])
        yield either(above, f"issuer {name}", "secret", issuer.secret_env, issuer.secret_file)
        yield (*above, "jwks_file"), None, issuer.jwks_file, f"issuer {name}"
    for name, proxy in settings.identity.proxies.items():
        above = ("identity", "proxies", name)
        yield either(above, f"proxy {name}", "secret", proxy.secret_env, proxy.secret_file)


def doubts(settings: Settings, policy: Policy) -> list[str]:
    """What loads and is hardly meant: providers that nothing is sent to, and a demo model in production."""
    tools: dict[str, set[str]] = {}
    for tool_id, tool in policy.register.tools.items():
        for place in tool.deployments.values():
            tools.setdefault(place.upstream, set()).add(tool_id)
    found = [
        f"upstream {name}: no deployment in the register names it, so nothing is sent there"
        for name in settings.upstreams
        if name not in tools
    ]
    for name, each in settings.upstreams.items():
        if settings.mode == "production" and each.kind == "offline" and name in tools:
            named = ", ".join(sorted(tools[name]))
            found.append(f"upstream {name} is the demo model, and the register sends these tools there: {named}")
    return found


def upstream_configs(settings: Settings) -> list[UpstreamConfig]:
    """The settings' upstreams with their secrets read. Raises ConfigError where a secret is absent."""
    found = []
    for name, each in settings.upstreams.items():
        key = secret(each.api_key_env, each.api_key_file, f"upstream {name}")
        found.append(
            UpstreamConfig(
                name=name,
                kind=each.kind,
                base_url=each.base_url,
                api_key=key.get_secret_value() if key else None,
                ca_file=each.ca_file,
                api_version=each.api_version,
                auth=each.auth,
                speaks=SPOKEN if each.speaks is None else each.speaks,
                proxy=each.proxy,
                connect_timeout_s=each.connect_timeout_s,
                idle_timeout_s=each.idle_timeout_s,
            )
        )
    return found


def token_issuer(name: str, each: IssuerSettings) -> TokenIssuer:
    """A token issuer of the settings, keys read. Raises ConfigError where a secret is absent or a value wrong."""
    shared = secret(each.secret_env, each.secret_file, f"token issuer {name}")
    try:
        return TokenIssuer(
            name=name,
            issuer=each.issuer,
            audience=each.audience,
            algorithms=each.algorithms,
            jwks=json.loads(each.jwks_file.read_text("utf-8")) if each.jwks_file else None,
            secret=shared.get_secret_value() if shared else None,
            subject_claim=each.subject_claim,
            max_age_s=each.max_age_s,
        )
    except (ValueError, OSError) as error:
        raise ConfigError((Problem("settings", 0, f"identity: {error}", "See docs/operations.md."),)) from None
