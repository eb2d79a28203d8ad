"""What was asked and how it becomes a score: items, scales, indices, indicators."""

from __future__ import annotations

import re
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from resilience.definitions.models import Definition, Identifier
from resilience.definitions.texts import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MISSING_REASONS",
    "Condition",
    "Direction",
    "Index",
    "Indicator",
    "Instrument",
    "Item",
    "ListExperiment",
    "MissingAnswer",
    "MissingCode",
    "MissingReason",
    "Scale",
]

MissingReason = Literal[
    "refused",
    "dont_know",
    "not_applicable",
    "not_asked",
    "never_heard",
    "out_of_range",
    "interrupted",
    "system",
]
"""Why an answer is missing. Kept from the file to the report."""

MISSING_REASONS: tuple[MissingReason, ...] = get_args(MissingReason)

Direction = Literal["higher_is_better", "lower_is_better", "neutral"]


_WHOLE = re.compile(r"[-+]?[0-9]+\Z")
_EXTENDED = re.compile(r"\.[a-z]\Z")
_LIKE_A_NUMBER = re.compile(r"[-+]?[0-9.,]*\Z")


def _as_missing_code(value: int | str) -> int | str:
    """Return a code that can stand for a missing answer; numbers in quotes are numbers."""
    if isinstance(value, int):
        return value
    if _WHOLE.match(value):
        return int(value)
    if not _EXTENDED.match(value) and (value.startswith(".") or _LIKE_A_NUMBER.match(value)):
        message = "a whole number, one of Stata's .a to .z, or a word as it stands in the file"
        raise ValueError(message)
    return value


MissingCode = Annotated[int | str, AfterValidator(_as_missing_code)]
"""A code for no answer: a whole number, an extended missing value `.a` to `.z`, or a word."""


class MissingAnswer(Definition):
    """A code that stands for no answer, with its reason.

    Attributes
    ----------
    code : int or str
        A whole number; `.a` to `.z` for Stata's extended missing values; or a word, for
        columns that hold text.
    """

    code: MissingCode
    reason: MissingReason
    label: Text | None = None


class Scale(Definition):
    """The answers that a question offers, in order; its bounds are its lowest and highest code.

    Attributes
    ----------
    answers : mapping of int to text
        The scored answers by code.
    missing : tuple of MissingAnswer
        Codes without a score, each with its reason.
    title : text or None
        What readers call it.
    """

    title: Text | None = None
    answers: Annotated[dict[int, Text], Field(min_length=2)]
    missing: tuple[MissingAnswer, ...] = ()

    @property
    def minimum(self) -> int:
        """The lowest code."""
        return min(self.answers)

    @property
    def maximum(self) -> int:
        """The highest code."""
        return max(self.answers)


class Item(Definition):
    """One question.

    Attributes
    ----------
    scale : str
        The id of its scale.
    keyed : {'positive', 'negative', 'not_stated'}
        Whether a high code raises or lowers the score. `not_stated`: the item has no better end,
        or which it is must still be looked up; it can be in no index.
    question : text or None
        The wording; None where it must be obtained from its owner.
    source : str
        Where the question comes from, for instance its number in a questionnaire.
    """

    id: Identifier
    scale: Identifier
    keyed: Literal["positive", "negative", "not_stated"] = "positive"
    title: Text | None = None
    question: Text | None = None
    source: str = ""


def _as_fraction(value: Any) -> Fraction | int:
    """Return '2/3' as a fraction and 2 as a count."""
    if isinstance(value, Fraction) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and value.count("/") == 1:
        above, below = (part.strip() for part in value.split("/"))
        if above.isdigit() and below.isdigit() and 0 < int(above) <= int(below):
            return Fraction(int(above), int(below))
    message = "a count such as 2, or a share such as 2/3"
    raise ValueError(message)


MinimumAnswered = Annotated[
    Fraction | int,
    BeforeValidator(_as_fraction),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": r"^\s*\d+\s*/\s*\d+\s*$"},
            ]
        }
    ),
]


