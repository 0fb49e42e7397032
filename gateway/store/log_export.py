"""Writes the log into a folder that a stranger can check: tiles, entries, checkpoints, and what others say of them."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, select

from gateway.ledger.exporting import README, script
from gateway.ledger.tiles import BadTile, Tile, bundles_of, tiles_of, unbundle
from gateway.store import tables
from gateway.store.evidence import snapshot
from gateway.store.keeping import cosignature, time_stamp
from gateway.store.published import tile_bytes

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


class ExportError(Exception):
    """The log can't be exported there, or as it is; the message says what to do."""


def export_log(engine: Engine, vkey: str, log_file: Path, folder: Path) -> Mapping[str, int]:
    """Write the log up to its newest checkpoint; counts of what was written. Raises ExportError, OSError."""
    if folder.exists() and any(folder.iterdir()):
        raise ExportError(f"{folder} is not empty. Name a folder that is empty or does not exist yet.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with snapshot(engine) as connection:
        checkpoint = tables.checkpoint
        rows = connection.execute(select(checkpoint).order_by(checkpoint.c.size)).all()
        if not rows:
            raise ExportError("The log is empty: nothing has been recorded yet.")
        size = rows[-1].size
        counts = {"entries": size, "checkpoints": len(rows)}
        lines = ({"size": row.size, "root": row.root.hex(), "note": row.note} for row in rows)
        _json_lines(folder / "checkpoints.jsonl", lines)
        counts["cosignatures"] = _cosignatures(connection, folder, rows[-1])
        counts["time_stamps"] = _time_stamps(connection, folder)
        counts["disposed"] = _tiles(connection, folder, size)
        counts["waiting"] = len(connection.execute(select(tables.pending.c.leaf)).all())
    if log_file.exists():
        # Read after the snapshot it may be ahead of it; lines beyond are another export's.
        (folder / "checkpoints.log").write_bytes(_until(log_file.read_bytes(), size))
    (folder / "key.txt").write_text(vkey + "\n", "utf-8")
    (folder / "verify.py").write_text(script(), "utf-8")
    (folder / "README.txt").write_text(README.format(origin=vkey.partition("+")[0], size=size), "utf-8")
    return counts


def _cosignatures(connection: Connection, folder: Path, newest: Any) -> int:
    rows = connection.execute(select(cosignature).order_by(cosignature.c.size, cosignature.c.witness)).all()
    lines = [{"size": row.size, "witness": row.witness, "at": row.at, "line": row.line} for row in rows]
    _json_lines(folder / "cosignatures.jsonl", lines)
    own = "".join(row.line for row in rows if row.size == newest.size)
    (folder / "checkpoint").write_bytes((newest.note + own).encode())
    return len(rows)


def _time_stamps(connection: Connection, folder: Path) -> int:
    table = tables.checkpoint
    query = select(time_stamp, table.c.note).join(table, table.c.size == time_stamp.c.size, isouter=True)
    rows = connection.execute(query.order_by(time_stamp.c.size, time_stamp.c.authority)).all()
    lines = []
    for row in rows:
        name = f"{_UNSAFE.sub('-', row.authority)}-{row.size}"
        lines.append({"size": row.size, "authority": row.authority, "at": row.at, "file": name})
        (folder / "timestamps").mkdir(exist_ok=True)
        (folder / "timestamps" / f"{name}.tsr").write_bytes(row.token)
        (folder / "timestamps" / f"{name}.note").write_bytes((row.note or "").encode())
    _json_lines(folder / "timestamps.jsonl", lines)
    return len(rows)


def _tiles(connection: Connection, folder: Path, size: int) -> int:
    """Every tile and bundle; the number of disposed records among the entries."""
    disposed = []
    for tile in tiles_of(size):
        _write_tile(connection, folder, tile, size)
    for tile in bundles_of(size):
        for entry in unbundle(_write_tile(connection, folder, tile, size)):
            if b'"disposed"' in entry:
                body = _body(entry)
                if body.get("kind") == "disposed":
                    disposed.append({name: body.get(name) for name in ("ref", "at", "run", "class")})
    _json_lines(folder / "disposed.jsonl", disposed)
    return len(disposed)


def _write_tile(connection: Connection, folder: Path, tile: Tile, size: int) -> bytes:
    try:
        data = tile_bytes(connection, tile, size)
    except BadTile:
        data = None
    if data is None:
        raise ExportError(
            f"the database lacks tile {tile.path}. Run `ai-gateway ledger verify`: it says what is wrong."
        )
    path = folder / "tile" / tile.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return data


def _body(entry: bytes) -> dict[str, Any]:
    try:
        return dict(orjson.loads(entry))
    except ValueError:  # a changed byte; the check says which
        return {}


def _until(log: bytes, size: int) -> bytes:
    kept = []
    for line in log.split(b"\n")[:-1]:
        try:
            beyond = int(orjson.loads(line)["size"]) > size
        except (ValueError, KeyError, TypeError):
            beyond = False
        if not beyond:
            kept.append(line + b"\n")
    return b"".join(kept)


def _json_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("wb") as file:
        for row in rows:
            file.write(orjson.dumps(row) + b"\n")
