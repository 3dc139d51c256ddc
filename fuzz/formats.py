"""Damaging what a file says, and writing the file anew so that its checksums are right.

Bytes that were changed at random rarely pass an archive's checksum or a parser's
grammar; these do, and reach the code behind.
"""

import io
import json
import re
import sqlite3
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path, PurePath
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from dataset import framing
from fuzz import mutation
from fuzz.mutation import Mutate

_DEEP: Any = json.loads("[" * 60 + "]" * 60)
_ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 1.5),
    *(float("nan"), float("inf"), -1e308, "", " ", "x", "\0", "日本語", "\ud800", "-1"),
    *("NaN", "1e400", "../../etc/passwd", "/", "a" * 10_000, [], {}, [None], [[1]]),
    *({"": None}, _DEEP, ["rock", "rock"], [1, "a", None]),
)
# Deeper than parsers that call themselves can go.
_NESTED = b"[" * 100_000
_CELLS = (
    *("NULL", "''", "'x'", "x'436166E9'", "x'00'", "0", "-1", "1e400", "-1e400", "1.5"),
    *("9223372036854775807", "'9' || '9'", "'a' || char(0) || 'b'", "zeroblob(10)"),
    *("1980", "'  rock '", "char(55296)", "randomblob(8)"),
)


def json_text(content: bytes, rng: Random) -> bytes:
    """Change values of a JSON document, or of one of its lines; or its text."""
    if rng.random() < 0.3:
        return mutation.text(content, rng)
    if rng.random() < 0.02:
        return _NESTED
    try:
        return _values_changed(content, rng)
    except ValueError:
        lines = content.split(b"\n")
        number = rng.randrange(len(lines))
        try:
            lines[number] = _values_changed(lines[number], rng)
        except ValueError:
            return mutation.text(content, rng)
        return b"\n".join(lines)


def toml_text(content: bytes, rng: Random) -> bytes:
    """Change values of a TOML document, or its text."""
    if rng.random() < 0.4:
        return mutation.text(content, rng)
    if rng.random() < 0.02:
        return b"deep = " + _NESTED
    lines = content.split(b"\n")
    set_here = [n for n, line in enumerate(lines) if re.match(rb"#?\s*\w+ *=", line)]
    for _ in range(rng.randint(1, 3) if set_here else 0):
        number = rng.choice(set_here)
        key = lines[number].lstrip(b"# ").split(b"=")[0]
        value = rng.choice(_ODD_VALUES)
        lines[number] = key + b"= " + _toml(value).encode(errors="surrogatepass")
    return b"\n".join(lines)


def database(content: bytes, rng: Random) -> bytes:
    """Change cells of an SQLite database, its tables, or its bytes."""
    if rng.random() < 0.5:
        return mutation.binary(content, rng)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "db"
        path.write_bytes(content)
        connection = sqlite3.connect(path, isolation_level=None)
        tables = [
            name
            for (name,) in connection.execute(
                "select name from sqlite_schema where type = 'table' order by name"
            )
        ]
        for _ in range(rng.randint(1, 3)):
            statement = _statement(connection, rng.choice(tables), rng)
            try:
                connection.execute(statement)
            except sqlite3.Error:
                continue  # The change before may have dropped the column.
        connection.close()
        return path.read_bytes()


def archive(content: bytes, rng: Random) -> bytes:
    """Change a member of a zip archive, or the archive's bytes."""
    if rng.random() < 0.3:
        return mutation.binary(content, rng)
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        members = {name: source.read(name) for name in source.namelist()}
    chosen = rng.choice(sorted(members))
    if rng.random() < 0.1:
        del members[chosen]
    else:
        members[chosen] = by_name(chosen)(members[chosen], rng)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        for name, member in members.items():
            written.writestr(name, member)
    return target.getvalue()


def tar(content: bytes, rng: Random) -> bytes:
    """Change a member of a tar archive, or the archive's bytes."""
    if rng.random() < 0.4:
        return mutation.binary(content, rng)
    target = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(content)) as source,
        tarfile.open(fileobj=target, mode="w") as written,
    ):
        members = source.getmembers()
        chosen = rng.choice(members)
        for member in members:
            file = source.extractfile(member)
            inside = b"" if file is None else file.read()
            if member is chosen:
                inside = by_name(member.name)(inside, rng)
                member.size = len(inside)
            written.addfile(member, io.BytesIO(inside))
    return target.getvalue()


