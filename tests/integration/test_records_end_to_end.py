"""A Freedom of Information request, a subject access request and an environmental request, each from receipt to a
package that a stranger verifies: by the command line and by the API, over generated records."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import yaml

from gateway.model.officer import Role
from gateway.settings import default_path
from tests.support import nursery
from tests.support.generate import SUBJECT, THIRD, fill, talks
from tests.support.records import Site, site
from tests.support.requests import BUDGET, Api, Cli, Driver, Worked, environment, inside, work

RECORDS = 150
EVERY = 40
Kind = Literal["foi", "eir", "sar"]
ABOUT = {"foi": "topic", "eir": "site", "sar": "subject"}
KINDS: tuple[Kind, ...] = ("foi", "eir", "sar")


def officers(made: Site) -> dict[str, str]:
    """Two IG officers and the DPO."""
    roles = {"first": Role.IG_OFFICER, "second": Role.IG_OFFICER, "dpo": Role.DPO}
    return {name: made.add_officer("maidstone", role) for name, role in roles.items()}


def settings_file(folder: Path) -> Path:
    """Production settings over the site's data."""
    settings = yaml.safe_load(default_path("gateway.yaml").read_text())
    file = folder / "gateway.yaml"
    file.write_text(yaml.safe_dump({**settings, "mode": "production", "data_dir": str(folder / "data")}))
    return file


def caller(made: Site, keys: dict[str, str]) -> Any:
    """Sends a request to the API over the site, as one of the officers."""

    def call(who: str, method: str, path: str, body: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            async with made.client(keys[who]) as client:
                return await client.request(method, path, json=body)

        return asyncio.run(once())

    return call


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Worked]]:
    """Each request, worked by each way."""
    folder = tmp_path_factory.mktemp("requests")
    with site(folder) as made:
        written = fill(made.ledger, talks(RECORDS, every=EVERY), made.office.pseudonyms.of)
        keys = officers(made)
        config = settings_file(folder)
        drivers: dict[str, Driver] = {
            "cli": Cli(config, keys, folder),
            "api": Api(caller(made, keys), folder, made.ledger.vkey),
        }
        done: dict[tuple[str, str], Worked] = {
            (name, kind): work(driver, kind) for name, driver in drivers.items() for kind in KINDS
        }
        for (_, kind), each in done.items():
            about = ABOUT[kind]
            assert each.units == sum(one.talk.about == about for one in written) > 0
        report = made.ledger.verify()
        assert report.ok, report.lines()
        yield done


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("how", ["cli", "api"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_request_ends_in_a_package_that_a_stranger_verifies(
    worked: dict[tuple[str, str], Worked], how: str, kind: Kind, tmp_path: Path
) -> None:
    made = worked[how, kind]
    copy = tmp_path / "package.zip"
    copy.write_bytes(made.package.read_bytes())
    words = ["records", "verify-package", str(copy), "--key", made.vkey]
    command = [sys.executable, "-m", "gateway.cli.main", *words]
    checked = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    text = inside(copy)
    if kind == "foi":
        assert "Project Kestrel" in text
        assert BUDGET not in text
        assert "FOIA s.43(2)" in text
    elif kind == "eir":
        assert "41 micrograms per cubic metre" in text
    else:
        assert SUBJECT.name in text
        assert THIRD.name not in text
        assert "Achterberg" not in text
    changed = bytearray(copy.read_bytes())
    changed[len(changed) // 2] ^= 1
    copy.write_bytes(bytes(changed))
    again = nursery.run(words, env=environment(), check=False)
    assert again.returncode != 0