class Index(Definition):
    """A score from 0 to 100 built from items or from other indices.

    Attributes
    ----------
    items, indices : tuple of str
        The parts: one of the two. Items are reversed and set to 0-100 by their scale's bounds.
    combine : {'mean'}
        How the parts become one number.
    minimum_answered : int or Fraction
        How many parts a respondent must have: a count of the parts as defined, or a share.
        Parts not asked in a wave do not count as missing: a count becomes the same share of
        the parts that were asked, rounded up.
    measurement : {'reflective', 'formative'}
        Whether the parts reflect one thing or together form it.
    """

    id: Identifier
    title: Text
    items: tuple[Identifier, ...] = ()
    indices: tuple[Identifier, ...] = ()
    combine: Literal["mean"] = "mean"
    minimum_answered: MinimumAnswered
    measurement: Literal["reflective", "formative"]
    direction: Direction = "higher_is_better"

    @model_validator(mode="after")
    def _has_parts(self) -> Self:
        if bool(self.items) == bool(self.indices):
            message = "either 'items' or 'indices', not both and not neither"
            raise ValueError(message)
        if isinstance(self.minimum_answered, int) and not (
            1 <= self.minimum_answered <= len(self.parts)
        ):
            message = f"'minimum_answered' between 1 and the number of parts, {len(self.parts)}"
            raise ValueError(message)
        return self

    @property
    def parts(self) -> tuple[str, ...]:
        """The ids of the items or indices it is built from."""
        return self.items or self.indices

    def parts_needed(self, asked: int) -> int:
        """Return how many of the `asked` parts a respondent must have for a score."""
        return max(1, ceil(self.minimum_share * asked))

    @property
    def minimum_share(self) -> Fraction:
        """The share of the asked parts that a respondent must have."""
        if len(self.parts) == 1:
            return Fraction(1)  # any share of one part is that part
        rule = self.minimum_answered
        return rule if isinstance(rule, Fraction) else Fraction(rule, len(self.parts))


class Condition(Definition):
    """What an answer must be for an indicator to hold: one rule, or several joined.

    Attributes
    ----------
    item : str
        The item asked about, with exactly one of `at_least`, `at_most`, `one_of` (codes).
    all, any : tuple of Condition
        Conditions that must all hold, or of which one must.
    """

    item: Identifier | None = None
    at_least: int | None = None
    at_most: int | None = None
    one_of: tuple[int, ...] | None = None
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _is_one_rule(self) -> Self:
        rules = [rule for rule in (self.at_least, self.at_most, self.one_of) if rule is not None]
        forms = [self.item is not None, bool(self.all), bool(self.any)]
        if sum(forms) != 1 or len(rules) != (1 if self.item else 0):
            message = (
                "'item' with one of 'at_least', 'at_most', 'one_of'; "
                "or a list under 'all'; or a list under 'any'"
            )
            raise ValueError(message)
        return self

    def items_used(self) -> tuple[str, ...]:
        """Return the ids of the items it looks at, in order, each once."""
        return tuple(dict.fromkeys(str(rule.item) for rule in self.rules()))

    def rules(self) -> Iterator[Condition]:
        """Yield the conditions on one item that it consists of."""
        if self.item is not None:
            yield self
        for part in (*self.all, *self.any):
            yield from part.rules()

    @property
    def codes(self) -> tuple[int, ...]:
        """The codes that a condition on one item names."""
        ends = (self.at_least, self.at_most)
        return (*(code for code in ends if code is not None), *(self.one_of or ()))


class Indicator(Definition):
    """A share of respondents: those whose answers meet a condition, among those who answered."""

    id: Identifier
    title: Text
    condition: Condition
    direction: Direction = "higher_is_better"
    source: str = ""


class Arms(Definition):
    """The codes that tell which list a respondent heard."""

    control: int | str = 0
    treatment: int | str = 1

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if str(self.control) == str(self.treatment):
            message = "two codes that differ"
            raise ValueError(message)
        return self


class ListExperiment(Definition):
    """A question how many of several statements apply, without telling which.

    By chance, some respondents hear one statement more, the sensitive one. Its `id` names the
    column of the arm in data files.

    Attributes
    ----------
    item : str
        The item whose answers are the counts, 0 to one more than `controls`.
    controls : int
        The number of statements that all respondents hear.
    sensitive : text
        The sensitive statement, in a few words.
    arms : Arms
        The codes of the two arms.
    """

    id: Identifier
    item: Identifier
    controls: Annotated[int, Field(ge=2, le=10)]
    sensitive: Text
    arms: Arms = Arms()


class Instrument(Definition):
    """A questionnaire's scored part: what was asked and how it becomes indices.

    Attributes
    ----------
    wording : {'own', 'open', 'obtain'}
        Whose words the questions are. `obtain`: the text belongs to its owner and is not here.
    status : {'unvalidated_draft', 'validated'}
        Whether its measurement has been tested in the languages it is used in.
    forms : mapping of form to tuple of str
        Shorter questionnaires made from it: which items each asks.
    """

    instrument: Identifier
    version: str
    title: Text
    language: Literal["en", "fr", "ar", "mk", "sq", "sw"] = "en"
    status: Literal["unvalidated_draft", "validated"]
    wording: Literal["own", "open", "obtain"]
    licence: str
    source: str
    scales: dict[Identifier, Scale]
    items: tuple[Item, ...]
    indices: tuple[Index, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    forms: dict[Identifier, Annotated[tuple[Identifier, ...], Field(min_length=1)]] = {}
    list_experiments: tuple[ListExperiment, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its items, indices, indicators and list experiments."""
        return (
            *(item.id for item in self.items),
            *(index.id for index in self.indices),
            *(indicator.id for indicator in self.indicators),
            *(experiment.id for experiment in self.list_experiments),
        )
