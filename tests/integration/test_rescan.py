"""A better detection looks again at what an earlier one let out."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import openai

from tests.support.capture import Capture
from tests.support.gateway import Gateway, gateway

MISSED = "Please thank Oluwaseun Bankole for the bulbs; ring her on 07700 900123."
SEEN = "Please thank the volunteers of plot AB 12 34 56 C, which is a National Insurance number."


def settle(made: Gateway, **overrides: Any) -> None:
    made.overrides = overrides
    made.write_settings()


def rescan(made: Gateway, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made.cli("records", "rescan", "--json", *options).stdout)
    return found


def indexed(made: Gateway, ref: str) -> int:
    """Digests of what was found in a record's request."""
    with closing(sqlite3.connect(made.database)) as database:
        texts = "SELECT kept_id FROM node WHERE ref = ? AND role = 'user'"
        return int(database.execute(f"SELECT count(*) FROM blind WHERE part IN ({texts})", (ref,)).fetchone()[0])  # noqa: S608


def test_past_misses_are_near_misses_now(tmp_path: Path, capture: Capture) -> None:
    blind = tmp_path / "detectors.yaml"
    blind.write_text("thresholds: {PERSON: 1.0, PHONE: 1.0}\n")
    with gateway(tmp_path, capture.url, detectors=str(blind)) as made:
        client = openai.OpenAI(base_url=made.base_url, api_key=made.key(), max_retries=0)
        refs = [
            client.chat.completions.with_raw_response.create(
                model="council-assistant", messages=[{"role": "user", "content": text}]
            ).headers["x-ai-record"]
            for text in (MISSED, SEEN)
        ]
        client.close()
    settle(made)
    found = rescan(made)
    assert found["records"] == 2
    assert [(miss["ref"], miss["missed"]) for miss in found["near_misses"]] == [(refs[0], {"PERSON": 1, "PHONE": 1})]
    shown = made.cli("records", "rescan").stdout
    assert refs[0] in shown
    assert refs[1] not in shown
    assert "Bankole" not in shown
    assert "Bankole" not in json.dumps(found)
    assert indexed(made, refs[0]) == 0
    again = rescan(made, "--index")
    assert again["near_misses"] == found["near_misses"]
    assert [(run["controller"], run["found"]) for run in again["indexed"]] == [
        ("maidstone", 2)
    ]  # the answer repeats it
    assert indexed(made, refs[0]) > 3
    assert "Into the index of maidstone" in made.cli("records", "rescan", "--index").stdout
    settle(made, detectors=str(blind))
    assert rescan(made)["near_misses"] == []


def test_a_slip_in_the_filter_is_said(tmp_path: Path) -> None:
    made = Gateway(tmp_path, "http://127.0.0.1:9", officer_key="ago_of_nobody")  # adding an officer would make a ledger
    made.write_settings()
    done = made.cli("records", "rescan", "--controller", "maidstoen", check=False)
    assert done.returncode == 2
    assert "maidstone" in done.stderr
    done = made.cli("records", "rescan", check=False)
    assert done.returncode == 1
    assert "no ledger" in done.stderr
