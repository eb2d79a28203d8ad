"""Altered data files: a seeded generator of the damage that disks, mails and enemies do.

Each mutant comes from a small whole file of each kind. The same seed makes the same mutants.
"""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyreadstat

from resilience.responses.formats.delimited import write_delimited
from resilience.responses.formats.parquet import write_parquet
from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.formats.spreadsheets import write_spreadsheet
from resilience.responses.formats.spss import write_spss
from resilience.responses.formats.stata import write_stata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["KINDS", "Mutant", "mutants", "whole_files"]

KINDS = (".sav", ".zsav", ".dta", ".xlsx", ".csv", ".por", ".parquet")
_SHARES = (3, 3, 3, 3, 3, 1, 1)  # of all mutants, in the order of the kinds
ROWS = 120
_COUNTS = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Mutant:
    """An altered file: what was done to it, and its bytes."""

    number: int
    suffix: str
    damage: str
    content: bytes


def whole_files(folder: Path) -> dict[str, bytes]:
    """Return a small file of each kind, as the package writes it."""
    rng = np.random.default_rng(11)
    codes = [1.0, 2.0, 3.0, 4.0, 5.0, 98.0, 99.0]
    frame = pd.DataFrame(
        {f"q{at}": rng.choice(codes, ROWS) for at in range(8)}
        | {
            "city": pd.Series(
                rng.choice(["Скопје", "بيروت", "Saint-Louis", ""], ROWS), dtype="str"
            ),
            "open": pd.Series(["слободен текст " * int(k) for k in rng.integers(0, 15, ROWS)]),
            "weight": rng.gamma(4, 25, ROWS),
        }
    )
    frame["open"] = frame["open"].astype("str")
    labels = {f"q{at}": {1.0: "Воопшто не", 3.0: "محايد", 5.0: "Tout à fait"} for at in range(8)}
    titles = {"q0": "Прашање", "city": "Ville"}
    plain = ParsedFile(frame, titles, labels, notes=("SIMULATED",))
    ranged = ParsedFile(
        frame, titles, labels, {f"q{at}": ((98.0, 99.0),) for at in range(8)}, ("SIMULATED",)
    )
    made: dict[str, bytes] = {}
    for suffix, write, parsed in (
        (".sav", write_spss, ranged),
        (".zsav", write_spss, ranged),
        (".dta", write_stata, plain),
    ):
        write(parsed, folder / f"whole{suffix}")
        made[suffix] = (folder / f"whole{suffix}").read_bytes()
    numbers = frame.drop(columns=["city", "open"]).rename(columns=str.upper)
    pyreadstat.write_por(numbers, str(folder / "whole.por"))
    made[".por"] = (folder / "whole.por").read_bytes()
    made[".xlsx"] = write_spreadsheet(plain)
    made[".csv"] = write_delimited(frame)
    made[".parquet"] = write_parquet(plain)
    return made


def mutants(folder: Path, count: int, *, seed: int = 1) -> Iterator[Mutant]:
    """Yield altered files of all kinds.

    Parameters
    ----------
    folder : Path
        Where the whole files may be written.
    count : int
        How many.
    seed : int
        The same seed gives the same files.
    """
    whole = whole_files(folder)
    turns = [kind for kind, share in zip(KINDS, _SHARES, strict=True) for _ in range(share)]
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        suffix = turns[int(rng.integers(len(turns)))]
        kinds = {**_DAMAGES, **_OF_KIND.get(suffix, {})}
        damage = sorted(kinds)[int(rng.integers(len(kinds)))]
        content = kinds[damage](whole[suffix], rng)
        if content == whole[suffix]:
            content += b"\0"
        yield Mutant(number, suffix, damage, content)


def _at(content: bytes, rng: np.random.Generator, size: int = 1) -> int:
    return int(rng.integers(max(1, len(content) - size)))


