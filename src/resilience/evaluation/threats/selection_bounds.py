"""Between which bounds the effect lies when some were not found again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from resilience.evaluation.threats.bound_parts import Monotone, cells_of, lee_of, manski_of
from resilience.evaluation.threats.follow_up import require_people
from resilience.evaluation.threats.regions import imbens_manski
from resilience.evaluation.threats.row_errors import design_for
from resilience.inference.results.printing import PrintedTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from resilience.evaluation.threats.bound_parts import OutcomeBounds
    from resilience.evaluation.threats.follow_up import FollowUp
    from resilience.evaluation.threats.row_errors import ErrorLevel

    Floats = npt.NDArray[np.float64]

__all__ = ["EffectBounds", "Monotone", "lee_bounds", "manski_bounds"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EffectBounds(PrintedTable):
    """Bounds of effects on several outcomes, each array of shape (k,).

    Attributes
    ----------
    method : {'lee', 'manski'}
    outcomes, unit : tuple of str
    lower, upper : numpy.ndarray
        Estimates of the bounds.
    se_lower, se_upper, df : numpy.ndarray
    difference : numpy.ndarray
        Between those observed, as if nobody had been lost.
    n, n_observed : numpy.ndarray
        People in the two arms, and those of them with the outcome.
    observed_treated, observed_comparison : numpy.ndarray
        Weighted shares with the outcome.
    trimmed : numpy.ndarray
        The share cut off the arm observed more often, over its cells.
    trimmed_arm : tuple of str
        Which arm that is.
    errors : str
        What the standard errors are, in words.
    assumption : str
        What must be so for the bounds to hold, in words.
    whom : str
        Whom the effect is about, in words.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"town": list("aabbccdd"), "arm": [1, 1, 1, 1, 0, 0, 0, 0],
    ...                       "here": [1] * 7 + [0], "y": [1.0, 2, 3, 4, 1, 2, 3, None]})
    >>> people = rs.follow_up(rs.SurveyDesign(frame, psu="town"), arm="arm", cluster="town",
    ...                       responded="here")
    >>> bounds = rs.lee_bounds(people, "y")
    >>> isinstance(bounds, rs.EffectBounds), bounds.lower, bounds.upper
    (True, array([0.]), array([1.]))
    """

    method: Literal["lee", "manski"]
    outcomes: tuple[str, ...]
    unit: tuple[str, ...]
    lower: Floats
    upper: Floats
    se_lower: Floats
    se_upper: Floats
    df: Floats
    difference: Floats
    n: Floats
    n_observed: Floats
    observed_treated: Floats
    observed_comparison: Floats
    trimmed: Floats
    trimmed_arm: tuple[str, ...]
    errors: str
    assumption: str
    whom: str

    def region(self, *, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return the Imbens-Manski region, which holds the effect with this coverage."""
        return imbens_manski(
            self.lower, self.upper, self.se_lower, self.se_upper, level=level, df=self.df
        )

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return the bounds as a tidy table.

        Parameters
        ----------
        level : float
            The coverage of the region `conf_low` to `conf_high`.

        Returns
        -------
        pandas.DataFrame
            `measure variable difference lower upper std_error_lower std_error_upper conf_low
            conf_high df n n_observed observed_treated observed_comparison trimmed trimmed_arm`.
        """
        low, high = self.region(level=level)
        return pd.DataFrame(
            {
                "measure": f"{self.method}_bounds",
                "variable": list(self.outcomes),
                "difference": self.difference,
                "lower": self.lower,
                "upper": self.upper,
                "std_error_lower": self.se_lower,
                "std_error_upper": self.se_upper,
                "conf_low": low,
                "conf_high": high,
                "df": self.df,
                "n": self.n,
                "n_observed": self.n_observed,
                "observed_treated": self.observed_treated,
                "observed_comparison": self.observed_comparison,
                "trimmed": self.trimmed,
                "trimmed_arm": list(self.trimmed_arm),
            }
        )

    def _units(self) -> Sequence[str]:
        return self.unit

    def _told(self) -> str:
        return "\n".join([self.whom, self.assumption, self.errors])


def lee_bounds(
    people: FollowUp,
    outcomes: str | Sequence[str],
    *,
    tighten: str | Sequence[str] = (),
    monotone: Monotone = "estimated",
    since_start: bool = False,
    errors: ErrorLevel = "assignment",
    bootstrap: int | None = None,
    seed: int = 1,
) -> EffectBounds:
    """Bound the effect on those who would be found again in either arm.

    Use it where the arms lost unequal shares: the difference between those found compares
    unlike people. The arm that kept more is trimmed, from above and from below, to the share
    that the other kept. Where both kept the same the bounds are one number. Weights count in
    the shares and in the cuts; people tied at the cut (most are, on a Likert scale) each count
    by the same part, so that no order of rows matters.

    Parameters
    ----------
    people : FollowUp
        From `follow_up`.
    outcomes : str or sequence of str
        Numeric columns at the end. Not answering counts as not found.
    tighten : str or sequence of str
        Columns at the start with few values: trimming goes on within their combinations, and
        bounds are never wider in expectation. Who has no value of them is an error.
    monotone : {'estimated', 'treated_keep', 'comparison_keep'}
        Which arm nobody leaves for being in it.
    since_start : bool
        Bound the effect on each person's change since the start, a difference in differences;
        who has no value at the start counts as not found.
    errors : {'assignment', 'design'}
        Whether bounds vary with the units assigned, within arms, or with the PSUs drawn.
    bootstrap : int, optional
        How many replicates of whole units (of PSUs, with errors='design') give the standard
        errors; without, Lee's analytic ones, linearised.
    seed : int
        Of the replicates.

    Returns
    -------
    EffectBounds
        For those who would be found in either arm, who are not everybody.

    Raises
    ------
    EvaluationError
        If an arm has one unit (errors='assignment'), nobody of an arm or of a cell has the
        outcome, a value of `tighten` is missing, or the rates observed contradict monotonicity
        in a cell beyond chance (at 1 %, over all cells).

    Warns
    -----
    ResilienceWarning
        If some replicates have no value.

    Notes
    -----
    The cut's own uncertainty is in the errors. Where a share kept falls exactly on a step of
    the distribution, the bound has a kink and errors are approximate. A cell in which rates go
    against the direction within chance is not trimmed.

    References
    ----------
    Lee (2009), Review of Economic Studies 76, 1071-1102: bounds and, unweighted and without
    clusters, proposition 3 for their variance; the region is Imbens and Manski's (2004).
    Oracle: Lee's closed form; a brute-force trim of replicated rows in R; simulation.

    Examples
    --------
    >>> import resilience as rs
    >>> study = rs.load_study("surveys/kenya/study.yaml")
    >>> design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    >>> people = rs.follow_up(design, arm="site_role", cluster="site",
    ...                       between=("baseline", "endline"))
    >>> rs.lee_bounds(people, "cohesion", tighten="age_group").trimmed_arm
    ('programme',)
    """
    if monotone not in get_args(Monotone):
        message = f"'monotone' must be one of {get_args(Monotone)} (got {monotone!r})"
        raise ValueError(message)
    require_people(people, "lee_bounds")
    names = [outcomes] if isinstance(outcomes, str) else list(outcomes)
    within = [tighten] if isinstance(tighten, str) else list(tighten)
    sample = design_for(
        people.design, people.arms, errors, "lee_bounds", bootstrap=bootstrap, seed=seed
    )
    cells = cells_of(people, within)
    made = [
        lee_of(people, sample, name, cells, monotone, since_start=since_start) for name in names
    ]
    direction = "as the rates observed have it" if monotone == "estimated" else "as declared"
    return _bounds(
        people,
        "lee",
        names,
        made,
        errors=_errors_in_words(errors, people, bootstrap),
        assumption="Assumed: being in the arm that kept more made nobody leave "
        f"({direction}), the arms differ in nothing else that matters"
        + (f", and both hold within {' × '.join(within)}." if within else "."),
        whom="The effect on those who would be found in either arm.",
    )


def manski_bounds(
    people: FollowUp,
    outcomes: str | Sequence[str],
    *,
    low: float,
    high: float,
    since_start: bool = False,
    errors: ErrorLevel = "assignment",
) -> EffectBounds:
    """Bound the effect on everybody, whatever those who were lost would have said.

    Use it as the extreme: it assumes nothing about who was lost, and needs a scale whose ends
    are known. The lower bound gives the lost of the treated arm the lowest and those of the
    other the highest answer there is.

    Parameters
    ----------
    people, outcomes, since_start, errors
        As for `lee_bounds`.
    low, high : float
        The ends of the outcomes' scale.

    Returns
    -------
    EffectBounds
        Its width is the sum of the two shares lost times the scale's width.

    Raises
    ------
    EvaluationError
        If an arm has one unit (errors='assignment'), or an outcome lies beyond the ends.

    References
    ----------
    Manski (1990), American Economic Review 80, 319-323; Horowitz and Manski (2000), JASA 95,
    77-84.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"town": list("aabbccdd"), "arm": [1, 1, 1, 1, 0, 0, 0, 0],
    ...                       "here": [1] * 7 + [0], "y": [1.0, 2, 3, 4, 1, 2, 3, None]})
    >>> people = rs.follow_up(rs.SurveyDesign(frame, psu="town"), arm="arm", cluster="town",
    ...                       responded="here")
    >>> bounds = rs.manski_bounds(people, "y", low=1, high=5)
    >>> bounds.lower, bounds.upper
    (array([-0.25]), array([0.75]))
    """
    require_people(people, "manski_bounds")
    names = [outcomes] if isinstance(outcomes, str) else list(outcomes)
    if not low < high:
        message = f"'low' must lie below 'high' (got {low:g} and {high:g})"
        raise ValueError(message)
    sample = design_for(people.design, people.arms, errors, "manski_bounds", bootstrap=None, seed=1)
    made = [manski_of(people, sample, name, (low, high), since_start=since_start) for name in names]
    return _bounds(
        people,
        "manski",
        names,
        made,
        errors=_errors_in_words(errors, people, None),
        assumption=f"Nothing is assumed of who was lost, but that answers lie from {low:g} to "
        f"{high:g}.",
        whom="The effect on everybody who was to be found.",
    )


def _bounds(
    people: FollowUp,
    method: Literal["lee", "manski"],
    names: Sequence[str],
    made: Sequence[OutcomeBounds],
    **words: str,
) -> EffectBounds:
    """Return the bounds of several outcomes as one record."""
    measures = people.design.measures
    inside = people.arms.inside

    def column(of: Callable[[OutcomeBounds], float]) -> Floats:
        return np.array([of(part) for part in made], np.float64)

    return EffectBounds(
        method,
        tuple(names),
        tuple(measures[name].unit if name in measures else "" for name in names),
        lower=column(lambda part: part.bounds.values[0]),
        upper=column(lambda part: part.bounds.values[1]),
        se_lower=column(lambda part: part.bounds.std_error[0]),
        se_upper=column(lambda part: part.bounds.std_error[1]),
        df=column(lambda part: part.bounds.df.min()),
        difference=column(lambda part: part.difference),
        n=np.full(len(made), float(inside.sum())),
        n_observed=column(lambda part: part.n_observed),
        observed_treated=column(lambda part: part.observed[1]),
        observed_comparison=column(lambda part: part.observed[0]),
        trimmed=column(lambda part: part.trimmed),
        trimmed_arm=tuple(part.trimmed_arm for part in made),
        **words,
    )


def _errors_in_words(errors: ErrorLevel, people: FollowUp, bootstrap: int | None) -> str:
    treated, others = people.arms.per_arm
    units = (
        f"{treated + others} units of {people.arms.cluster_column}, within arms"
        if errors == "assignment"
        else "the PSUs of the sample, for these places"
    )
    how = "linearised" if bootstrap is None else f"bootstrap of {bootstrap:,} replicates"
    return f"Standard errors: {how}, over {units}."
