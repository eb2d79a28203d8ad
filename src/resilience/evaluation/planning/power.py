"""Minimum detectable effects: beside an estimate in hand, and before fieldwork."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache
from html import escape
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import EvaluationError, Issue, nearest
from resilience.evaluation.planning.detectable import (
    Formula,
    detectable_multiple,
    power_of_multiple,
)
from resilience.evaluation.planning.sample import Method, PlannedSample, require_methods
from resilience.inference.results.estimates import Estimates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["PowerPlan", "minimum_detectable_effect", "plan_power"]

_ALWAYS = ("treated", "comparison", "psus", "respondents")
_CITIES = "cities"
_IN_SD = "standard deviations"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PowerPlan:
    """What plans can show: one row for each method and plan.

    Attributes
    ----------
    samples : tuple of PlannedSample
    methods : tuple of str
    power, level : float
        With which power an effect is to be found by a two-sided test of error rate 1 - level.
    varied : tuple of str
        What differs between the samples.
    effect : float or None
        An effect of which the power is told, in `unit`.
    std_dev : float
        The standard deviation between persons, in `unit`; 1 in standard deviations.
    unit : str

    Examples
    --------
    >>> import resilience as rs
    >>> sample = rs.PlannedSample(treated=4, comparison=4, respondents=100, icc=0.05)
    >>> plan = rs.plan_power(sample, methods=["endline"], vary={"respondents": [50, 100, 1000]})
    >>> plan.to_frame()["mde"].round(2).tolist()
    [0.63, 0.58, 0.54]
    """

    samples: tuple[PlannedSample, ...]
    methods: tuple[Method, ...]
    power: float
    level: float
    varied: tuple[str, ...]
    effect: float | None
    std_dev: float
    unit: str

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.samples) * len(self.methods)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each method and sample, ready for curves.

        Returns
        -------
        pandas.DataFrame
            `method treated comparison psus respondents`, what else was varied, `std_error df
            mde unit smallest_p` and, if an effect was given, `power`. The minimum detectable
            effect is NaN where there are no degrees of freedom: such cities show a change each
            and never an impact. `smallest_p` is the smallest p-value of a randomisation test of
            the cities; above 1 - level it can find nothing. It is NaN for a change.
        """
        multiple = cache(self._multiple)
        rows = [
            self._row(method, sample, multiple(sample.degrees_of_freedom(method)))
            for method in self.methods
            for sample in self.samples
        ]
        return pd.DataFrame(rows)

    def _multiple(self, df: float) -> float:
        return detectable_multiple(df, power=self.power, level=self.level, formula="exact")

    def _row(self, method: Method, sample: PlannedSample, multiple: float) -> dict[str, Any]:
        named = dict.fromkeys((*_ALWAYS, *self.varied))
        error = sample.std_error(method) * self.std_dev
        df = sample.degrees_of_freedom(method)
        row = {
            "method": method,
            **{name: getattr(sample, name) for name in named},
            "std_error": error,
            "df": max(df, 0),
            "mde": multiple * error,
            "unit": self.unit,
            "smallest_p": np.nan if method == "change" else sample.smallest_p,
        }
        if self.effect is not None:
            known = df > 0
            size = abs(self.effect) / error
            row["power"] = power_of_multiple(size, df, level=self.level) if known else np.nan
        return row

    def __repr__(self) -> str:
        """Return the table as it prints in a terminal, and what it rests on."""
        return f"{self.to_frame().to_string(index=False)}\n{self._told()}"

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, border=0, escape=True)
        return f"{table}<p>{escape(self._told())}</p>"

    def _told(self) -> str:
        return (
            f"minimum detectable effects in {self.unit}, power {self.power:.0%}, two-sided tests "
            f"of level {self.level:.0%}"
        )


