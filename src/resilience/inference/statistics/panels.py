"""Change within persons who were asked twice: its mean, and who moved where."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.errors import EstimationError
from resilience.inference.results.signatures import require_one_score
from resilience.inference.statistics.assembling import Kind, Statistic, assembled
from resilience.inference.statistics.columns import Column, columns_of
from resilience.inference.statistics.domains import domains_of, where_in_words, where_mask
from resilience.inference.statistics.influence import statistic_part, weighing
from resilience.inference.statistics.linking import WeightsOf, linked_persons, panel_issue

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Domains, Where
    from resilience.inference.statistics.linking import PersonLink

    Floats = npt.NDArray[np.float64]

__all__ = ["estimate_panel_change", "estimate_turnover"]

_MOST_ANSWERS = 12  # more make a table of moves that nobody can read


def estimate_panel_change(
    design: SurveyDesign,
    variables: str | Sequence[str],
    *,
    between: tuple[str, str],
    by: By = None,
    where: Where = None,
    weights: WeightsOf = "later",
) -> Estimates:
    """Estimate the mean change of persons who were asked in both waves.

    Use it for a panel. It tells how the same people changed, where `compare` tells how the
    population did; the two differ by who dropped out and who came in. Persons without an answer
    in either wave are left out of a row, and its `n` counts those with both.

    Parameters
    ----------
    design : SurveyDesign
        With the waves declared a 'panel' and a `respondent_id`.
    variables : str or sequence of str
        Numeric columns.
    between : tuple of two str
        The earlier and the later wave.
    by, where : optional
        As for `estimate_mean`; persons belong where the wave whose weights are used puts them.
    weights : {'later', 'earlier'}
        Whose weights, strata and PSUs are used. The later wave's stand for the population now
        and are those that a producer adjusts for persons who dropped out.

    Returns
    -------
    Estimates
        `measure` "panel_change", with the two waves in the wave column and `reference`; later
        minus earlier. NaN where nobody has both answers; the standard error is not known where
        they come from one PSU. `provenance.respondents` tells how many are in each wave and
        in both, `provenance.n_excluded` who is left out.

    Raises
    ------
    EstimationError
        If a wave or column does not exist, the waves are no panel, ids are not declared or occur
        twice in a wave, or nobody is in both.
    ComparisonError
        If a score is not the same score in both waves.

    References
    ----------
    Kish (1965), Survey Sampling, section 12.4. Oracle: R survey's `svymean` of the differences
    on the later wave's design, persons in both waves as a domain.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"id": [1, 2, 3, 1, 2, 4], "t": [1, 1, 1, 2, 2, 2],
    ...                       "y": [5.0, 2, 4, 7, 5, 9]})
    >>> design = rs.SurveyDesign(frame, wave="t", waves="panel", respondent_id="id")
    >>> change = rs.estimate_panel_change(design, "y", between=("1", "2"))
    >>> change.values, dict(change.provenance.respondents)
    (array([2.5]), {'1': 3, '2': 3, 'both': 2})
    """
    columns = columns_of(design, variables)
    link = linked_persons(design, between, weights)
    changes = [Column(part.variable, link.later(part.y) - link.earlier(part.y)) for part in columns]
    return _estimated(design, changes, link, by, where, Kind("panel_change", "t"))


def estimate_turnover(
    design: SurveyDesign,
    variable: str,
    *,
    between: tuple[str, str],
    by: By = None,
    where: Where = None,
    weights: WeightsOf = "later",
    moves: Literal["direction", "table"] = "direction",
) -> Estimates:
    """Estimate which shares of persons moved, and where: gross change.

    Use it for a panel: a mean that stays may hide that as many rose as fell. The denominator is
    persons with an answer in both waves.

    Parameters
    ----------
    design, between, by, where, weights
        As for `estimate_panel_change`.
    variable : str
        A numeric or categorical column.
    moves : {'direction', 'table'}
        Shares that went up, down or stayed the same (of categories without order: moved or the
        same); or a row for each pair of answers, in columns `from` and `to`.

    Returns
    -------
    Estimates
        Shares from 0 to 1 that add up to 1 in each group, with intervals on the log-odds.

    Raises
    ------
    EstimationError, ComparisonError
        As for `estimate_panel_change`; or if a table is asked of a variable of more than 12
        answers, or of one that nobody answered in both waves.

    References
    ----------
    Kish (1965), section 12.4; gross and net change: Lynn (2009), Methodology of Longitudinal
    Surveys, chapter 1. Oracle: R survey's `svymean` of the cells and `svyciprop`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"id": [1, 2, 3, 1, 2, 3], "t": [1, 1, 1, 2, 2, 2],
    ...                       "y": [5, 2, 4, 7, 2, 3]})
    >>> design = rs.SurveyDesign(frame, wave="t", waves="panel", respondent_id="id")
    >>> moved = rs.estimate_turnover(design, "y", between=("1", "2"))
    >>> dict(zip(moved.rows["move"], moved.values.round(2).tolist()))
    {'down': 0.33, 'same': 0.33, 'up': 0.33}
    """
    if moves not in ("direction", "table"):
        message = f"'moves' must be 'direction' or 'table' (got {moves!r})"
        raise ValueError(message)
    (column,) = columns_of(design, [variable], categories=True)
    link = linked_persons(design, between, weights)
    earlier, later = link.earlier(column.y), link.later(column.y)
    if moves == "table":
        shares = _table(column, earlier, later)
    else:
        shares = _directions(column, earlier, later, ordered=_has_order(design, variable))
    return _estimated(design, shares, link, by, where, Kind("turnover", "logit", "share"))


def _estimated(
    design: SurveyDesign,
    columns: Sequence[Column],
    link: PersonLink,
    by: By,
    where: Where,
    kind: Kind,
) -> Estimates:
    """Return the means of columns that hold numbers for persons in both waves."""
    for name in dict.fromkeys(column.variable for column in columns):
        if name in design.measures:
            require_one_score(design.measures[name], link.between, "change within persons")
    chosen = where_mask(design, where) & link.carrying
    domains = domains_of(design, by, pd.Series(chosen, index=design.frame.index))
    linked = link.of_earlier >= 0
    if not (linked & chosen).any():
        raise EstimationError(
            panel_issue(
                "nobody is in both waves",
                f"{link.respondents['both']} respondents in both, none of them chosen",
                "respondents with the same id in both",
                "widen the restriction, or look at the ids",
            )
        )
    statistics = [_mean(design, column, domains) for column in columns]
    excluded = {
        "in the other wave or outside the restriction": int((~chosen).sum()),
        f"in {link.own} only": int((chosen & ~linked).sum()),
    }
    found = assembled(design, columns, domains, statistics, kind)
    waves = {str(design.wave): link.between[1], "reference": link.between[0]}
    return replace(
        found,
        rows=found.rows.assign(**waves),
        provenance=replace(
            found.provenance,
            where=where_in_words(where),
            n_excluded={**excluded, **_missing(domains)},
            respondents=link.respondents,
        ),
    )


def _missing(domains: Domains) -> dict[str, int]:
    return {reason: n for reason, n in domains.excluded.items() if reason.endswith(" missing")}


def _mean(design: SurveyDesign, column: Column, domains: Domains) -> Statistic:
    """Return the mean of a column in each domain, as a statistic of rows."""
    used = (domains.of_row >= 0) & ~np.isnan(column.y) & weighing(design)
    y = np.where(used, column.y, 0.0)
    member = (domains.of_row[:, None] == np.arange(domains.size)) & used[:, None]

    def point(weights: Floats) -> Floats:
        people = weights @ member
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights * y) @ member / people)

    def influence(weights: Floats) -> Floats:
        people = weights @ member
        means = np.where(people > 0, point(weights), 0.0)
        deviations = weights[:, None] * member * (y[:, None] - means)
        return np.asarray(deviations / np.where(people > 0, people, 1.0))

    values = point(design.weights)
    n = member.sum(axis=0).astype(np.float64)
    part, reached = statistic_part(design, point=point, influence=influence, counted=member)
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = (design.weights * y**2) @ member / (design.weights @ member)
        simple = np.where(n > 1, np.maximum(squares - values**2, 0.0) / (n - 1), np.nan)
    return Statistic(values, n, simple, part, reached)


def _has_order(design: SurveyDesign, variable: str) -> bool:
    kind = design.frame[variable].dtype
    return not isinstance(kind, pd.CategoricalDtype) or bool(kind.ordered)


def _directions(column: Column, earlier: Floats, later: Floats, *, ordered: bool) -> list[Column]:
    change = np.sign(later - earlier)
    named = {"down": -1.0, "same": 0.0, "up": 1.0}
    if not ordered:
        change, named = np.abs(change), {"same": 0.0, "moved": 1.0}
    return [
        Column(column.variable, _indicator(change == code, change), {"move": name})
        for name, code in named.items()
    ]


def _table(column: Column, earlier: Floats, later: Floats) -> list[Column]:
    known = ~np.isnan(earlier) & ~np.isnan(later)
    answers = np.unique(np.concatenate([earlier[known], later[known]]))
    if not len(answers):
        raise EstimationError(
            panel_issue(
                f"nobody answered '{column.variable}' in both waves",
                "0 respondents with both answers",
                "respondents who answered twice",
                "look at whether both waves asked it",
            )
        )
    if len(answers) > _MOST_ANSWERS:
        raise EstimationError(
            panel_issue(
                f"'{column.variable}' has too many answers for a table of moves",
                f"{len(answers)} answers",
                f"at most {_MOST_ANSWERS}",
                "moves='direction', or group the answers first",
            )
        )
    sums = earlier + later
    return [
        Column(
            column.variable,
            _indicator((earlier == before) & (later == after), sums),
            {"from": _answer(column, before), "to": _answer(column, after)},
        )
        for before in answers.tolist()
        for after in answers.tolist()
    ]


def _answer(column: Column, code: float) -> object:
    if column.categories:
        return column.categories[int(code)]
    return int(code) if code.is_integer() else code


def _indicator(chosen: npt.NDArray[np.bool_], known: Floats) -> Floats:
    """Return 1 and 0, NaN where an answer is missing in either wave."""
    return np.where(np.isnan(known), np.nan, chosen.astype(np.float64))
