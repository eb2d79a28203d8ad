"""Whether the arms were already moving apart before the programme began."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue, nearest
from resilience.evaluation.few_clusters.clusters import fit_clustered
from resilience.evaluation.few_clusters.satterthwaite import ClusterTest, cr2
from resilience.evaluation.threats.arms import ARM, Arms, arms_of, with_arms
from resilience.inference.comparisons.comparison import compare
from resilience.inference.results.estimates import concat
from resilience.inference.statistics.columns import columns_of, require_design
from resilience.inference.statistics.estimation import estimate_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.estimates import Estimates

    Floats = npt.NDArray[np.float64]

__all__ = ["PreTrends", "TrendReading", "pre_trends"]

TrendReading = Literal["within_margin", "beyond_margin", "not_shown", "no_margin", "not_estimable"]
"""`not_shown`: the interval reaches over the margin, so that the data leave both open."""

_ONE_BASELINE = (
    "One wave before the programme: how the arms were moving before it cannot be known. That "
    "they would have moved alike is an assumption, not a finding."
)
_TWO = 2


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PreTrends:
    """Differences between the arms' changes before the programme.

    Attributes
    ----------
    arms : Arms
    before : tuple of str
        The waves before the programme, in their order.
    steps : tuple of tuple
        (variable, earlier wave, later wave) of each row; empty with one wave.
    by_assignment : ClusterTest
        Change of the treated minus change of the comparison, with errors by unit assigned.
    in_places : Estimates or None
        The same with design errors: how sure one is of these places.
    margin : float or None
        What counts as no difference, in the variables' unit.
    n : numpy.ndarray
        Respondents of the two waves in both arms, shape (k,).

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/kenya/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> one = rs.pre_trends(design, "cohesion", arm="site_role", cluster="site",
    ...                     before=["baseline"])
    >>> isinstance(one, rs.PreTrends), len(one.to_frame())
    (True, 0)
    >>> one
    One wave before the programme: how the arms were moving before it cannot be known. That they
    would have moved alike is an assumption, not a finding.
    """

    arms: Arms
    before: tuple[str, ...]
    steps: tuple[tuple[str, str, str], ...]
    by_assignment: ClusterTest
    in_places: Estimates | None
    margin: float | None
    n: Floats

    def reading(self, *, level: float = 0.95) -> tuple[TrendReading, ...]:
        """Say of each row whether trends were alike within the margin.

        Parameters
        ----------
        level : float
            1 - level is the error rate of each one-sided test: the interval that must lie within
            the margin covers 2 level - 1.
        """
        low, high = self.by_assignment.interval(level=2 * level - 1)
        return tuple(_read(*ends, self.margin) for ends in zip(low, high, strict=True))

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return the differences of changes as a tidy table.

        Parameters
        ----------
        level : float
            The coverage of intervals, and of the reading (see `reading`).

        Returns
        -------
        pandas.DataFrame
            `measure variable wave reference estimate std_error conf_low conf_high df n p_value
            reading std_error_in_places`, errors by unit assigned but for the last.
        """
        low, high = self.by_assignment.interval(level=level)
        places = self.in_places
        return pd.DataFrame(
            {
                "measure": "difference_of_changes",
                "variable": [step[0] for step in self.steps],
                "wave": [step[2] for step in self.steps],
                "reference": [step[1] for step in self.steps],
                "estimate": self.by_assignment.estimate,
                "std_error": self.by_assignment.std_error,
                "conf_low": low,
                "conf_high": high,
                "df": self.by_assignment.df,
                "n": self.n,
                "p_value": self.by_assignment.p_value,
                "reading": list(self.reading(level=level)),
                "std_error_in_places": np.nan if places is None else places.std_error,
            }
        )

    def _told(self) -> str:
        if len(self.before) < _TWO:
            return _ONE_BASELINE
        margin = "no margin was named" if self.margin is None else f"margin {self.margin:g}"
        return (
            f"{margin}. That no difference was found does not show that there was none; alike "
            "before does not make alike after."
        )

    def __repr__(self) -> str:
        """Return the table as it prints in a terminal, and what it can tell."""
        from resilience.inference.results.printing import as_text  # noqa: PLC0415 - on demand

        if not self.steps:
            return self._told()
        units = self.in_places.unit if self.in_places else [""] * len(self.steps)
        return f"{as_text(self.to_frame(), units)}\n{self._told()}"

    def _repr_html_(self) -> str:
        from resilience.inference.results.printing import as_html  # noqa: PLC0415 - on demand

        told = f"<p>{escape(self._told())}</p>"
        units = self.in_places.unit if self.in_places else [""] * len(self.steps)
        return (as_html(self.to_frame(), units, "") if self.steps else "") + told