def tfrecord(content: bytes, rng: Random) -> bytes:
    """Change a record of a TFRecord file under right checksums, or its bytes."""
    if rng.random() < 0.4:
        return mutation.binary(content, rng)
    records = list(_records(content))
    number = rng.randrange(len(records))
    records[number] = mutation.binary(records[number], rng)
    return b"".join(framing.frame(record) for record in records)


def npy(content: bytes, rng: Random) -> bytes:
    """Change the head of a NumPy file, or its bytes."""
    if rng.random() < 0.6 or not content.startswith(b"\x93NUMPY"):
        return mutation.binary(content, rng)
    (length,) = struct.unpack("<H", content[8:10])
    head = mutation.text(content[10 : 10 + length], rng)
    return (
        content[:8]
        + struct.pack("<H", len(head) % 65536)
        + head
        + content[10 + length :]
    )


def by_name(name: str) -> Mutate:
    """Return the way to damage a file, by the ending of its name."""
    return _BY_SUFFIX.get(PurePath(name).suffix.lower(), mutation.binary)


_BY_SUFFIX: Mapping[str, Mutate] = {
    ".json": json_text,
    ".jsonl": json_text,
    ".toml": toml_text,
    ".txt": mutation.text,
    ".csv": mutation.text,
    ".tsv": mutation.text,
    ".py": mutation.text,
    ".sql": mutation.text,
    ".db": database,
    ".keras": archive,
    ".npz": archive,
    ".npy": npy,
    ".tar": tar,
    ".tfrecord": tfrecord,
}


def _values_changed(content: bytes, rng: Random) -> bytes:
    holder = [json.loads(content)]
    for _ in range(rng.randint(1, 3)):
        _change_value(holder, rng)
    return json.dumps(holder[0]).encode(errors="surrogatepass")


def _change_value(holder: list[Any], rng: Random) -> None:
    """Replace, remove, add or double a value at any depth."""
    places = list(_places(holder))
    table, key = rng.choice(places)
    change = rng.random()
    if change < 0.7:
        # A copy: the next change may be inside it.
        table[key] = deepcopy(rng.choice(_ODD_VALUES))
    elif table is holder:
        holder[0] = rng.choice(([holder[0]], {"a": holder[0]}))
    elif change < 0.85:
        del table[key]
    elif isinstance(table, list):
        table.insert(key, deepcopy(table[key]))
    else:
        table[f"{key}_"] = deepcopy(table[key])


def _places(container: Any) -> Any:
    """Yield every value below a list or table, as the container and the key in it."""
    keys = container if isinstance(container, dict) else range(len(container))
    for key in list(keys):
        yield container, key
        if isinstance(container[key], dict | list):
            yield from _places(container[key])


def _toml(value: Any) -> str:
    if isinstance(value, float):
        return {"nan": "nan", "inf": "inf"}.get(str(value), str(value))
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{k}" = {_toml(v)}' for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _statement(connection: sqlite3.Connection, table: str, rng: Random) -> str:
    columns = [
        row[1] for row in connection.execute(f"pragma table_info({table})").fetchall()
    ] or ["rowid"]
    column, cell = rng.choice(columns), rng.choice(_CELLS)
    rows = f"rowid = (select rowid from {table} limit 1 offset {rng.randrange(50)})"
    return rng.choice(
        (
            *[f"update {table} set {column} = {cell} where {rows}"] * 8,
            f"update {table} set {column} = {cell}",
            f"update {table} set rowid = -rowid - {rng.randrange(9)} where {rows}",
            f"delete from {table} where {rows}",
            f"delete from {table}",
            f"alter table {table} drop column {column}",
            f"alter table {table} rename column {column} to other",
            f"alter table {table} rename to other",
            f"insert into {table} select * from {table} limit 5",
        )
    )


def _records(content: bytes) -> Any:
    place = 0
    while place < len(content):
        (length,) = struct.unpack("<Q", content[place : place + 8])
        yield content[place + 12 : place + 12 + length]
        place += 16 + length
