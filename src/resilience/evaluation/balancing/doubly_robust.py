"""The effect on the treated by difference in differences, robust to one wrong model of two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue, nearest
from resilience.evaluation.balancing.differences import difference_in_differences
from resilience.evaluation.balancing.groups import covariates_of, require_columns_apart
from resilience.inference.designs.relations import relations_of
from resilience.inference.results.estimates import concat
from resilience.inference.results.signatures import require_one_score
from resilience.inference.statistics.assembling import Kind
from resilience.inference.statistics.columns import Column, columns_of
from resilience.inference.statistics.domains import (
    domain_in_words,
    domains_of,
    where_in_words,
    where_mask,
)
from resilience.inference.statistics.influence import weighing
from resilience.inference.statistics.linking import linked_persons
from resilience.inference.statistics.row_statistics import RowStatistics, estimated_from_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.evaluation.balancing.differences import DifferenceMethod
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_matrix import Term
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Domains, Where
    from resilience.inference.statistics.linking import WeightsOf

    Floats = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

__all__ = ["estimate_doubly_robust_did"]

_VERB = "estimate_doubly_robust_did"
_METHODS = ("improved", "traditional", "regression", "ipw")
_FEWEST = 2


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """What a difference is made of, for all rows: persons' changes, or answers of two waves."""

    y: Floats
    x: Floats
    treated: Mask
    later: Mask | None
    names: tuple[str, ...]
    method: DifferenceMethod


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Rows that carry a comparison and, of a panel, where each person's rows are."""

    used: Mask
    earlier: Rows | None
    later: Rows | None
    linked: Mask
    excluded: dict[str, int]
    respondents: dict[str, int]


