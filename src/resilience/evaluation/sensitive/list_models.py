"""Who holds a sensitive statement: regressions of list experiments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.evaluation.sensitive.list_answers import warn_of_no_shares
from resilience.evaluation.sensitive.list_fitting import holding_shares
from resilience.evaluation.sensitive.list_likelihood import Hiding
from resilience.evaluation.sensitive.list_preparing import prepared_list
from resilience.inference.models.model_fitting import Asked, settings_of
from resilience.inference.statistics.assembling import Kind
from resilience.inference.statistics.columns import Column
from resilience.inference.statistics.row_statistics import RowStatistics, estimated_from_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from resilience.evaluation.sensitive.list_answers import ListQuestion
    from resilience.evaluation.sensitive.list_fitting import ListMethod
    from resilience.evaluation.sensitive.list_preparing import PreparedList
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.models.model_fitting import ModelData
    from resilience.inference.models.model_matrix import Term
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.domains import By, Where

    Floats = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]

__all__ = ["ListModel", "estimate_list_adjusted", "fit_list"]

_UNITS = {"linear": None, "nls": "log-odds", "ml": "log-odds", "ml_overdispersed": "log-odds"}


@dataclass(frozen=True, repr=False, eq=False)
class ListModel:
    """A fitted model of a list experiment, one for each domain.

    Attributes
    ----------
    coefficients : Estimates
        By `part`, 'sensitive' or 'plain' (or 'correlation'), and `term`.
    method : {'linear', 'nls', 'ml', 'ml_overdispersed'}
    hiding : Hiding
        What was assumed about those who stand out.
    references : mapping
        The level that the others are compared with, by categorical predictor.
    flow : pandas.DataFrame
        By domain the respondents that came in, those without all answers, and those left.

    Examples
    --------
    >>> import numpy as np, pandas as pd, resilience as rs
    >>> rng = np.random.default_rng(3)
    >>> long, old = rng.integers(0, 2, (2, 600))
    >>> told = rng.binomial(3, 0.5, 600) + long * (rng.random(600) < 0.2 + 0.3 * old)
    >>> design = rs.SurveyDesign(pd.DataFrame({"told": told, "long": long, "old": old}))
    >>> fitted = rs.fit_list(design, rs.ListQuestion("told", "long", 3), "old")
    >>> isinstance(fitted, rs.ListModel), fitted.coefficients.rows["part"].unique().tolist()
    (True, ['sensitive', 'plain'])
    """

    coefficients: Estimates
    method: ListMethod
    hiding: Hiding
    references: Mapping[str, Any]
    flow: pd.DataFrame

    def to_frame(self, *, level: float = 0.95) -> pd.DataFrame:
        """Return the coefficients as a tidy table, with their tests.

        Parameters
        ----------
        level : float
            The coverage of intervals.

        Returns
        -------
        pandas.DataFrame
            `measure variable part term <by> estimate std_error conf_low conf_high statistic df
            p_value n`.
        """
        frame = self.coefficients.to_frame(level=level).drop(columns=["n_effective", "deff"])
        tests = self.coefficients.test()
        place = list(frame.columns).index("df")
        frame.insert(place, "statistic", tests["statistic"])
        frame.insert(place + 2, "p_value", tests["p_value"])
        return frame

    def __repr__(self) -> str:
        """Return the coefficients and what a reader should know about them."""
        return "\n".join([repr(self.coefficients), *self._notes()])

    def _repr_html_(self) -> str:
        notes = "<br>".join(map(escape, self._notes()))
        return f"{self.coefficients._repr_html_()}<p>{notes}</p>"

    def _notes(self) -> list[str]:
        n, missing = int(self.flow["n"].sum()), int(self.flow["n_missing"].sum())
        reasons = self.coefficients.provenance.n_excluded.items()
        told = ", ".join(f"{name}: {count}" for name, count in reasons)
        lines = [f"{self.method} model of a list; {n:,} respondents"]
        if missing:
            lines[0] += f", {missing:,} left out ({told})"
        if self.hiding != Hiding():
            lines.append(
                f"assumed to hide: {self.hiding.floor:.0%} at the floor, "
                f"{self.hiding.ceiling:.0%} at the ceiling"
            )
        if self.references:
            pairs = (f"{name}={level}" for name, level in self.references.items())
            lines.append("compared with " + ", ".join(pairs))
        return lines


def fit_list(
    design: SurveyDesign,
    question: ListQuestion,
    predictors: str | Sequence[str | Term],
    *,
    method: ListMethod = "ml",
    hiding: Hiding | None = None,
    reference: Mapping[str, Any] | None = None,
    by: By = None,
    where: Where = None,
) -> ListModel:
    """Fit a model of who holds the sensitive statement of a list experiment.

    Use it to describe who holds it; it tells association, not effect. Maximum likelihood is the
    most precise and takes the most for granted: the plain count binomial (or beta-binomial)
    given the predictors, and the same whether or not the statement holds. The two-step
    estimators take only the means for granted. If they disagree, believe neither before
    `list_design_test`. Who lacks an answer is left out and told (`flow`).

    Parameters
    ----------
    design : SurveyDesign
    question : ListQuestion
        With one sensitive statement.
    predictors, reference, by, where
        As for `fit_regression`; none (an empty list) gives the share alone.
    method : {'ml', 'ml_overdispersed', 'nls', 'linear'}
        'ml': logistic for the statement, binomial for the plain count. 'ml_overdispersed':
        beta-binomial, where statements go together more than by chance. 'nls': logistic means by
        two steps of least squares. 'linear': both parts linear.
    hiding : Hiding, optional
        For 'ml': the assumed shares of those at the floor and ceiling who deny the statement.
        They are not estimated, for counts hardly tell them; try several.

    Returns
    -------
    ListModel
        Standard errors by the design: sandwiches that know weights, strata and PSUs and the first
        of the two steps.

    Raises
    ------
    EvaluationError
        As for `estimate_list`; or if an arm has predictors that are combinations of each other.
    EstimationError
        As for `fit_regression`; or if there is no best value: the sensitive part runs away where
        nearly nobody or nearly everybody of a group holds it, and 'ml_overdispersed' where counts
        vary no more than binomial ones.

    References
    ----------
    Imai (2011), J. Am. Statist. Assoc. 106: 407-416; Blair and Imai (2012), Political Analysis
    20: 47-77. Published: Imai's Table 1. Oracle: the likelihood maximised in R.

    Examples
    --------
    >>> import numpy as np, pandas as pd, resilience as rs
    >>> rng = np.random.default_rng(3)
    >>> long, old = rng.integers(0, 2, (2, 600))
    >>> told = rng.binomial(3, 0.5, 600) + long * (rng.random(600) < 0.2 + 0.3 * old)
    >>> design = rs.SurveyDesign(pd.DataFrame({"told": told, "long": long, "old": old}))
    >>> fitted = rs.fit_list(design, rs.ListQuestion("told", "long", 3), "old", method="linear")
    >>> fitted.coefficients.rows["term"].tolist()
    ['intercept', 'old', 'intercept', 'old']
    """
    asked = Asked(question.count, predictors, reference, by, where, "fit_list")
    model = prepared_list(design, question, asked, method, hiding or Hiding())
    data, names = model.data, [str(name) for name in model.data.names]
    keys = [{"part": part, "term": name} for part in ("sensitive", "plain") for name in names]
    if method == "ml_overdispersed":
        keys.append({"part": "correlation", "term": "intercept"})
    columns = [Column(question.count, data.column.y, key) for key in keys]
    how = RowStatistics(
        Kind("list_coefficient", "t", _UNITS[method]),
        model.fitted,
        lambda _rows, _weights, parameters: parameters,
        model.influence,
    )
    made = estimated_from_rows(design, columns, data.domains, how)
    taken = np.full(len(made), len(names) - 1.0)
    made = replace(made, factor=replace(made.factor, taken=taken))
    references = {name: block.levels[0] for name, block in data.blocks.items() if block.levels}
    return ListModel(made, method, model.hiding, references, data.flow)


def estimate_list_adjusted(
    design: SurveyDesign,
    question: ListQuestion,
    predictors: str | Sequence[str | Term],
    *,
    over: str | None = None,
    method: ListMethod = "ml",
    reference: Mapping[str, Any] | None = None,
    by: By = None,
    where: Where = None,
) -> Estimates:
    """Estimate the share who hold the sensitive statement by a model, by group if asked.

    Use it to show shares that a model predicts: with `over`, what they would be if all were of
    one group, the rest as they are.

    Parameters
    ----------
    design, question, predictors, method, reference, by, where
        As for `fit_list`.
    over : str, optional
        The categorical predictor that is set.

    Returns
    -------
    Estimates
        One row for each value of `over` and domain; on the log-odds, except for 'linear'. The
        covariance knows that coefficients are estimated and that characteristics are a sample's.

    Raises
    ------
    EvaluationError, EstimationError
        As for `fit_list`; or if `over` is no categorical predictor.

    Warns
    -----
    ResilienceWarning
        If a linear model's share is below 0 or above 1.

    References
    ----------
    Imai (2011), section 3; Graubard and Korn (1999), Biometrics 55: 652-659.

    Examples
    --------
    >>> import numpy as np, pandas as pd, resilience as rs
    >>> rng = np.random.default_rng(3)
    >>> long, old = rng.integers(0, 2, (2, 600))
    >>> told = rng.binomial(3, 0.5, 600) + long * (rng.random(600) < 0.2 + 0.3 * old)
    >>> frame = pd.DataFrame({"told": told, "long": long, "old": old})
    >>> frame["old"] = frame["old"].map({0: "no", 1: "yes"}).astype("category")
    >>> asked = rs.ListQuestion("told", "long", 3)
    >>> rs.estimate_list_adjusted(rs.SurveyDesign(frame), asked, "old", over="old").by
    ('old',)
    """
    verb = "estimate_list_adjusted"
    asked = Asked(question.count, predictors, reference, by, where, verb)
    model = prepared_list(design, question, asked, method, Hiding())
    data = model.data
    settings, keys = _settings(data, over, verb)
    how = RowStatistics(
        Kind("list_adjusted_share", "t" if method == "linear" else "logit", "share"),
        model.fitted,
        lambda rows, w, b: _averages(model, settings, rows, w, b)[0],
        lambda rows, w, b: _averages(model, settings, rows, w, b)[1],
    )
    columns = [Column(question.count, data.column.y, key) for key in keys]
    made = estimated_from_rows(design, columns, data.domains, how)
    taken = np.full(len(made), len(data.names) - 1.0)
    made = replace(made, factor=replace(made.factor, taken=taken))
    warn_of_no_shares(made, "a linear model knows no bounds; see the other methods")
    return made


def _settings(
    data: ModelData, over: str | None, verb: str
) -> tuple[list[Floats], list[dict[str, Any]]]:
    """Return the model matrices with a predictor set to each of its values, and their keys."""
    if over is None:
        return [data.x], [{}]
    matrices = settings_of(data, over, verb)
    return matrices, [{over: level} for level in data.blocks[over].levels]


def _averages(
    model: PreparedList, settings: list[Floats], rows: Rows, weights: Floats, parameters: Floats
) -> tuple[Floats, Floats]:
    """Return average predicted shares, and how much each row moves them."""
    influence = model.influence(rows, weights, parameters)
    total = weights.sum()
    averages, moved = [], []
    for setting in settings:
        x = setting[rows]
        shares, slopes = holding_shares(x, parameters, model.method)
        average = weights @ shares / total
        by_coefficient = (weights * slopes) @ x / total
        averages.append(average)
        moved.append(
            weights * (shares - average) / total + influence[:, : x.shape[1]] @ by_coefficient
        )
    return np.array(averages), np.column_stack(moved)