def plan_power(
    sample: PlannedSample,
    *,
    methods: Sequence[Method] = ("endline", "did", "ancova"),
    vary: Mapping[str, Sequence[Any]] | None = None,
    power: float = 0.8,
    level: float = 0.95,
    effect: float | None = None,
    std_dev: float | None = None,
    unit: str = "",
) -> PowerPlan:
    """Return which effects a survey could find, before it is fielded.

    Use it before fieldwork, with shares of variance and correlations from earlier waves
    (`estimate_intracluster`, `estimate_autocorrelation`). Impact is inferred from cities: with few
    of them more respondents help little.

    Parameters
    ----------
    sample : PlannedSample
    methods : sequence of {'endline', 'did', 'ancova', 'change'}
        Arms compared at endline only, by difference in differences, or with the baseline as
        covariate; or the change in one place, which is no impact.
    vary : mapping, optional
        By field of the sample the values to try, in all combinations; `cities` takes pairs of
        treated and comparison cities.
    power : float
        The chance to find the effect.
    level : float
        1 - the error rate of the two-sided test.
    effect : float, optional
        An effect of which the power is told too, in `unit`.
    std_dev : float, optional
        The standard deviation between persons, to have effects in a measure's unit.
    unit : str
        That unit.

    Returns
    -------
    PowerPlan

    Raises
    ------
    EvaluationError
        If a method or field is unknown, a number impossible, or a unit comes without `std_dev`.

    Notes
    -----
    A city's mean has the variance icc + icc_psu / psus + rest x weights_effect / n; waves share
    of each part what its autocorrelation says. The variance V of a city is that after; before
    plus after less twice the covariance; or after less covariance² / before. The standard error
    is the root of V (1 / treated + 1 / comparison), and t has the cities less 2 (less
    `city_covariates`) degrees of freedom. In a single place cities do not vary.

    References
    ----------
    Bloom (1995), Evaluation Review 19: 547-556; McKenzie (2012), Journal of Development
    Economics 99: 210-221; Teerenstra et al. (2012), Statistics in Medicine 31: 2169-2178, for
    the correlation of cluster means. Oracles: R's `power.t.test`, and the simulated power of the
    t test on city means.

    Examples
    --------
    >>> import resilience as rs
    >>> sample = rs.PlannedSample(
    ...     treated=4, comparison=4, respondents=100, icc=0.05, autocorrelation=0.7,
    ...     autocorrelation_person=0.5, overlap=1.0,
    ... )
    >>> plan = rs.plan_power(sample, vary={"cities": [(2, 2), (4, 4)]})
    >>> plan.to_frame().pivot(index="method", columns="treated", values="mde").round(2)
    treated     2     4
    method
    ancova   1.03  0.43
    did      1.12  0.47
    endline  1.38  0.58
    """
    _require_rates(power, level)
    varied = {name: list(values) for name, values in (vary or {}).items()}
    _require_fields(varied)
    if (std_dev is None) != (unit == "") or not (std_dev is None or 0 < std_dev < np.inf):
        raise EvaluationError(
            _issue(
                "a unit and the standard deviation in it go together",
                "plan_power: std_dev, unit",
                f"std_dev={std_dev}, unit='{unit}'",
                "both, with a standard deviation above 0; or neither",
                "std_dev=18.5, unit='points'",
            )
        )
    samples = tuple(
        replace(sample, **_as_fields(dict(zip(varied, values, strict=True))))
        for values in product(*varied.values())
    )
    names = tuple(name for name in varied if name not in (*_ALWAYS, _CITIES))
    scale = (1.0, _IN_SD) if std_dev is None else (float(std_dev), unit)
    chosen = require_methods(methods)
    return PowerPlan(samples, chosen, power, level, names, effect, *scale)


