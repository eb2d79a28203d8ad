"""Estimate impact: from a design and an assignment to an estimate and all that may be said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue, nearest
from resilience.evaluation.few_clusters.recommending import recommend_inference
from resilience.evaluation.impact.arms import NEVER
from resilience.evaluation.impact.balanced import BALANCED
from resilience.evaluation.impact.estimators import ESTIMATORS, Times
from resilience.evaluation.impact.evidence import evidence_of
from resilience.evaluation.impact.ordering import require_order
from resilience.evaluation.impact.remarking import notes_of_method, notes_on, small_errors
from resilience.evaluation.impact.results import Impact
from resilience.evaluation.impact.sampling import larger_error, sampling_errors
from resilience.evaluation.impact.stacking import stack_sample
from resilience.evaluation.impact.tables import baseline_spread, did_table
from resilience.inference.statistics.columns import require_design

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.definitions.analysis import Headline
    from resilience.definitions.assignment import Assignment
    from resilience.evaluation.few_clusters.recommending import Recommendation
    from resilience.evaluation.impact.evidence import ClusterEvidence
    from resilience.evaluation.impact.models import Model
    from resilience.evaluation.impact.stacking import StackedSample
    from resilience.evaluation.impact.tables import DidTable
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]

__all__ = ["estimate_impact"]

_ALL_WAVES = ("event_study", "dose_response")
_WITHOUT_BASELINE = ("association", "ancova", "lin")
_BY_MEANS = ("ancova", "lin")  # whose baseline is a sample's mean, unless persons recur
Waves = str | tuple[str, ...] | None


def estimate_impact(  # noqa: PLR0913 - all that an evaluator decides
    design: SurveyDesign,
    measures: str | Sequence[str],
    *,
    method: str = "did",
    assignment: Assignment | None = None,
    baseline: Waves = None,
    endline: Waves = None,
    covariates: Sequence[str] = (),
    where: Where = None,
    dose: Mapping[str, Mapping[str, float]] | None = None,
    headline: Headline | None = None,
    level: float = 0.95,
    seed: int = 1,
) -> Impact:
    """Estimate what a programme did, with inference at the level at which it was assigned.

    Respondents are not what was assigned: with eight cities there are eight, however many were
    asked. One treated and one comparison place are refused: report their changes instead.
    Missing answers are left out, measure by measure, and told.

    Parameters
    ----------
    design : SurveyDesign
    measures : str or sequence of str
        Indices, indicators, or other columns of numbers.
    method : str
        `did`: difference of the arms' changes. `event_study`: the same in every wave against
        the last before the treatment. `ancova`: difference after, given the answer before (the
        person's in a panel, else the unit's mean). `lin`: the same with centred covariates and
        slopes by arm. `within_person`: difference in the change of those in both waves.
        `dose_response`: change for each month of exposure. `association`: difference between
        exposed and unexposed in one wave. `doubly_robust`, `entropy_balanced`: changes of people
        who are alike in covariates (of those asked twice in a panel, where both are the same;
        else of both waves, balanced once or in each wave by itself). Places first treated in
        different waves: `rs.estimate_staggered`.
    assignment : Assignment, optional
        Who was treated; by default what the study declares.
    baseline, endline : str or tuple of str, optional
        Waves before and after; by default the last before the treatment, and the last of all.
        Several are averaged.
    covariates : sequence of str
        Columns adjusted for; categories become columns of 0 and 1. Who lacks one is left out.
    where : mapping or Series, optional
        Whom the estimate concerns.
    dose : mapping of unit to mapping of wave to number, optional
        Months of exposure, for `dose_response`: `rs.exposure_months(study)`. Of each treated
        unit and wave; units compared with have none.
    headline : {'randomisation', 'cr2', 'wild'}, optional
        Which inference is followed; by default that which the design speaks for.
    level : float
        The coverage of intervals.
    seed : int
        Of what is drawn, where not all assignments or signs can be gone through.

    Returns
    -------
    Impact
        Rows in the measures' units. With `weight_cities: equal` each unit and wave weighs the
        same; with `population` persons keep their weights. The point of `did` is the difference
        of differences of the design's weighted means.

    Raises
    ------
    EvaluationError
        If there is no assignment, it contradicts the data, an arm is empty, both arms have one
        unit, a unit lacks a wave, doses are not known, or ids recur; each says what can still be
        reported.
    ComparisonError
        If waves do not have the same score.
    EstimationError
        As for `estimate_mean`.

    References
    ----------
    Bell and McCaffrey (2002) and Pustejovsky and Tipton (2018) for CR2; Cameron, Gelbach and
    Miller (2008) for the wild bootstrap; Lin (2013); McKenzie (2012) for ancova. Oracles:
    Card and Krueger (1994), Kiel and McClain, Meyer, Viscusi and Durbin (1995).

    Examples
    --------
    >>> import numpy as np, pandas as pd, resilience as rs
    >>> rows = [(c, w, 50 + n + 4 * (w == "end") * (c in "ab") + ord(c) % 3 * (w == "end"))
    ...         for c in "abcdef" for w in ("base", "end") for n in range(5)]
    >>> frame = pd.DataFrame(rows, columns=["city", "wave", "trust"])
    >>> design = rs.SurveyDesign(frame, wave="wave", waves="independent")
    >>> said = rs.Assignment(unit="city", mechanism="random", treated={"end": ["a", "b"]})
    >>> impact = rs.estimate_impact(design, "trust", assignment=said)
    >>> impact.evidence.estimate.round(2), impact.headline, impact.evidence.assignments
    (array([4.75]), 'randomisation', 15)
    """
    said = _assignment(design, assignment)
    _require_method(method, headline)
    sample = stack_sample(design, measures, said, covariates=covariates, where=where)
    require_order(design, named=bool(baseline and endline) and method not in _ALL_WAVES)
    times = _times(sample, method, baseline, endline, dose)
    models = [ESTIMATORS[method](sample, at, times) for at in range(len(sample.measures))]
    constant = [_is_constant(model, sample.arms.treated) for model in models]
    evidence, influence = BALANCED.get(method, evidence_of)(
        models,
        sample.arms,
        pairs=said.mechanism == "matched_pairs",
        level=level,
        seed=seed,
        hidden=constant,
        respondents=len(sample.y),
    )
    table = did_table(design, sample, times)
    sampled = _sampled(design, sample, influence, method, table)
    advice, rows = _recommend(sample, said, evidence), _rows(sample, models, method)
    notes = notes_on(sample, said, models, evidence, constant=constant, level=level)
    notes += small_errors(rows, evidence, sampled[0]) + notes_of_method(sample, said, method, times)
    return Impact(
        rows=rows,
        evidence=evidence,
        table=table,
        **_spread(design, sample, times, models),
        sampling_error=sampled[0],
        sampling_df=sampled[1],
        assignment=said,
        units=sample.arms.units,
        treated=tuple(map(bool, sample.arms.treated)),
        method=method,
        baseline=tuple(sample.waves[wave] for wave in times.baseline),
        endline=tuple(sample.waves[wave] for wave in times.endline),
        recommendation=advice,
        headline=_headline(method, headline or advice.headline, evidence),
        notes=notes,
        level=level,
        seed=seed,
    )


def _sampled(
    design: SurveyDesign, sample: StackedSample, influence: Floats, method: str, table: DidTable
) -> tuple[Floats, Floats]:
    """Return the survey's own errors and their degrees of freedom."""
    known = table.difference if method in _BY_MEANS and not len(sample.person) else None
    return larger_error(sampling_errors(design, sample, influence), known)


