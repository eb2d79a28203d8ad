"""Compare rows of one joint estimate: between waves, sites or groups."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.errors import ComparisonError, Issue
from resilience.inference.comparisons.pairing import require_along, row_pairs
from resilience.inference.comparisons.sameness import (
    differing_scores,
    refuse_differing,
    with_common_items,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.results.estimates import Estimates
    from resilience.inference.results.intervals import IntervalRule

    Floats = npt.NDArray[np.float64]

__all__ = ["compare"]

_CHANGES = {"change", "relative_change", "difference_of_changes"}
# A third is the largest relative error with which Statistics Canada releases an estimate; there
# Fieller's exact interval of the ratio is bounded and the delta method near it.
_LARGEST_RELATIVE_ERROR = 1 / 3


def compare(
    estimates: Estimates,
    *,
    over: str,
    reference: str,
    items: Literal["common"] | None = None,
    scale: Literal["absolute", "relative"] = "absolute",
) -> Estimates:
    """Subtract a reference from every other value of a column.

    Use it for change between waves, or for differences between places or groups. All
    comparisons are contrasts of one joint estimate: PSUs that were visited in both waves make
    the change more precise than two samples would. A change in one place is not an impact.
    Comparing changes gives the difference of changes, also as a contrast.

    Scores are compared only if they are the same score: one rule, the same items asked, the
    same answer labels.

    Parameters
    ----------
    estimates : Estimates
        Rows by `over`, and possibly by more.
    over : str
        The column to compare along, for instance "wave".
    reference : str
        Its value that is subtracted; 'previous' for the wave before; 'every' for each pair of
        values, the earlier from the later. A value that is itself called so goes first. Waves
        follow each other as numbers, dates, or the categories of their column.
    items : 'common', optional
        Where a score is not the same in both, compare instead the variant on the items that
        comparable waves asked alike (its name ends in `_common`), which must be among the rows.
    scale : {'absolute', 'relative'}
        Whether to give differences, or differences in percent of the reference. These mean
        something where zero does: shares, totals, counts, hardly scales from 1 to 5.

    Returns
    -------
    Estimates
        One row for each other value of `over`, within each combination of the remaining
        columns; the column `reference` (for a comparison of comparisons `reference_<over>`)
        tells what was subtracted. `measure` is "change" over waves, "difference" otherwise,
        and "difference_of_changes" for a comparison of changes; intervals by t. In percent it
        is "relative_change" or "relative_difference", with standard errors by the delta method
        and intervals on the log of the ratio, by t where the later value is not positive. A
        row of which one part is not estimable is NaN.

    Raises
    ------
    ComparisonError
        If the column or reference does not exist, the order of waves is needed and not
        declared, nothing can be compared, or scores are not the same; for percentages, if a
        reference is not well above 0: under three times its standard error.

    Warns
    -----
    ResilienceWarning
        If rows have nothing to be compared with, for instance a place that one wave did not
        visit; they are left out.

    References
    ----------
    Percentages: Wolter (2007), Introduction to Variance Estimation, section 6.5 (delta
    method); Katz et al. (1978), Biometrics 34: 469-474 (interval). Oracle: R survey's
    `svycontrast`, linear and of `quote(w2 / w1)`, on `svyby(covmat = TRUE)`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "t": [1, 2, 1, 2], "ea": [1, 1, 2, 2]})
    >>> design = rs.SurveyDesign(frame, psu="ea", wave="t", waves="same_psu")
    >>> rs.compare(rs.estimate_mean(design, "y", by="t"), over="t", reference="1").values
    array([2.])
    """
    require_along(estimates, over, "compare")
    if scale not in ("absolute", "relative"):
        message = f"'scale' must be 'absolute' or 'relative' (got {scale!r})"
        raise ValueError(message)
    pairs = row_pairs(estimates, over, reference)
    refused = differing_scores(estimates, pairs, over)
    if refused and items == "common":
        pairs = with_common_items(estimates, pairs, refused)
    else:
        refuse_differing(refused)
    if scale == "relative":
        return _in_percent(estimates, pairs, over)
    matrix = np.zeros((len(pairs), len(estimates)))
    for number, (row, base) in enumerate(pairs):
        matrix[number, row], matrix[number, base] = 1.0, -1.0
    rows = _rows(estimates, pairs, over, ("change", "difference"))
    return estimates.contrast(matrix, rows=rows)


def _rows(
    estimates: Estimates, pairs: Sequence[tuple[int, int]], over: str, names: tuple[str, str]
) -> pd.DataFrame:
    """Return what the comparisons are; `names` are those along waves and along others."""
    rows = estimates.rows.iloc[[row for row, _ in pairs]].reset_index(drop=True)
    along_waves = over == estimates.provenance.wave_column
    of_changes = rows["measure"].isin(_CHANGES)
    name = names[0] if along_waves else names[1]
    rows["measure"] = np.where(of_changes, f"{names[1]}_of_changes", name)
    column = "reference" if "reference" not in rows else f"reference_{over}"
    bases = [str(estimates.rows[over].iloc[base]) for _, base in pairs]
    rows.insert(list(rows.columns).index(over) + 1, column, bases)
    return pd.DataFrame(rows)


def _in_percent(estimates: Estimates, pairs: Sequence[tuple[int, int]], over: str) -> Estimates:
    """Return differences in percent of the reference, by the delta method."""
    later, base = (np.array(part, np.int64) for part in zip(*pairs, strict=True))
    _require_above_zero(estimates, np.unique(base))
    number = np.arange(len(pairs))

    def percentages(values: Floats) -> Floats:
        return 100 * (values[later] / values[base] - 1)

    def slopes(values: Floats) -> Floats:
        matrix = np.zeros((len(pairs), len(values)))
        matrix[number, later] = 100 / values[base]
        matrix[number, base] = -100 * values[later] / values[base] ** 2
        return matrix

    rows = _rows(estimates, pairs, over, ("relative_change", "relative_difference"))
    found = estimates.delta_method(percentages, slopes, rows=rows, unit="percent")
    rules: list[IntervalRule] = ["log_ratio" if v > 0 else "t" for v in estimates.values[later]]
    return replace(found, interval_rule=tuple(rules))


def _require_above_zero(estimates: Estimates, bases: npt.NDArray[np.int64]) -> None:
    issues = [
        Issue(
            "a percentage of a number near or below 0 means nothing",
            where=f"compare: {' '.join(map(str, estimates.rows.iloc[row]))}",
            found=f"{estimates.values[row]:.4g} with standard error {estimates.std_error[row]:.2g}",
            expected="a reference of at least three times its standard error",
            remedy="compare without scale='relative', or in groups that are larger",
        )
        for row in bases
        if estimates.values[row] <= 0
        or estimates.std_error[row] > _LARGEST_RELATIVE_ERROR * estimates.values[row]
    ]
    if issues:
        raise ComparisonError(*issues)
