"""What a study says of identifiers, for each of its files; and scans of files and frames."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from resilience.definitions.identifiers import Kept
from resilience.definitions.study import Roles
from resilience.errors import Issue, ReadingError
from resilience.responses.choices import columns_of_choice
from resilience.responses.formats.parsed import ParsedFile
from resilience.responses.identifiers.protection import Protection
from resilience.responses.identifiers.pseudonyms import read_key
from resilience.responses.identifiers.scanning import find_identifiers
from resilience.responses.reading import read_survey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.study import Study, Wave

__all__ = ["KEY_VARIABLE", "declared_uses", "protections", "scan_identifiers"]

KEY_VARIABLE = "RESILIENCE_KEY_FILE"
"""The variable that says where the key lies on this machine."""


def scan_identifiers(
    data: str | Path | pd.DataFrame, *, uses: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Find columns that identify people, by name and by content, in six languages.

    Use it on a file that comes from the field, before it is shared or a study is written. Names
    of persons, telephone numbers, e-mail addresses, numbers of identity cards (those of North
    Macedonia by their check digit; Senegal, Lebanon, Kenya and Albania by their form), addresses,
    places on a map, numbers of devices, dates of birth, recordings and free text are looked for;
    names of columns and labels in English, French, Arabic, Macedonian, Albanian and Swahili. It
    finds what can be told by form: that nothing is found does not prove that a file is anonymous.

    Parameters
    ----------
    data : str, Path or pandas.DataFrame
        A file of any kind that `read_survey` reads, or a frame.
    uses : mapping of column to use, optional
        Which columns are `weight`, `psu`, `stratum`, `site`, `respondent_id` or `interviewer`:
        numbers of places and random ids are then no findings. A study says so itself.

    Returns
    -------
    pandas.DataFrame
        One row a column: `column kind found_by share` (of the rows with a value). No values.

    Raises
    ------
    ReadingError
        If the file cannot be read.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"q1": [1, 2, 5], "contact": ["a@b.org", "", "c@d.org"]})
    >>> rs.scan_identifiers(frame).to_dict("list")
    {'column': ['contact'], 'kind': ['email'], 'found_by': ['content'], 'share': [1.0]}
    >>> len(rs.scan_identifiers("surveys/lebanon/data/baseline.sav"))
    0
    """
    file = ParsedFile(data) if isinstance(data, pd.DataFrame) else read_survey(data)
    found = find_identifiers(file, uses=uses)
    names = ["column", "kind", "found_by", "share"]
    rows = [[getattr(part, name) for name in names] for part in found]
    return pd.DataFrame(rows, columns=names)


def protections(study: Study) -> Mapping[str, Protection]:
    """Return what to do with identifiers in each wave's file; the key is looked at first.

    Raises
    ------
    ReadingError
        If the study makes pseudonyms and its key is not there, or it is another.
    """
    file = _key_file(study)
    if study.pseudonyms is not None:
        where = f"{study.path}: pseudonyms"
        read_key(file or "", check=study.pseudonyms.key_check, where=where)
    return {wave.id: _protection(study, wave, file) for wave in study.waves}


def declared_uses(study: Study, wave: Wave) -> Mapping[str, str]:
    """Return the columns of a wave's file that the study speaks of, and what they are read as."""
    uses: dict[str, str] = {}
    names = {role: role for role in Roles.model_fields}
    names |= dict.fromkeys(study.variables_by_id, "variable")
    names |= dict.fromkeys(study.items_asked(wave.id), "item")
    names |= {part.id: "item" for part in study.lists_asked(wave.id)}
    for name, use in names.items():
        if (column := study.column_of(wave.id, name)) is not None:
            uses.setdefault(column, use)
    for name in names:
        for column in columns_of_choice(study, wave, name):
            uses.setdefault(column, "choice")
    if wave.versions:
        uses.setdefault(wave.versions.column, "version")
    return uses


def _protection(study: Study, wave: Wave, key_file: str | None) -> Protection:
    uses = declared_uses(study, wave)
    rules = study.identifiers
    return Protection(
        uses=uses,
        passed=tuple(column for column in uses if isinstance(rules.get(column), Kept)),
        pseudonymised={
            column: f"{study.study}\x1f{use}"
            for column, use in uses.items()
            if rules.get(column) == "pseudonymise"
        },
        key_file=key_file if study.pseudonyms else None,
        key_check=study.pseudonyms.key_check if study.pseudonyms else None,
    )


def _key_file(study: Study) -> str | None:
    """Return where the study's key lies."""
    if study.pseudonyms is None:
        return None
    named = os.environ.get(KEY_VARIABLE) or study.pseudonyms.key_file
    if named is None:
        raise ReadingError(
            Issue(
                "it is not said where the key of the pseudonyms lies",
                where=f"{study.path}: pseudonyms",
                found="no 'key_file'",
                expected="the place of the file that 'resilience key' made",
                remedy=f"write 'key_file: ~/…' in the study, or set {KEY_VARIABLE}",
            )
        )
    path = Path(named).expanduser()
    return str(path if path.is_absolute() else (study.path.parent / path).resolve())