def estimate_doubly_robust_did(  # noqa: PLR0913 - what is compared with what
    design: SurveyDesign,
    outcomes: str | Sequence[str],
    covariates: str | Sequence[str | Term] = (),
    *,
    arm: str,
    between: tuple[str, str],
    treated: Any = 1,
    method: DifferenceMethod = "improved",
    people: Literal["same", "all"] | None = None,
    weights: WeightsOf = "later",
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate the effect on the treated by a doubly robust difference in differences.

    Use it where treated and comparison people differ in what moves outcomes over time: trends
    need be parallel only among people with the same covariates. It is right if either the
    regression of the outcome or the odds of being treated is. Standard errors are the design's:
    where whole cities were treated, make cities the PSUs, or add up the influence by city and
    test at the level of assignment, for it is cities that differ.

    Parameters
    ----------
    design : SurveyDesign
        With two or more waves.
    outcomes : str or sequence of str
        Numeric columns.
    covariates : str or sequence
        Known before the programme, as for `fit_regression`; none gives the plain difference in
        differences. In a panel the earlier wave's; else of each row, and distributed alike in
        both waves within the arms.
    arm : str
        The column that tells who was, or would be, treated, in both waves.
    between : tuple of two str
        The earlier and the later wave.
    treated : value or sequence of values
        Of the arm; all other values are the comparison group.
    method : {'improved', 'traditional', 'regression', 'ipw'}
        'improved' takes odds that balance the covariates exactly, and regressions weighted by
        them: with a panel its standard error is right even if one of the models is wrong.
        'traditional' takes a logistic regression and unweighted regressions; 'regression' and
        'ipw' rest on one model only.
    people : {'same', 'all'}, optional
        Changes of those asked in both waves; or both waves as cross-sections. By default
        'same' where the waves are a panel with ids.
    weights, by, where
        As for `estimate_panel_change`; `weights` for the same people only.

    Returns
    -------
    Estimates
        `measure` "difference_in_differences", with the waves in the wave column and
        `reference`, and the `method`. `provenance.n_excluded` tells who is left out.

    Raises
    ------
    EvaluationError
        If an arm is empty in a wave, persons change arms, covariates are combinations of each
        other, the odds do not exist, or an outcome is the same for all; all domains at once.
    EstimationError, ComparisonError
        As for `estimate_panel_change`.

    References
    ----------
    Sant'Anna and Zhao (2020), Journal of Econometrics 219: 101-122. Oracle: their formulas in R.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"id": [1, 2, 3, 4] * 2, "t": [1] * 4 + [2] * 4,
    ...                       "helped": [1, 1, 0, 0] * 2,
    ...                       "trust": [4.0, 5, 4, 6, 7, 9, 5, 8]})
    >>> design = rs.SurveyDesign(frame, wave="t", waves="panel", respondent_id="id")
    >>> rs.estimate_doubly_robust_did(design, "trust", arm="helped", between=("1", "2")).values
    array([2.])
    """
    if method not in _METHODS:
        message = f"'method' must be one of {', '.join(_METHODS)} (got {method!r})"
        raise ValueError(message)
    columns = columns_of(design, outcomes)
    pair = _waves(design, between)
    sample = _sample(design, pair, people, weights)
    groups = covariates_of(
        design,
        covariates,
        arm=arm,
        treated=treated,
        used=_lying_in(design, pair) & where_mask(design, where),
        verb=_VERB,
    )
    earlier = sample.earlier
    known = {
        name: part if earlier is None else part[np.maximum(earlier, 0)]
        for name, part in groups.known.items()
    }
    _require_one_arm(sample, groups.treated, known[arm], arm)
    asked = _Compared(
        np.empty(0),
        groups.x if earlier is None else groups.x[np.maximum(earlier, 0)],
        groups.treated,
        None if earlier is not None else _lying_in(design, pair[1:]),
        groups.names,
        method,
    )
    made = []
    for column in columns:
        if column.variable in design.measures:
            require_one_score(design.measures[column.variable], pair, _VERB)
        y = _outcome(column.y, sample)
        compared = replace(asked, y=np.nan_to_num(y))
        domains = _domains(design, sample, {column.variable: ~np.isnan(y), **known}, by, where)
        _require_estimable(design, compared, domains, column.variable)
        made.append(
            _estimated(design, Column(column.variable, y, {"method": method}), compared, domains)
        )
    return _told(design, concat(made) if len(made) > 1 else made[0], pair, sample, where)


def _outcome(y: Floats, sample: _Sample) -> Floats:
    """Return each person's change, or each row's answer."""
    if sample.earlier is None or sample.later is None:
        return y
    change = y[np.maximum(sample.later, 0)] - y[np.maximum(sample.earlier, 0)]
    return np.where(sample.linked, change, np.nan)


def _waves(design: SurveyDesign, between: tuple[str, str]) -> tuple[str, str]:
    pair = tuple(map(str, between))
    unknown = [name for name in pair if name not in design.wave_names]
    if len(pair) == _FEWEST and not unknown and pair[0] != pair[1] and design.wave:
        return pair[0], pair[1]
    raise EvaluationError(
        Issue(
            "differences lie between two different waves of the design",
            where=f"{_VERB}: between",
            found=", ".join(pair),
            expected="two of " + (", ".join(filter(None, design.wave_names)) or "several waves"),
            remedy=nearest(unknown[0], design.wave_names, "correct 'between'")
            if unknown
            else "name the earlier, then the later wave",
        )
    )


def _lying_in(design: SurveyDesign, waves: Sequence[str]) -> Mask:
    return np.asarray(design.frame[design.wave].astype("str").isin(waves).to_numpy())


def _sample(
    design: SurveyDesign,
    pair: tuple[str, str],
    people: Literal["same", "all"] | None,
    weights: WeightsOf,
) -> _Sample:
    """Return which rows carry the comparison."""
    if people not in (None, "same", "all"):
        message = f"'people' must be 'same' or 'all' (got {people!r})"
        raise ValueError(message)
    panel = relations_of(design.wave_names, design.waves)[frozenset(pair)] == "panel"
    if people == "all" or (people is None and not (panel and design.respondent_id)):
        inside = _lying_in(design, pair)
        lost = {"in another wave": int((~inside).sum())}
        return _Sample(inside, None, None, inside, lost, {})
    link = linked_persons(design, pair, weights)
    linked = link.of_earlier >= 0
    lost = {
        "in another wave": int((~link.carrying).sum()),
        f"in {link.own} only": int((link.carrying & ~linked).sum()),
    }
    carrying = link.carrying & linked
    return _Sample(carrying, link.of_earlier, link.of_later, linked, lost, link.respondents)


def _domains(
    design: SurveyDesign, sample: _Sample, known: dict[str, Mask], by: By, where: Where
) -> Domains:
    """Return domains of rows that carry the comparison and lack nothing."""
    chosen = where_mask(design, where) & sample.used
    domains = domains_of(design, by, pd.Series(chosen, index=design.frame.index))
    complete = np.logical_and.reduce([*known.values(), weighing(design)])
    lacking = {
        f"{name} missing": int((chosen & ~there).sum())
        for name, there in known.items()
        if (chosen & ~there).any()
    }
    lost = {name: n for name, n in domains.excluded.items() if name.endswith(" missing")}
    outside = {"outside the restriction": int((sample.used & ~chosen).sum())}
    told = {name: n for name, n in {**sample.excluded, **outside, **lost, **lacking}.items() if n}
    return replace(domains, of_row=np.where(complete, domains.of_row, -1), excluded=told)


def _estimated(
    design: SurveyDesign, column: Column, compared: _Compared, domains: Domains
) -> Estimates:
    """Return one outcome's differences in all domains."""

    def difference(rows: Rows, own: Floats) -> Any:
        return difference_in_differences(
            compared.y[rows],
            compared.x[rows],
            compared.treated[rows],
            own,
            later=None if compared.later is None else compared.later[rows],
            method=compared.method,
            names=compared.names,
        )

    how = RowStatistics(
        Kind("difference_in_differences", "t"),
        partial(_fitted, difference),
        lambda _rows, _own, value: value,
        lambda rows, own, _value: difference(rows, own).influence[:, None],
    )
    return estimated_from_rows(design, [column], domains, how)