def minimum_detectable_effect(
    estimate: Estimates | npt.ArrayLike,
    df: npt.ArrayLike | None = None,
    *,
    power: float = 0.8,
    level: float = 0.95,
    formula: Formula = "exact",
) -> Floats:
    """Return which effect would have been found with a power, beside an estimate in hand.

    Use it beside every estimate, above all beside one that is not clear: it tells a survey that
    could not see from a programme that did nothing. It rests on the standard error, never on
    the estimate.

    Parameters
    ----------
    estimate : Estimates or array
        Rows, or their standard errors.
    df : array, optional
        Degrees of freedom of the standard errors; estimates have their own.
    power, level : float
        As for `plan_power`.
    formula : {'exact', 'quantiles'}
        By the power of the t test itself; or the sum of two quantiles that is usually published,
        which promises too much with under four degrees of freedom.

    Returns
    -------
    numpy.ndarray
        In the rows' unit, shape (k,); NaN where there is no standard error or no degree of
        freedom.

    Raises
    ------
    EvaluationError
        If degrees of freedom are missing or given twice, or a number is impossible.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.minimum_detectable_effect([2.0, 2.0], df=[6, 60]).round(2)
    array([6.73, 5.69])
    """
    _require_rates(power, level, formula)
    own = isinstance(estimate, Estimates)
    if own == (df is not None):
        raise EvaluationError(
            _issue(
                "degrees of freedom are those of the standard error",
                "minimum_detectable_effect: df",
                "given for estimates, which have theirs" if own else "none",
                "df= with standard errors, none with estimates",
                "leave df out" if own else "give df=",
            )
        )
    error = estimate.std_error if isinstance(estimate, Estimates) else estimate
    freedom = estimate.df if isinstance(estimate, Estimates) else df
    errors, dfs = np.broadcast_arrays(
        np.atleast_1d(np.asarray(error, np.float64)), np.asarray(freedom, np.float64)
    )
    if (errors < 0).any():
        raise EvaluationError(
            _issue(
                "standard errors below 0",
                "minimum_detectable_effect",
                f"{int((errors < 0).sum())} of {errors.size}",
                "0 or more, or NaN",
                "give standard errors, not estimates",
            )
        )
    multiple = {
        value: detectable_multiple(value, power=power, level=level, formula=formula)
        for value in set(dfs[~np.isnan(dfs)].tolist())
    }
    multiples = [multiple.get(value, np.nan) for value in dfs.ravel().tolist()]
    return np.asarray(errors * np.array(multiples).reshape(dfs.shape), np.float64)


def _as_fields(values: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that values stand for; a pair of cities is two."""
    if _CITIES not in values:
        return values
    pair = values.pop(_CITIES)
    try:
        treated, comparison = pair
    except (TypeError, ValueError):
        issue = _issue(
            "cities are told by arm",
            "plan_power: vary['cities']",
            str(pair),
            "pairs of treated and comparison cities",
            "vary={'cities': [(2, 2), (4, 4)]}",
        )
        raise EvaluationError(issue) from None
    return {**values, "treated": treated, "comparison": comparison}


def _require_fields(varied: Mapping[str, Sequence[Any]]) -> None:
    known = [*(field.name for field in fields(PlannedSample)), _CITIES]
    issues = [
        _issue(
            f"a planned sample has no '{name}'",
            "plan_power: vary",
            name,
            "one of " + ", ".join(known),
            nearest(name, known, "name one of them"),
        )
        for name in varied
        if name not in known
    ]
    issues += [
        _issue("nothing is tried", f"plan_power: vary['{name}']", "no value", "one or more", "…")
        for name, values in varied.items()
        if not values
    ]
    if _CITIES in varied and {"treated", "comparison"} & set(varied):
        issues.append(
            _issue(
                "cities are varied twice",
                "plan_power: vary",
                ", ".join(varied),
                "'cities', or 'treated' and 'comparison'",
                "leave one out",
            )
        )
    if issues:
        raise EvaluationError(*issues)


def _require_rates(power: float, level: float, formula: str = "exact") -> None:
    issues = []
    if not 0 < level < 1:
        issues.append(_issue("no level", "level", str(level), "between 0 and 1", "level=0.95"))
    if not 1 - level < power < 1:
        issues.append(
            _issue(
                "no power",
                "power",
                str(power),
                f"between the error rate {1 - level:g} and 1",
                "power=0.8",
            )
        )
    if formula not in ("exact", "quantiles"):
        issues.append(
            _issue("no formula", "formula", str(formula), "exact or quantiles", "formula='exact'")
        )
    if issues:
        raise EvaluationError(*issues)


def _issue(what: str, where: str, found: str, expected: str, remedy: str) -> Issue:
    return Issue(what, where, found, expected, remedy)