def _assignment(design: SurveyDesign, given: Assignment | None) -> Assignment:
    require_design(design)
    said = given or design.assignment
    if said is None:
        raise EvaluationError(
            Issue(
                "it is not said who was treated",
                "estimate_impact",
                "no assignment in the study and none given",
                "'assignment' in the study, or assignment=rs.Assignment(unit=…, mechanism=…, "
                "treated={wave: [units]})",
                "declare it; without one, report changes: rs.compare(…, over='wave')",
            )
        )
    return said


def _require_method(method: str, headline: str | None) -> None:
    where, remedy = "estimate_impact(method=)", ""
    if method == "staggered":
        what = "staggered adoption has an estimator of its own"
        remedy = "rs.estimate_staggered(design, …), from the extra 'did'"
    elif method not in ESTIMATORS:
        what, remedy = f"there is no method '{method}'", nearest(method, ESTIMATORS, "name one")
    elif headline == "wild" and method in BALANCED:
        what = f"there is no bootstrap of clusters for '{method}'"
        where, remedy = "estimate_impact(headline=)", "leave 'headline' out, or use method='did'"
    if remedy:
        expected = "one of " + ", ".join(ESTIMATORS)
        raise EvaluationError(Issue(what, where, method, expected, remedy))


def _headline(method: str, wanted: str, evidence: ClusterEvidence) -> str:
    """Return what is followed: errors of influence values are no CR2."""
    permuted = bool(np.isfinite(evidence.permuted_p).any())
    if method in BALANCED and (wanted == "cr2" or (wanted == "randomisation" and not permuted)):
        return "influence"
    return wanted


