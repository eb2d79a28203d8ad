"""Every error the package raises on purpose.

::

    ResilienceError
    ├── DefinitionError      a YAML definition is wrong
    ├── ReadingError         a data file cannot be read
    ├── ValidationError      the data contradict their definition
    ├── ScoringError         a score cannot be computed as declared
    ├── DesignError          weights, strata, PSUs, waves
    ├── EstimationError      an unknown variable, an empty domain
    ├── ComparisonError      rows that must not be compared
    ├── MeasurementError     a measurement model cannot be fitted
    ├── EvaluationError      an analysis plan that the data cannot serve
    ├── DisclosureError      an output that would expose respondents
    └── ReportingError       a report asks for what was not given

Each carries one or more `Issue` records: what is wrong, where, what was found, what was
expected, and what to do. All that can be found in one go is reported in one go.

Examples
--------
>>> from resilience.errors import DesignError, Issue
>>> try:
...     raise DesignError(Issue("weights are negative", "w1", "3 rows", "0 or more", "mend"))
... except DesignError as error:
...     print(error.issues[0].found)
3 rows
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "ComparisonError",
    "DefinitionError",
    "DesignError",
    "DisclosureError",
    "EstimationError",
    "EvaluationError",
    "Issue",
    "MeasurementError",
    "ReadingError",
    "ReportingError",
    "ResilienceError",
    "ResilienceWarning",
    "ScoringError",
    "ValidationError",
    "nearest",
    "printable",
]

_MOST_SLIPS = 2
_LONG_NAME = 6  # letters; a shorter name has one slip at most
_LONGEST_TEXT = 400


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong, told so that it can be mended.

    Parameters
    ----------
    what : str
        The finding, as a sentence without a full stop.
    where : str
        File and line, or file and wave, or function and argument.
    found, expected : str
        What is there and what should be. Never an answer of a respondent.
    remedy : str
        What to do about it.
    """

    what: str
    where: str
    found: str
    expected: str
    remedy: str

    def __str__(self) -> str:
        """Return the issue as a head line and indented facts."""
        facts = (("found", self.found), ("expected", self.expected), ("remedy", self.remedy))
        lines = [f"    {name:<9}{printable(text)}" for name, text in facts]
        return "\n".join([printable(f"{self.where}: {self.what}"), *lines])


class ResilienceError(Exception):
    """Anything that went wrong for a reason the user can mend.

    Parameters
    ----------
    *issues : Issue
        Everything found wrong, in the order in which it should be read.
    """

    def __init__(self, *issues: Issue) -> None:
        self.issues = issues
        super().__init__("\n".join(str(issue) for issue in issues))


class DefinitionError(ResilienceError):
    """A definition file is wrong."""


class ReadingError(ResilienceError):
    """A data file cannot be read."""


class ValidationError(ResilienceError):
    """The data contradict their definition."""


class ScoringError(ResilienceError):
    """A score cannot be computed as its definition says."""


class DesignError(ResilienceError):
    """Weights, strata, PSUs or waves do not make a survey design."""


class EstimationError(ResilienceError):
    """A population number was asked for that the design cannot give."""


class ComparisonError(ResilienceError):
    """Rows were to be compared that do not mean the same thing.

    Parameters
    ----------
    *issues : Issue
    refused : mapping of variable to reasons
        Why each variable's scores are not the same score.
    """

    def __init__(
        self, *issues: Issue, refused: Mapping[str, tuple[object, ...]] | None = None
    ) -> None:
        super().__init__(*issues)
        self.refused = dict(refused or {})


class MeasurementError(ResilienceError):
    """A measurement model cannot be fitted or judged."""


class EvaluationError(ResilienceError):
    """An analysis plan asks for what the data cannot show."""


class DisclosureError(ResilienceError):
    """An output would expose respondents."""


class ReportingError(ResilienceError):
    """A report asks for what was not given, or cannot be written."""


class ResilienceWarning(UserWarning):
    """Something a careful reader should know that stops nothing."""


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return a remedy that names the known name of which this is a slip; else `otherwise`.

    One or two slips of the hand are near, and so is the one name that begins so. Two letters
    that stand for two others, or one number for another, are another name: 'south_town' is no
    remedy for 'north_town'.
    """
    typed = str(name).casefold()
    names = sorted({str(candidate) for candidate in known})
    near = {
        candidate: _slips(typed, candidate.casefold())
        for candidate in names
        if not _is_another_name(typed, candidate.casefold())
    }
    best = min(near, key=lambda candidate: near[candidate], default=None)
    if best is not None and near[best] <= (_MOST_SLIPS if len(typed) >= _LONG_NAME else 1):
        return f"did you mean '{best}'?"
    begun = [
        name for name in names if len(typed) >= _LONG_NAME and name.casefold().startswith(typed)
    ]
    return f"did you mean '{begun[0]}'?" if len(begun) == 1 else otherwise


def _slips(one: str, other: str) -> int:
    """Return how many letters were left out, added, replaced or swapped (optimal alignment)."""
    if abs(len(one) - len(other)) > _MOST_SLIPS:
        return len(one) + len(other)
    before, row = [0], list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        before_that, before, row = before, row, [at]
        for place, wanted in enumerate(other, start=1):
            cost = min(
                before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != wanted)
            )
            if at > 1 and place > 1 and letter == other[place - 2] and one[at - 2] == wanted:
                cost = min(cost, before_that[place - 2] + 1)
            row.append(cost)
    return row[-1]


def _is_another_name(one: str, other: str) -> bool:
    """Return whether a digit, or two letters or more, were replaced and nothing else."""
    if len(one) != len(other):
        return False
    replaced = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    if any(a.isdigit() or b.isdigit() for a, b in replaced):
        return True
    return len(replaced) > 1 and _slips(one, other) == len(replaced)


def printable(text: str, *, longest: int | None = _LONGEST_TEXT) -> str:
    """Return text that cannot steer a terminal: control and direction marks are spelt out.

    Parameters
    ----------
    text : str
    longest : int or None
        After how many characters it is cut; None: never.
    """
    safe = "".join(
        character
        if not unicodedata.category(character).startswith("C")
        else f"\\u{ord(character):04x}"
        for character in text
    )
    return safe if longest is None or len(safe) <= longest else safe[: longest - 1] + "…"
