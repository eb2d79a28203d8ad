"""Compare rows of one joint estimate: between waves, sites or groups."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.definitions.measures import COMMON_SUFFIX, signature_differences
from resilience.errors import ComparisonError, Issue, ResilienceWarning, nearest

if TYPE_CHECKING:
    from resilience.definitions.measures import ScoreDifference
    from resilience.inference.estimates import Estimates

__all__ = ["compare"]


def compare(
    estimates: Estimates,
    *,
    over: str,
    reference: str,
    items: Literal["common"] | None = None,
) -> Estimates:
    """Subtract a reference from every other value of a column.

    Use it for change between waves, or for differences between places or groups. All
    comparisons are contrasts of one joint estimate: PSUs that were visited in both waves make
    the change more precise than two samples would. A change in one place is not an impact.

    Scores are compared only if they are the same score: one rule, the same items asked, the
    same answer labels.

    Parameters
    ----------
    estimates : Estimates
        Rows by `over`, and possibly by more.
    over : str
        The column to compare along, for instance "wave".
    reference : str
        Its value that is subtracted.
    items : 'common', optional
        Where a score is not the same in both, compare instead the variant on the items that
        comparable waves asked alike (its name ends in `_common`), which must be among the rows.

    Returns
    -------
    Estimates
        One row for each other value of `over`, within each combination of the remaining
        columns; the column `reference` (for a comparison of comparisons `reference_<over>`)
        tells what was subtracted. `measure` is "change" over
        waves and "difference" otherwise. Intervals by t.

    Raises
    ------
    ComparisonError
        If the column or reference does not exist, or scores are not the same; all at once.

    Warns
    -----
    ResilienceWarning
        If rows have no reference to be compared with, for instance a place that the first wave
        did not visit; they are left out.

    References
    ----------
    R survey's `svycontrast` on `svyby(covmat = TRUE)` is the oracle for waves that share PSUs.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "t": [1, 2, 1, 2], "ea": [1, 1, 2, 2]})
    >>> design = rs.SurveyDesign(frame, psu="ea", wave="t", waves="same_psu")
    >>> rs.compare(rs.estimate_mean(design, "y", by="t"), over="t", reference="1").values
    array([2.])
    """
    if over not in estimates.by:
        raise ComparisonError(
            Issue(
                f"the rows do not differ by '{over}'",
                where="compare: over",
                found=over,
                expected="one of " + (", ".join(estimates.by) or "the columns of 'by'"),
                remedy=nearest(over, estimates.by, f"break down by '{over}' too"),
            )
        )
    pairs = _pairs(estimates, over, reference)
    refused = _not_the_same(estimates, pairs, over)
    if refused and items == "common":
        pairs = _with_common(estimates, pairs, refused)
    elif refused:
        raise ComparisonError(
            *(part.issue() for parts in refused.values() for part in parts),
            refused={
                name: tuple(dict.fromkeys(reason for part in parts for reason in part.reasons))
                for name, parts in refused.items()
            },
        )
    return _differences(estimates, pairs, over, reference)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a variable's scores in two waves must not be compared."""

    variable: str
    waves: tuple[str, str]
    reasons: tuple[ScoreDifference, ...]

    def issue(self) -> Issue:
        """Return it as an issue."""
        return Issue(
            f"'{self.variable}' is not the same score in {self.waves[0]} and {self.waves[1]}",
            where="compare",
            found="; ".join(map(str, self.reasons)),
            expected="one rule, the same items, the same answer labels",
            remedy=f"compare '{self.variable}{COMMON_SUFFIX}', the score on the items asked "
            "alike: --items common, 'items: common' in a report, items='common' in Python; or "
            "declare in the study why labels are equivalent",
        )


def _pairs(estimates: Estimates, over: str, reference: str) -> list[tuple[int, int]]:
    """Return (row, reference row) for all rows that are not a reference."""
    values = [str(value) for value in estimates.rows[over]]
    if reference not in values:
        raise ComparisonError(
            Issue(
                f"'{over}' has no value '{reference}'",
                where="compare: reference",
                found=reference,
                expected="one of " + ", ".join(dict.fromkeys(values)),
                remedy=nearest(reference, values, "name one of them"),
            )
        )
    others = [name for name in estimates.rows if name != over]
    keys = [tuple(row) for row in estimates.rows[others].astype("str").itertuples(index=False)]
    references = {
        key: row
        for row, (key, value) in enumerate(zip(keys, values, strict=True))
        if value == reference
    }
    rows = [row for row, value in enumerate(values) if value != reference]
    alone = [keys[row] for row in rows if keys[row] not in references]
    if alone:
        warnings.warn(
            f"{len(alone)} rows have no '{reference}' to be compared with and are left out: "
            + ", ".join(alone[0]),
            ResilienceWarning,
            stacklevel=3,
        )
    return [(row, references[keys[row]]) for row in rows if keys[row] in references]


def _not_the_same(
    estimates: Estimates, pairs: list[tuple[int, int]], over: str
) -> dict[str, list[_Refusal]]:
    """Return by variable which of its rows must not be compared, and why."""
    refused: dict[str, list[_Refusal]] = {}
    for row, base in pairs:
        variable = str(estimates.rows["variable"].iloc[row])
        one, other = estimates.signatures[base], estimates.signatures[row]
        if one is None or other is None:
            continue
        names = (str(estimates.rows[over].iloc[base]), str(estimates.rows[over].iloc[row]))
        reasons = signature_differences(one, other, names)
        told = {part.waves for part in refused.get(variable, ())}
        if reasons and names not in told:
            refused.setdefault(variable, []).append(_Refusal(variable, names, reasons))
    return refused


def _with_common(
    estimates: Estimates, pairs: list[tuple[int, int]], refused: dict[str, list[_Refusal]]
) -> list[tuple[int, int]]:
    """Leave out the rows that must not be compared, if their common variants are there."""
    variables = estimates.rows["variable"].astype("str")
    there = set(variables)
    absent = [name for name in refused if f"{name}{COMMON_SUFFIX}" not in there]
    if absent:
        raise ComparisonError(
            *(
                Issue(
                    f"the rows have no '{name}{COMMON_SUFFIX}' to compare instead",
                    where="compare: items common",
                    found="; ".join(
                        str(reason) for part in refused[name] for reason in part.reasons
                    ),
                    expected=f"estimates of '{name}{COMMON_SUFFIX}' too",
                    remedy=f"estimate ['{name}', '{name}{COMMON_SUFFIX}']; a score that has no "
                    "item asked alike in every wave has no such variant",
                )
                for name in absent
            )
        )
    return [pair for pair in pairs if variables.iloc[pair[0]] not in refused]


def _differences(
    estimates: Estimates, pairs: list[tuple[int, int]], over: str, reference: str
) -> Estimates:
    matrix = np.zeros((len(pairs), len(estimates)))
    for number, (row, base) in enumerate(pairs):
        matrix[number, row], matrix[number, base] = 1.0, -1.0
    rows = estimates.rows.iloc[[row for row, _ in pairs]].reset_index(drop=True)
    along_waves = over == estimates.provenance.wave_column
    rows = rows.assign(measure="change" if along_waves else "difference")
    column = "reference" if "reference" not in rows else f"reference_{over}"
    rows.insert(list(rows.columns).index(over) + 1, column, reference)
    return estimates.contrast(matrix, rows=pd.DataFrame(rows))