def _spread(
    design: SurveyDesign, sample: StackedSample, times: Times, models: Sequence[Model]
) -> dict[str, Any]:
    """Return standard deviations at the baseline and units, row by row."""
    spread, error = baseline_spread(design, sample, times)
    which = [at for at, model in enumerate(models) for _ in model.reported]
    return {
        "spread": spread[which],
        "spread_error": error[which],
        "unit": tuple(_unit(design, sample.measures[at]) for at in which),
    }


def _times(
    sample: StackedSample,
    method: str,
    baseline: Waves,
    endline: Waves,
    dose: Mapping[str, Mapping[str, float]] | None,
) -> Times:
    """Return which waves are compared, or raise if none precedes the treatment."""
    starts = np.unique(sample.arms.first[sample.arms.first != NEVER])
    before = tuple(wave for wave in range(len(sample.waves)) if wave < sample.since)
    first = _named(sample, baseline) if baseline is not None else before[-1:]
    last = _named(sample, endline) if endline is not None else (len(sample.waves) - 1,)
    if method == "association" or (method in _WITHOUT_BASELINE and not first):
        first = ()
    elif not first or max(first) >= min(last) or min(last) < sample.since:
        raise EvaluationError(_not_around(sample, method, first, last))
    late = [wave for wave in starts if wave > min(last) or (method == "event_study")]
    if len(starts) > 1 and (late or any(wave >= starts[0] for wave in first)):
        raise EvaluationError(
            Issue(
                "units were first treated in different waves",
                f"estimate_impact(method='{method}')",
                ", ".join(sample.waves[wave] for wave in starts),
                "one start, or a baseline before the first and an endline after the last",
                "name such waves, or use rs.estimate_staggered",
            )
        )
    doses = _doses(sample, dose) if method == "dose_response" else None
    return Times(tuple(first), tuple(last), doses)


def _not_around(
    sample: StackedSample, method: str, first: tuple[int, ...], last: tuple[int, ...]
) -> Issue:
    """Return that the waves compared do not lie around the treatment, and in which order all do."""
    waves = tuple(filter(None, sample.waves))
    order = ", ".join(waves) or "none"
    remedy = (
        "name baseline= and endline=; or, where the waves stand in another order than they were "
        "held, give it: pd.Categorical(frame[wave], [first, …, last]); without a baseline use "
        "method='ancova'"
    )
    return Issue(
        "the waves compared are not before and after the treatment",
        f"estimate_impact(method='{method}')",
        f"baseline {_told(sample, first)}, endline {_told(sample, last)}, treated by "
        f"{sample.waves[sample.since] or 'a wave that is not there'}; waves in order: {order}",
        "a baseline before the first wave of the treatment, an endline from it on",
        remedy if waves else "name the column of waves: rs.SurveyDesign(frame, wave=…, waves=…)",
    )


