"""Regression models for populations: what they say, and how sure that is under the design."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.errors import EstimationError, Issue, ResilienceWarning, nearest
from resilience.inference.comparisons.joint_tests import joined_tests, wald_test
from resilience.inference.statistics.columns import Column
from resilience.inference.statistics.domains import domain_in_words
from resilience.inference.statistics.row_statistics import estimated_from_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from resilience.inference.comparisons.joint_tests import JointTests
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_fitting import ModelData
    from resilience.inference.models.model_matrix import ColumnName
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.row_statistics import RowStatistics

    Floats = npt.NDArray[np.float64]

__all__ = ["Regression", "regression_of"]

_RATIOS = {
    "binomial": "odds_ratio",
    "poisson": "rate_ratio",
    "cumulative_logit": "odds_ratio",
    "randomised_response": "odds_ratio",
}


@dataclass(frozen=True, repr=False, eq=False)
class Regression:
    """A fitted regression model, one for each domain.

    Attributes
    ----------
    coefficients : Estimates
        One row for each term and domain, on the scale of the model's link.
    family : {'gaussian', 'binomial', 'poisson', 'cumulative_logit', 'randomised_response'}
    outcome : str
    terms : mapping of str to tuple of str
        The coefficients of each predictor, interactions named with ':'.
    references : mapping
        The level that the others are compared with, by categorical predictor.
    flow : pandas.DataFrame
        By domain the respondents that came in, those without all answers, and those left.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7, 6], "x": [0, 1, 2, 3, 4], "ea": [1, 1, 2, 3, 4]})
    >>> fitted = rs.fit_regression(rs.SurveyDesign(frame, psu="ea"), "y", "x")
    >>> fitted.family, list(fitted.terms), fitted.coefficients.df.tolist()
    ('gaussian', ['x'], [2.0, 2.0])
    """

    coefficients: Estimates
    family: str
    outcome: str
    terms: Mapping[str, tuple[str, ...]]
    references: Mapping[str, Any]
    flow: pd.DataFrame

    def to_frame(
        self, *, level: float = 0.95, ratios: bool = False, labels: str | None = None
    ) -> pd.DataFrame:
        """Return the coefficients as a tidy table, with their tests.

        Parameters
        ----------
        level : float
            The coverage of intervals.
        ratios : bool
            Odds ratios (binomial, ordinal) or rate ratios (Poisson): estimates and limits are
            raised to the power of e, so that intervals are symmetric on the log scale. Only
            rows that compare something are there, no intercept and no threshold. `std_error`
            is the ratio's to first order; the tests stay those of the coefficients.
        labels : str, optional
            A language, as for `Estimates.to_frame`.

        Returns
        -------
        pandas.DataFrame
            `measure variable term <by> estimate std_error conf_low conf_high statistic df
            p_value n`.

        Raises
        ------
        EstimationError
            If ratios are asked of a model that has none.
        """
        frame = self.coefficients.to_frame(level=level, labels=labels)
        frame = frame.drop(columns=["n_effective", "deff"])
        tests = self.coefficients.test()
        columns = list(frame.columns)
        frame.insert(columns.index("df"), "statistic", tests["statistic"])
        frame.insert(columns.index("df") + 2, "p_value", tests["p_value"])
        return self._as_ratios(frame) if ratios else frame

    def _as_ratios(self, frame: pd.DataFrame) -> pd.DataFrame:
        if self.family not in _RATIOS:
            raise EstimationError(
                Issue(
                    "a linear model has no ratios",
                    where="Regression.to_frame(ratios=)",
                    found=f"family '{self.family}'",
                    expected="a binomial, Poisson or ordinal model",
                    remedy="leave 'ratios' out: coefficients are differences of means",
                )
            )
        compared = [name for names in self.terms.values() for name in names]
        rows = self.coefficients.rows["term"].isin(compared).to_numpy()
        shown = frame[rows].reset_index(drop=True)
        columns = ["estimate", "conf_low", "conf_high"]
        shown[columns] = np.exp(shown[columns])
        return shown.assign(
            measure=_RATIOS[self.family], std_error=shown["std_error"] * shown["estimate"]
        )

    def test_term(self, term: str) -> JointTests:
        """Test all coefficients of a predictor together, in each domain, by Wald's F.

        Parameters
        ----------
        term : str
            One of `terms`: a predictor, or an interaction such as 'age:sex'.

        Raises
        ------
        EstimationError
            If there is no such predictor, or the coefficients cannot be tested together.
        """
        if term not in self.terms:
            raise EstimationError(
                Issue(
                    f"the model has no predictor '{term}'",
                    where="Regression.test_term",
                    found=term,
                    expected="one of " + ", ".join(self.terms),
                    remedy=nearest(term, self.terms, "name one of them"),
                )
            )
        rows = self.coefficients.rows
        wanted = rows["term"].isin(self.terms[term]).to_numpy()
        by = [name for name in self.flow if name not in ("n_in", "n_missing", "n")]
        domain = np.tile(np.arange(len(self.flow)), len(rows) // len(self.flow))
        tests = [
            wald_test(self.coefficients, rows=wanted & (domain == number))
            for number in range(len(self.flow))
        ]
        named = self.flow[by].assign(test="Wald", variable=self.outcome, term=term)
        named = named[["test", "variable", "term", *by]]
        return joined_tests(tests, named, self.coefficients.select(wanted))

    def __repr__(self) -> str:
        """Return the coefficients and what a reader should know about them."""
        return "\n".join([repr(self.coefficients), *self._notes()])

    def _repr_html_(self) -> str:
        notes = "<br>".join(map(escape, self._notes()))
        return f"{self.coefficients._repr_html_()}<p>{notes}</p>"

    def _notes(self) -> list[str]:
        n, missing = int(self.flow["n"].sum()), int(self.flow["n_missing"].sum())
        reasons = self.coefficients.provenance.n_excluded.items()
        told = ", ".join(f"{name}: {count}" for name, count in reasons if "missing" in name)
        lines = [
            f"{self.family} model of {self.outcome}; {n:,} respondents"
            + (f", {missing:,} left out ({told})" if missing else "")
        ]
        if self.references:
            lines.append(
                "compared with "
                + ", ".join(f"{name}={level}" for name, level in self.references.items())
            )
        return lines


def regression_of(
    design: SurveyDesign,
    data: ModelData,
    model: RowStatistics,
    names: Sequence[ColumnName | str],
    *,
    family: str,
    taken: int,
) -> Regression:
    """Return a fitted model as a result.

    Parameters
    ----------
    names : sequence
        The coefficients in the order of the model's parameters.
    taken : int
        Degrees of freedom that fitting takes.

    Warns
    -----
    ResilienceWarning
        If a domain has too few PSUs for so many coefficients; they have no intervals.
    """
    column = data.column
    columns = [Column(column.variable, column.y, {"term": str(name)}) for name in names]
    made = estimated_from_rows(design, columns, data.domains, model)
    factor = replace(made.factor, taken=np.full(len(made), float(taken)))
    titles = {
        str(name): name.titles(design.labels, made.labels.get("variable", {}))
        for name in data.names
    }
    labels = {**made.labels, "term": {name: text for name, text in titles.items() if text}}
    coefficients = replace(made, factor=factor, labels=labels)
    _tell_too_few(data, coefficients, taken)
    return Regression(
        coefficients,
        family,
        data.column.variable,
        {
            ":".join(term): tuple(
                str(name)
                for name in data.names
                if tuple(variable for variable, _ in name.parts) == term
            )
            for term in data.terms
        },
        {name: block.levels[0] for name, block in data.blocks.items() if block.levels},
        data.flow,
    )


def _tell_too_few(data: ModelData, coefficients: Estimates, taken: int) -> None:
    short = np.flatnonzero(coefficients.df[: data.domains.size] <= 0)
    if not len(short):
        return
    places = [place for d in short if (place := domain_in_words(data.domains, int(d)))]
    warnings.warn(
        f"the model of '{data.column.variable}' has as many coefficients as PSUs less strata "
        "allow, or more, and no intervals"
        + (f" in {'; '.join(places)}" if places else "")
        + f": fitting takes {taken} degrees of freedom",
        ResilienceWarning,
        stacklevel=4,
    )
