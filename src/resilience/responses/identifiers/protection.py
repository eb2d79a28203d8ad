"""What is done with identifiers in the process that reads a file, before anything is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from resilience.errors import Issue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.responses.formats.parsed import ParsedFile
    from resilience.responses.identifiers.scanning import FoundIdentifier

__all__ = ["Protection", "identifier_issues", "protect"]

_SCANNER = "2"
_SAID = {
    "person_name": "names of persons",
    "phone": "telephone numbers",
    "email": "e-mail addresses",
    "national_id": "numbers of identity cards or passports",
    "address": "addresses",
    "coordinates": "places on a map",
    "device": "numbers of devices",
    "birth_date": "dates of birth",
    "media": "recordings or pictures of persons",
    "free_text": "texts in respondents' own words",
}


@dataclass(frozen=True, slots=True)
class Protection:
    """What a study says of identifiers in a file.

    Attributes
    ----------
    uses : mapping of column to use
        What each declared column is read as: a role, `item`, `variable`, or `choice`.
    passed : tuple of str
        Columns that may be kept as they are, by the study.
    pseudonymised : mapping of column to domain
        Columns of which only pseudonyms are read, and within what a pseudonym means the same.
    key_file : str or None
        Where the key lies.
    key_check : str or None
        What tells whether it is the study's.
    """

    uses: Mapping[str, str] = field(default_factory=dict)
    passed: tuple[str, ...] = ()
    pseudonymised: Mapping[str, str] = field(default_factory=dict)
    key_file: str | None = None
    key_check: str | None = None

    @property
    def fingerprint(self) -> list[object]:
        """What of it decides what is read; the key's place does not."""
        declared = [dict(self.uses), sorted(self.passed), dict(self.pseudonymised), self.key_check]
        return [_SCANNER, *declared]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data, for the process that reads."""
        names = ("uses", "passed", "pseudonymised", "key_file", "key_check")
        plain: dict[str, Any] = json.loads(json.dumps({n: getattr(self, n) for n in names}))
        return plain


def protect(
    parsed: ParsedFile, told: Mapping[str, Any]
) -> tuple[ParsedFile, tuple[FoundIdentifier, ...]]:
    """Return a file with pseudonyms for ids, and the identifiers for which nothing is declared.

    Labels of the columns that are made pseudonyms of go too: files keep names there.

    Parameters
    ----------
    parsed : ParsedFile
        The file as it is.
    told : mapping
        A `Protection` as plain data.

    Raises
    ------
    ReadingError
        If the key is not there or not the study's.
    """
    # The process that asks needs none of this.
    from resilience.responses.coding import plain_labels  # noqa: PLC0415
    from resilience.responses.identifiers.pseudonyms import pseudonyms, read_key  # noqa: PLC0415
    from resilience.responses.identifiers.scanning import find_identifiers  # noqa: PLC0415

    protection = Protection(**{**told, "passed": tuple(told["passed"])})
    domains = {n: d for n, d in protection.pseudonymised.items() if n in parsed.frame}
    passed = {*protection.passed, *domains}
    found = find_identifiers(parsed, uses=protection.uses, passed=passed)
    if found or not domains:
        return parsed, found
    key = read_key(protection.key_file or "", check=protection.key_check)
    made = {
        name: pseudonyms(plain_labels(parsed.frame[name]), key, domain)
        for name, domain in domains.items()
    }
    tags = [name for name in parsed.extended_missing if name not in domains]
    return (
        replace(
            parsed,
            frame=parsed.frame.assign(**made),
            value_labels={n: v for n, v in parsed.value_labels.items() if n not in domains},
            user_missing={n: v for n, v in parsed.user_missing.items() if n not in domains},
            extended_missing=parsed.extended_missing[tags],
        ),
        (),
    )


def identifier_issues(file: str, where: str, found: Sequence[Mapping[str, Any]]) -> list[Issue]:
    """Return an issue for each identifier that a study does not speak of; never a value."""
    return [
        Issue(
            f"column '{part['column']}' seems to identify people",
            where=where,
            found=f"{file}: {_SAID[part['kind']]} in {part['share']:.0%} of its values, "
            f"by its {part['found_by']}",
            expected="a study that says what becomes of it",
            remedy=f"write 'identifiers: {{\"{part['column']}\": drop}}' in the study; or "
            "pseudonymise, or {keep: the reason}",
        )
        for part in found
    ]
