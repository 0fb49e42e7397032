"""`ai-gateway keystore`: the keys that open sealed content, without ever showing one."""

from typing import Annotated

import typer

from gateway.cli.context import AsJson, Config, administrator, mistakes, opened, settings
from gateway.cli.render import USAGE, explained, fail, print_json, say, table, warn, working
from gateway.model.wording import many

app = typer.Typer(help="Look after the keys that open sealed content.", no_args_is_help=True)


@app.callback()
def _keystore() -> None:
    """Look after the keys that open sealed content: list and rotate them, seal their files. No key is ever shown."""


@app.command("list")
def list_(as_json: AsJson = False, config: Config = None) -> None:
    """List the key trees: one for each controller, retention class and version.

    `nodes` is how many keys of the tree are left in its file: 1 before anything was disposed of, then some for each day
    on which something is left.

    Example: ai-gateway keystore list
    """
    from gateway.administration import key_store

    with explained(*mistakes()):
        keys = key_store(settings(config))
        trees = keys.trees()
    if as_json:
        names = ("controller", "class", "version", "nodes")
        print_json([dict(zip(names, tree, strict=True)) for tree in trees])
        return
    table(("controller", "class", "version", "nodes"), trees, empty="No content was sealed yet.")


@app.command()
def rotate(
    controller: Annotated[str, typer.Option(help="The council, by its id: maidstone.")],
    retention_class: Annotated[str, typer.Option("--class", help="The retention class, such as routine.")],
    rewrap: Annotated[
        bool, typer.Option("--rewrap", help="Also wrap what is sealed already under the new version.")
    ] = False,
    config: Config = None,
) -> None:
    """Begin a new version of a key tree: what is sealed from now on is sealed under it.

    Older versions go on opening what they sealed. Workers notice within moments. Rotate after a key store may have been
    seen by somebody; add --rewrap then, and destroy older backups of the database, which the old version still opens.

    Example: ai-gateway keystore rotate --controller maidstone --class routine
    """
    from gateway.administration import key_store
    from gateway.disposing import keeper_of

    current = settings(config)
    if controller not in current.controllers:
        raise fail(f"there is no controller {controller!r}", f"Use one of: {', '.join(current.controllers)}.", USAGE)
    with explained(*mistakes()), opened(config) as ledger, working("Rotating"):
        keys = key_store(current)
        known = {tree[1] for tree in keys.trees() if tree[0] == controller}
        if retention_class not in known:
            told = f"Use one of: {', '.join(sorted(known))}." if known else "Nothing was sealed for it yet."
            raise fail(f"there is no key for the class {retention_class!r}", told, USAGE)
        done = keeper_of(ledger, keys).rotate(controller, retention_class, administrator(), rewrap=rewrap)
    say(f"Version {done.version} of the key for {controller}, {retention_class} seals from now on.")
    if rewrap:
        say(f"{many(done.rewrapped, 'text was', 'texts were')} wrapped anew under it.")
    if done.stuck:
        warn(
            f"Can't be opened, and stay as they are: {many(done.stuck, 'text')}. `ai-gateway ledger verify` tells more."
        )


@app.command()
def recut(config: Config = None) -> None:
    """After the key store was put back from a backup: destroy once more the keys of everything that was disposed of.

    Run it before the gateway starts. Again does no harm.

    Example: ai-gateway keystore recut
    """
    with explained(*mistakes()), opened(config) as ledger, working("Destroying keys"):
        count = ledger.shredder.again()
    say(f"Done: {many(count, 'key')} of what was disposed of destroyed.")


@app.command()
def seal(config: Config = None) -> None:
    """Write every key file anew, sealed as the settings say (keystore: wrap): after that setting was changed, or after
    the key of Vault or Azure Key Vault was rotated.

    Example: ai-gateway keystore seal
    """
    from gateway.administration import key_store

    current = settings(config)
    with explained(*mistakes()), working("Writing the key files"):
        count = key_store(current).seal_files()
    if count == 0 and current.keystore.wrap == "none":
        say("The settings name nothing that seals the key files (keystore: wrap), and none is sealed.")
        return
    say(f"{count} key files written ({current.keystore.wrap}).")