def pre_trends(
    design: SurveyDesign,
    variables: str | Sequence[str],
    *,
    arm: str,
    cluster: str,
    before: Sequence[str],
    treated: object = None,
    margin: float | None = None,
) -> PreTrends:
    """Compare how the arms changed before the programme began.

    Use it before a difference in differences, which takes it that the arms would have changed
    alike. With two waves or more before the programme this can be looked at; with one it
    cannot, and the result says so. Whether a difference is small is a question of its size: name
    a margin, and read whether the interval lies within it.

    Parameters
    ----------
    design : SurveyDesign
        With waves.
    variables : str or sequence of str
        Numeric columns.
    arm, cluster : str
        A column of two values, and that of what was assigned.
    before : sequence of str
        The waves before the programme, in their order.
    treated : value, optional
        Which value of `arm` was treated; needed unless they are 0 and 1, or "comparison" and
        "programme".
    margin : float, optional
        The largest difference of changes that is as good as none, in the variables' unit.

    Returns
    -------
    PreTrends
        A row for each variable and wave after the first of `before`, each against the wave
        before it.

    Raises
    ------
    EvaluationError
        If `before` names no wave, one that does not exist, or one twice; if a place was not
        visited in all of them; for what `arm` and `cluster` hold.
    ComparisonError
        If a score is not the same score in two of the waves.

    References
    ----------
    Equivalence instead of absence of evidence: Hartman and Hidalgo (2018), American Journal of
    Political Science 62, 1000-1013.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/lebanon/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> rs.pre_trends(design, "cohesion", arm="site_role", cluster="site",
    ...               before=["baseline", "midline"], margin=3).to_frame()["wave"].tolist()
    ['midline']
    """
    require_design(design)
    waves = _require_waves(design, before)
    among = None if design.wave is None else {design.wave: list(waves)}
    arms = arms_of(design, arm, cluster=cluster, treated=treated, where=among, verb="pre_trends")
    _require_units(design, arms, waves)
    columns = columns_of(design, variables)
    pairs = list(pairwise(waves))
    steps = tuple((column.variable, *pair) for column in columns for pair in pairs)
    if not steps:
        return PreTrends(arms, waves, (), _joined([]), None, margin, np.empty(0))
    y = np.column_stack([column.y for column in columns])
    tests = [_of_step(design, arms, y, pair) for pair in pairs]
    tested = _joined([test for test, _ in tests])
    counts = np.concatenate([n for _, n in tests])
    order = [pair * len(columns) + at for at in range(len(columns)) for pair in range(len(pairs))]
    found = (tested.estimate, tested.std_error, tested.df, tested.p_value)
    return PreTrends(
        arms,
        waves,
        steps,
        ClusterTest(*(part[order] for part in found)),
        _in_places(design, arms, [column.variable for column in columns], pairs),
        margin,
        counts[order],
    )