def _named(sample: StackedSample, said: str | tuple[str, ...]) -> tuple[int, ...]:
    names = (said,) if isinstance(said, str) else tuple(said)
    unknown = [name for name in names if name not in sample.waves]
    if unknown:
        known = ", ".join(sample.waves)
        remedy = nearest(unknown[0], sample.waves, "name one of them")
        what = f"there is no wave '{unknown[0]}'"
        raise EvaluationError(Issue(what, "estimate_impact", unknown[0], f"one of {known}", remedy))
    return tuple(sorted(sample.waves.index(name) for name in names))


def _told(sample: StackedSample, waves: tuple[int, ...]) -> str:
    return ", ".join(sample.waves[wave] for wave in waves) or "none"


def _doses(sample: StackedSample, dose: Mapping[str, Mapping[str, float]] | None) -> Floats:
    if dose is None:
        raise EvaluationError(
            Issue(
                "a dose-response needs doses",
                "estimate_impact(method='dose_response')",
                "no dose",
                "dose={unit: {wave: months}}",
                "dose=rs.exposure_months(study), from the programme's activities",
            )
        )
    units, waves = sample.arms.units, sample.waves
    table = [[float(dose.get(unit, {}).get(wave, np.nan)) for wave in waves] for unit in units]
    doses = np.array(table)
    _require_doses(sample, doses)
    return np.asarray(np.nan_to_num(doses), np.float64)


def _require_doses(sample: StackedSample, doses: Floats) -> None:
    """Refuse treated places whose dose is not known in each wave, and others that have one."""
    treated = sample.arms.treated
    faults = (
        ("treated places have no dose in some waves", treated & np.isnan(doses).any(axis=1)),
        ("places compared with have doses", ~treated & (np.nan_to_num(doses) != 0).any(axis=1)),
    )
    issues = [
        Issue(
            what,
            "estimate_impact(dose=)",
            ", ".join(np.array(sample.arms.units)[at]),
            "months for each treated place and wave, none elsewhere",
            "complete the doses and the waves' fieldwork dates, or declare these places treated, "
            "or leave them out with where=",
        )
        for what, at in faults
        if at.any()
    ]
    if issues:
        raise EvaluationError(*issues)


def _is_constant(model: Model, treated: npt.NDArray[np.bool_]) -> bool:
    arm = treated[model.unit]
    return bool(min(np.ptp(model.y[arm]), np.ptp(model.y[~arm])) == 0)


def _recommend(
    sample: StackedSample, said: Assignment, evidence: ClusterEvidence
) -> Recommendation:
    treated = int(sample.arms.treated.sum())
    known = evidence.df[np.isfinite(evidence.df)]
    smallest = evidence.permuted_smallest_p[np.isfinite(evidence.permuted_smallest_p)]
    return recommend_inference(
        mechanism=said.mechanism,
        treated=treated,
        comparison=len(sample.arms.units) - treated,
        df=float(known.min()) if len(known) else float("nan"),
        largest_share=evidence.largest_share,
        smallest_p=float(smallest.max()) if len(smallest) else float("nan"),
    )


def _rows(sample: StackedSample, models: Sequence[Model], method: str) -> pd.DataFrame:
    word = "association" if method == "association" else "impact"
    rows = [
        {"measure": word, "variable": name, **keys}
        for name, model in zip(sample.measures, models, strict=True)
        for keys in model.keys
    ]
    return pd.DataFrame(rows)


def _unit(design: SurveyDesign, name: str) -> str:
    return design.measures[name].unit if name in design.measures else ""