def _fitted(difference: Any, rows: Rows, own: Floats) -> Floats:
    return np.array([difference(rows, own).estimate])


def _told(
    design: SurveyDesign, made: Estimates, pair: tuple[str, str], sample: _Sample, where: Where
) -> Estimates:
    """Return estimates with the waves they lie between."""
    rows = made.rows.assign(**{str(design.wave): pair[1], "reference": pair[0]})
    provenance = replace(
        made.provenance, where=where_in_words(where), respondents=sample.respondents
    )
    return replace(made, rows=rows, provenance=provenance)


def _require_one_arm(sample: _Sample, treated: Mask, known: Mask, arm: str) -> None:
    """Refuse persons who are treated in one wave and compared in the other."""
    if sample.earlier is None or sample.later is None:
        return
    before, after = treated[np.maximum(sample.earlier, 0)], treated[np.maximum(sample.later, 0)]
    moved = int((sample.used & known & (before != after)).sum())
    if moved:
        raise EvaluationError(
            Issue(
                f"persons change their '{arm}'",
                where=f"{_VERB}: arm",
                found=f"{moved:,} of {int(sample.used.sum()):,} persons in both waves",
                expected="one arm a person, the same before and after",
                remedy="make a column of the arm as assigned; who crossed over is contamination",
            )
        )


def _require_estimable(
    design: SurveyDesign, compared: _Compared, domains: Domains, outcome: str
) -> None:
    """Refuse domains in which a group is empty, or an arm does not vary; all at once."""
    issues = []
    for domain in range(domains.size):
        part = domains.of_row == domain
        place = domain_in_words(domains, domain)
        arms = {"treated": part & compared.treated, "comparison": part & ~compared.treated}
        cells = _cells(compared, arms)
        empty = any(rows.sum() < _FEWEST for rows in cells.values())
        same = [] if empty else [n for n, r in arms.items() if np.ptp(compared.y[r]) == 0]
        if empty or same:
            issues.append(_inestimable(outcome, place, same, cells))
            continue
        both = compared.later is not None and compared.method in ("improved", "traditional")
        for name, rows in cells.items():
            if both or name.startswith("comparison"):
                where = f"{_VERB}: {place or 'all'}, {name}"
                require_columns_apart(compared.x, compared.names, rows, design.weights, where)
    if issues:
        raise EvaluationError(*issues)


def _cells(compared: _Compared, arms: dict[str, Mask]) -> dict[str, Mask]:
    """Return the rows of each arm; of cross-sections before and after."""
    if compared.later is None:
        return arms
    return {
        f"{name}, {period}": rows & (compared.later == later)
        for name, rows in arms.items()
        for period, later in (("earlier wave", False), ("later wave", True))
    }


def _inestimable(outcome: str, place: str, same: Sequence[str], cells: dict[str, Mask]) -> Issue:
    what = (
        f"'{outcome}', or its change, is the same for all of the {' and the '.join(same)} group"
        if same
        else f"too few respondents answered '{outcome}'"
    )
    return Issue(
        what + (f" in {place}" if place else ""),
        where=_VERB,
        found=", ".join(f"{name}: {int(rows.sum()):,}" for name, rows in cells.items()),
        expected="two respondents or more of each arm, before and after, who differ",
        remedy="restrict to places and waves with both arms; the change in one arm alone is what "
        "rs.compare tells",
    )