def _of_step(
    design: SurveyDesign, arms: Arms, y: Floats, pair: tuple[str, str]
) -> tuple[ClusterTest, Floats]:
    """Return the difference of changes between two waves, and how many it rests on."""
    wave = design.frame[str(design.wave)].astype("str").to_numpy()
    rows = arms.inside & np.isin(wave, pair)
    later, treated = wave[rows] == pair[1], arms.is_treated[rows]
    answered = ~np.isnan(y[rows]) & (design.weights[rows] > 0)[:, None]
    cells = [(treated == one) & (later == other) for one, other in np.ndindex(2, 2)]
    there = np.array([answered[cell].any(axis=0) for cell in cells]).all(axis=0)
    found = np.full((4, y.shape[1]), np.nan)
    if there.any():
        x = np.column_stack([np.ones(len(later)), treated, later, treated & later])
        fit = fit_clustered(
            x,
            y[rows][:, there],
            cluster=np.unique(arms.cluster[rows], return_inverse=True)[1],
            weight=design.weights[rows],
            names=["intercept", "treated", "later", "treated x later"],
        )
        test = cr2(fit, 3)
        found[:, there] = [test.estimate, test.std_error, test.df, test.p_value]
    return ClusterTest(*found), answered.sum(axis=0).astype(np.float64)


def _joined(tests: Sequence[ClusterTest]) -> ClusterTest:
    parts = [
        np.concatenate([np.empty(0), *(getattr(test, name) for test in tests)])
        for name in ("estimate", "std_error", "df", "p_value")
    ]
    return ClusterTest(*parts)


def _in_places(
    design: SurveyDesign, arms: Arms, names: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> Estimates:
    """Return differences of changes with design errors, variables first, then waves."""
    sample = with_arms(design, arms)
    wave = str(design.wave)
    chosen = pd.Series(arms.inside, index=sample.frame.index)
    levels = estimate_mean(sample, names, by=[ARM, wave], where=chosen)
    changes = [
        compare(
            levels.select(levels.rows[wave].astype("str").isin(pair).to_numpy()),
            over=wave,
            reference=pair[0],
        )
        for pair in pairs
    ]
    gaps = [compare(change, over=ARM, reference=arms.comparison) for change in changes]
    joint = concat(gaps)
    order = [pair * len(names) + at for at in range(len(names)) for pair in range(len(pairs))]
    return joint.select(order)


def _read(low: float, high: float, margin: float | None) -> TrendReading:
    if not (np.isfinite(low) and np.isfinite(high)):
        return "not_estimable"
    if margin is None:
        return "no_margin"
    if -margin <= low and high <= margin:
        return "within_margin"
    return "beyond_margin" if low > margin or high < -margin else "not_shown"


def _require_waves(design: SurveyDesign, before: Sequence[str]) -> tuple[str, ...]:
    """Return the waves, or refuse names that are none."""
    waves = tuple(map(str, before))
    unknown = [wave for wave in waves if wave not in design.wave_names]
    if waves and not unknown and len(set(waves)) == len(waves):
        return waves
    raise EvaluationError(
        Issue(
            "the waves before the programme are not told",
            where="pre_trends(before=)",
            found=", ".join(waves) or "nothing",
            expected="some of " + (", ".join(filter(None, design.wave_names)) or "several waves"),
            remedy=nearest(unknown[0], design.wave_names, "name waves of the design")
            if unknown
            else "name each wave before the programme once; without one there is no baseline",
        )
    )


def _require_units(design: SurveyDesign, arms: Arms, waves: Sequence[str]) -> None:
    """Refuse places that were not visited in each wave; persons come and go."""
    if len(waves) < _TWO or arms.cluster_column == design.respondent_id:
        return
    wave = design.frame[str(design.wave)].astype("str").to_numpy()
    visited = [set(arms.cluster[arms.inside & (wave == name)].tolist()) for name in waves]
    missing = sorted(set.union(*visited) - set.intersection(*visited))
    if not missing:
        return
    raise EvaluationError(
        Issue(
            f"units of '{arms.cluster_column}' were not visited in each wave",
            where="pre_trends(before=)",
            found=", ".join(arms.clusters[unit] for unit in missing[:5])
            + (f" and {len(missing) - 5} more" if len(missing) > 5 else ""),  # noqa: PLR2004
            expected="the same places in all waves: else a change of places passes for one in them",
            remedy="name the waves in which all were visited, or leave these places out of the "
            "design; their levels can be reported",
        )
    )
