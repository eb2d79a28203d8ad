"""A survey that is planned: cities by arm, sampling points, respondents, and how answers vary."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import comb
from numbers import Integral, Real
from typing import TYPE_CHECKING, Literal, get_args

from resilience.errors import EvaluationError, Issue, nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Method", "PlannedSample", "require_methods"]

Method = Literal["endline", "did", "ancova", "change"]
"""`change` is that of one place, by the survey's own design; the others are of arms."""

_ARMS = 2


@dataclass(frozen=True, slots=True)
class PlannedSample:
    """What a survey in two waves would field, and how alike answers are within places.

    Shares of variance and correlations are 0 unless told: a correlation that is not known makes
    no comparison more precise.

    Attributes
    ----------
    treated, comparison : int
        Cities in each arm.
    respondents : float
        In each city and wave, as planned.
    icc : float
        The share of the variance between persons that lies between cities.
    psus : float, optional
        Sampling points in each city. Without, persons are drawn directly.
    icc_psu : float
        The share that lies between sampling points of one city.
    strata : int
        Strata in each city; they cost degrees of freedom of a change.
    autocorrelation, autocorrelation_psu, autocorrelation_person : float
        The correlation over the two waves of what is particular to a city, to a sampling point
        (0 where others are visited), and to a person.
    overlap : float
        The share of endline respondents who were asked at baseline; 0 for fresh samples.
    weights_effect : float
        Kish's 1 + cv² of the weights, on the variance between persons.
    attrition : float
        The share of planned endline interviews that are lost.
    city_covariates : int
        City-level numbers that the model fits besides, each of which costs a degree of freedom:
        with `ancova` 1 if the slope on the baseline is learnt from the same cities' means.

    Raises
    ------
    EvaluationError
        If a number is impossible; all at once.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.PlannedSample(treated=4, comparison=4, respondents=100, icc=0.05).cities
    8
    """

    treated: int
    comparison: int
    respondents: float
    icc: float
    psus: float | None = None
    icc_psu: float = 0.0
    strata: int = 1
    autocorrelation: float = 0.0
    autocorrelation_psu: float = 0.0
    autocorrelation_person: float = 0.0
    overlap: float = 0.0
    weights_effect: float = 1.0
    attrition: float = 0.0
    city_covariates: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be, all of it at once."""
        wrong = {
            field.name: "a number"
            for field in fields(self)
            if not isinstance(getattr(self, field.name), Real)
            and not (field.name == "psus" and self.psus is None)
        }
        if not wrong:
            wrong = {name: expected for name, expected, holds in self._rules() if not holds}
        if wrong:
            raise EvaluationError(
                *(
                    Issue(
                        f"'{name}' cannot be so",
                        "PlannedSample",
                        str(getattr(self, name)),
                        expected,
                        "correct it",
                    )
                    for name, expected in wrong.items()
                )
            )

    def _rules(self) -> list[tuple[str, str, bool]]:
        correlations = ("autocorrelation", "autocorrelation_psu", "autocorrelation_person")
        psus = self.icc_psu == 0 if self.psus is None else 1 <= self.psus <= self.respondents
        return [
            *(
                (name, "a whole number, 1 or more", _counts(self, name, 1))
                for name in ("treated", "comparison", "strata")
            ),
            ("city_covariates", "a whole number, 0 or more", _counts(self, "city_covariates", 0)),
            ("respondents", "1 or more", 1 <= self.respondents < float("inf")),
            ("icc", "0 up to 1", 0 <= self.icc < 1),
            ("icc_psu", "0 or more, with icc below 1", 0 <= self.icc_psu < 1 - self.icc),
            *((name, "-1 to 1", -1 <= getattr(self, name) <= 1) for name in correlations),
            ("overlap", "0 to 1", 0 <= self.overlap <= 1),
            ("weights_effect", "1 or more", 1 <= self.weights_effect < float("inf")),
            ("attrition", "0 up to 1", 0 <= self.attrition < 1),
            ("psus", "1 to the number of respondents; known if icc_psu is above 0", psus),
        ]

    @property
    def cities(self) -> int:
        """Cities in both arms."""
        return self.treated + self.comparison

    @property
    def smallest_p(self) -> float:
        """The smallest two-sided p-value that a randomisation test of the cities can have."""
        ways = comb(self.cities, self.treated)
        return (2 if self.treated == self.comparison else 1) / ways

    def degrees_of_freedom(self, method: Method) -> float:
        """Return cities less arms less covariates; of a change PSUs (or persons) less strata."""
        if method == "change":
            return (self.psus or self.respondents) - self.strata
        return self.cities - _ARMS - self.city_covariates

    def std_error(self, method: Method) -> float:
        """Return the standard error of an effect, in standard deviations between persons."""
        variance = self._variance(method)
        if method == "change":
            return float(variance**0.5)
        return float((variance * (1 / self.treated + 1 / self.comparison)) ** 0.5)

    def _variance(self, method: Method) -> float:
        """Return the variance that one city brings."""
        before, after, both = self._city_mean(with_city=method != "change")
        if method == "endline":
            return after
        if method == "ancova":
            return after - both**2 / before
        return before + after - 2 * both

    def _city_mean(self, *, with_city: bool) -> tuple[float, float, float]:
        """Return the variances of a city's mean before and after, and their covariance."""
        city = self.icc if with_city else 0.0
        point = self.icc_psu / (self.psus or 1.0)
        person = (1 - self.icc - self.icc_psu) * self.weights_effect
        later = self.respondents * (1 - self.attrition)
        shared = city * self.autocorrelation + point * self.autocorrelation_psu
        recurring = person * self.autocorrelation_person * self.overlap / self.respondents
        return (
            city + point + person / self.respondents,
            city + point + person / later,
            shared + recurring,
        )


def _counts(sample: PlannedSample, name: str, least: int) -> bool:
    value = getattr(sample, name)
    return isinstance(value, Integral) and int(value) >= least


def require_methods(methods: Sequence[str]) -> tuple[Method, ...]:
    """Return methods that there are, or raise for all that are none."""
    known = get_args(Method)
    issues = [
        Issue(
            f"'{name}' is no method of estimation",
            "plan_power: methods",
            str(name),
            "one of " + ", ".join(known),
            nearest(str(name), known, "choose one of them"),
        )
        for name in methods
        if name not in known
    ]
    if issues or not methods:
        raise EvaluationError(
            *issues
            or [
                Issue(
                    "no method is named",
                    "plan_power: methods",
                    "nothing",
                    "one of " + ", ".join(known),
                    "name one or more",
                )
            ]
        )
    return tuple(name for name in known if name in methods)