def _put(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def _truncate(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: _at(content, rng)]


def _cut_the_end(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: -int(rng.integers(1, 64))]


def _flip_bit(content: bytes, rng: np.random.Generator) -> bytes:
    at = _at(content, rng)
    return _put(content, at, bytes([content[at] ^ (1 << int(rng.integers(8)))]))


def _flip_bit_in_header(content: bytes, rng: np.random.Generator) -> bytes:
    at = _at(content[: max(1, len(content) // 5)], rng)
    return _put(content, at, bytes([content[at] ^ (1 << int(rng.integers(8)))]))


def _random_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    return _put(content, _at(content, rng, 8), rng.bytes(8))


def _zero_block(content: bytes, rng: np.random.Generator) -> bytes:
    return _put(content, _at(content, rng, 512), bytes(min(512, len(content))))


def _swap_blocks(content: bytes, rng: np.random.Generator) -> bytes:
    size = max(1, len(content) // 10)
    first, second = sorted(int(rng.integers(10)) * size for _ in range(2))
    one, other = content[first : first + size], content[second : second + size]
    return _put(_put(content, first, other), second, one)[: len(content)]


def _repeat_block(content: bytes, rng: np.random.Generator) -> bytes:
    at = _at(content, rng, 256)
    return content[: at + 256] + content[at:]


def _drop_block(content: bytes, rng: np.random.Generator) -> bytes:
    at = _at(content, rng, 64)
    return content[:at] + content[at + 64 :]


def _lie_about_a_count(content: bytes, rng: np.random.Generator) -> bytes:
    """Write a huge or negative number over a field of the first kilobyte."""
    at = 4 * int(rng.integers(1, max(2, min(len(content), 1024) // 4)))
    number = _COUNTS[int(rng.integers(len(_COUNTS)))]
    size, order = int(rng.choice([4, 8])), str(rng.choice(["<", ">"]))
    bound = number & (0xFFFFFFFF if size == 4 else 0xFFFFFFFFFFFFFFFF)
    return _put(content, at, struct.pack(order + ("I" if size == 4 else "Q"), bound))


def _legacy_words(content: bytes, rng: np.random.Generator) -> bytes:
    """Put words of an encoding before Unicode where UTF-8 stands."""
    words = ("Скопје".encode("cp1251"), "بيروت".encode("cp1256"), b"\xff\xfe", b"\xed\xa0\x80")
    word = words[int(rng.integers(len(words)))]
    found = content.find("Скопје".encode())
    return _put(content, found if found >= 0 else _at(content, rng, 8), word)


def _another_kind(content: bytes, rng: np.random.Generator) -> bytes:
    starts = (b"$FL2", b"$FL3", b"<stata_dta>", b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0")
    return starts[int(rng.integers(len(starts)))] + content[int(rng.integers(64)) :]


def _noise(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: min(len(content), 176)] + rng.bytes(4_000)


def _appended(content: bytes, rng: np.random.Generator) -> bytes:
    return content + rng.bytes(int(rng.integers(1, 2_000)))


_DAMAGES: dict[str, Callable[[bytes, np.random.Generator], bytes]] = {
    "another kind": _another_kind,
    "appended": _appended,
    "block dropped": _drop_block,
    "block repeated": _repeat_block,
    "blocks swapped": _swap_blocks,
    "bit": _flip_bit,
    "bit in the header": _flip_bit_in_header,
    "count": _lie_about_a_count,
    "end cut": _cut_the_end,
    "legacy words": _legacy_words,
    "noise": _noise,
    "random bytes": _random_bytes,
    "truncated": _truncate,
    "zero block": _zero_block,
}


def _csv_nulls(content: bytes, rng: np.random.Generator) -> bytes:
    return _put(content, _at(content, rng), b"\0")


def _csv_open_quote(content: bytes, rng: np.random.Generator) -> bytes:
    return _put(content, _at(content, rng), b'"')


def _csv_wide_row(content: bytes, rng: np.random.Generator) -> bytes:
    return content + b"1" + b"," * int(rng.integers(1_000, 200_000)) + b"\r\n"


def _csv_long_field(content: bytes, rng: np.random.Generator) -> bytes:
    return content + b"9" * int(rng.integers(10_000, 12_000_000))


def _repacked(
    content: bytes, change: Callable[[str, bytes], bytes], extra: dict[str, bytes]
) -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, data in extra.items():
            new.writestr(name, data)
    return buffer.getvalue()


def _xlsx_bomb(content: bytes, rng: np.random.Generator) -> bytes:
    """Let a sheet grow a thousandfold when it is unpacked."""
    size = int(rng.integers(5, 40)) * 1_000_000
    return _repacked(content, lambda _, data: data, {"xl/worksheets/extra.xml": bytes(size)})


def _xlsx_lying_size(content: bytes, rng: np.random.Generator) -> bytes:
    """Say in the list of parts that a part is small."""
    packed = bytearray(_xlsx_bomb(content, rng))
    at = packed.rfind(b"PK\x01\x02")
    packed[at + 24 : at + 28] = struct.pack("<I", 100)
    return bytes(packed)


def _xlsx_entities(content: bytes, rng: np.random.Generator) -> bytes:
    """Put entities that grow without end, or name a file, on top of a sheet."""
    lots = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 10))
    doctypes = (
        f'<!DOCTYPE x [<!ENTITY e0 "ha">{lots}]>',
        '<!DOCTYPE x [<!ENTITY e9 SYSTEM "file:///etc/passwd">]>',
    )
    doctype = doctypes[int(rng.integers(2))].encode()

    def change(name: str, data: bytes) -> bytes:
        if not name.endswith("sharedStrings.xml"):
            return data
        head, mark, rest = data.partition(b"?>")
        return head + mark + doctype + rest.replace(b"<t>", b"<t>&e9;", 1)

    return _repacked(content, change, {})


def _xlsx_nested(content: bytes, rng: np.random.Generator) -> bytes:
    deep = int(rng.integers(1_000, 100_000))

    def change(name: str, data: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return data
        return data.replace(b"<sheetData>", b"<sheetData>" + b"<a>" * deep)

    return _repacked(content, change, {})


def _xlsx_far_cell(content: bytes, rng: np.random.Generator) -> bytes:
    """Claim a cell in the last row and column that a sheet can have."""
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'

    def change(name: str, data: bytes) -> bytes:
        return data.replace(b"</sheetData>", far) if name.endswith("sheet1.xml") else data

    return _repacked(content, change, {})


def _xlsx_path_parts(content: bytes, rng: np.random.Generator) -> bytes:
    return _repacked(content, lambda _, data: data, {"../../../evil": b"x", "/evil": b"x"})


_OF_KIND: dict[str, dict[str, Callable[[bytes, np.random.Generator], bytes]]] = {
    ".csv": {
        "long field": _csv_long_field,
        "open quote": _csv_open_quote,
        "wide row": _csv_wide_row,
        "zero byte": _csv_nulls,
    },
    ".xlsx": {
        "bomb": _xlsx_bomb,
        "entities": _xlsx_entities,
        "far cell": _xlsx_far_cell,
        "lying size": _xlsx_lying_size,
        "nested": _xlsx_nested,
        "parts outside": _xlsx_path_parts,
    },
}
