"""Which rows of an estimate stand opposite each other: along waves, places or groups."""

from __future__ import annotations

import itertools
import warnings
from typing import TYPE_CHECKING

from resilience.errors import ComparisonError, Issue, ResilienceWarning, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resilience.inference.results.estimates import Estimates

__all__ = ["group_keys", "ordered_values", "require_along", "row_pairs"]

_ORDERED = ("previous", "every")


def require_along(estimates: Estimates, over: str, verb: str) -> None:
    """Refuse a column by which the rows do not differ.

    Raises
    ------
    ComparisonError
        With the columns there are.
    """
    if over in estimates.by:
        return
    raise ComparisonError(
        Issue(
            f"the rows do not differ by '{over}'",
            where=f"{verb}: over",
            found=over,
            expected="one of " + (", ".join(estimates.by) or "the columns of 'by'"),
            remedy=nearest(over, estimates.by, f"break down by '{over}' too"),
        )
    )


def group_keys(estimates: Estimates, over: str) -> list[tuple[str, ...]]:
    """Return for each row what it shares with the rows it stands opposite to."""
    others = [name for name in estimates.rows if name != over]
    return [tuple(row) for row in estimates.rows[others].astype("str").itertuples(index=False)]


def ordered_values(estimates: Estimates, over: str, verb: str) -> list[str]:
    """Return the values of a column in their order: waves in time, others as they stand.

    Raises
    ------
    ComparisonError
        If the order of the waves is not declared.
    """
    found = list(dict.fromkeys(str(value) for value in estimates.rows[over]))
    if over != estimates.provenance.wave_column:
        return found
    declared = estimates.provenance.waves
    if not set(found) <= set(declared):
        raise ComparisonError(
            Issue(
                "it is not declared in which order the waves follow each other",
                where=f"{verb}: {over}",
                found="words: " + ", ".join(found),
                expected="numbers, dates, or categories in their order",
                remedy=f"frame['{over}'] = pd.Categorical(frame['{over}'], categories=[…]), the "
                "first wave first, before the design is made",
            )
        )
    return [wave for wave in declared if wave in found]


def row_pairs(estimates: Estimates, over: str, reference: str) -> list[tuple[int, int]]:
    """Return (row, reference row) for all rows that stand opposite a reference.

    Parameters
    ----------
    estimates : Estimates
    over : str
        The column in which the rows of a pair differ.
    reference : str
        A value of the column; 'previous' for the value before; 'every' for all pairs.

    Raises
    ------
    ComparisonError
        If there is no such value, the order of the waves is not declared, or nothing stands
        opposite anything.

    Warns
    -----
    ResilienceWarning
        If rows stand alone.
    """
    keys = group_keys(estimates, over)
    values = [str(value) for value in estimates.rows[over]]
    opposite = _opposite(estimates, over, reference, values)
    position = {
        (key, value): row for row, (key, value) in enumerate(zip(keys, values, strict=True))
    }
    pairs, without, wanting = [], [], []
    for row, (key, value) in enumerate(zip(keys, values, strict=True)):
        for base in opposite.get(value, ()):
            if (key, base) in position:
                pairs.append((row, position[key, base]))
            else:
                without.append((base, key))
        wanting += [
            (later, key)
            for later, bases in opposite.items()
            if value in bases and (key, later) not in position
        ]
    _tell_those_alone(without, wanting)
    if not pairs:
        raise ComparisonError(_nothing(over, reference, values))
    return pairs


def _opposite(
    estimates: Estimates, over: str, reference: str, values: Sequence[str]
) -> dict[str, list[str]]:
    """Return for each value the values that are subtracted from it."""
    if reference in values:
        return {value: [reference] for value in values if value != reference}
    if reference not in _ORDERED:
        raise ComparisonError(
            Issue(
                f"'{over}' has no value '{reference}'",
                where="compare: reference",
                found=str(reference),
                expected="one of "
                + ", ".join(dict.fromkeys(values))
                + "; or 'previous', or 'every' for each pair",
                remedy=nearest(str(reference), [*values, *_ORDERED], "name one of them"),
            )
        )
    order = ordered_values(estimates, over, "compare")
    pairs = (
        itertools.pairwise(order) if reference == "previous" else itertools.combinations(order, 2)
    )
    opposite: dict[str, list[str]] = {}
    for base, value in pairs:
        opposite.setdefault(value, []).append(base)
    return opposite


def _tell_those_alone(
    without: Sequence[tuple[str, tuple[str, ...]]], wanting: Sequence[tuple[str, tuple[str, ...]]]
) -> None:
    """Warn of rows without a reference, and of references without the row to compare."""
    told = (
        (without, "rows have no '{}' to be compared with and are left out"),
        (wanting, "rows have no '{}' that could be compared with them"),
    )
    for rows, words in told:
        for value in dict.fromkeys(value for value, _ in rows):
            alone = [key for other, key in rows if other == value]
            warnings.warn(
                f"{len(alone)} {words.format(value)}: " + ", ".join(alone[0]),
                ResilienceWarning,
                stacklevel=4,
            )


def _nothing(over: str, reference: str, values: Sequence[str]) -> Issue:
    return Issue(
        "there is nothing to compare",
        where=f"compare: {over}",
        found=f"{', '.join(dict.fromkeys(values))}; reference '{reference}'",
        expected=f"rows that differ in '{over}' and in nothing else",
        remedy="estimate both in one call, with the same 'by', 'where' and variables",
    )
