"""Several outcomes as one: summary indices whose moments are frozen at baseline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.definitions.measures import Measure
from resilience.errors import EvaluationError, Issue, nearest
from resilience.evaluation.families.item_moments import constant_item, moments_of, weights_of
from resilience.inference.statistics.columns import columns_of, require_design
from resilience.inference.statistics.domains import domains_of, where_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.statistics.domains import Where

    Floats = npt.NDArray[np.float64]

__all__ = ["IndexMethod", "SummaryIndex", "apply_summary_index", "fit_summary_index"]

IndexMethod = Literal["mean_of_z", "inverse_covariance"]

_FEW = 4  # items; with so few two thirds must be answered, else half
_SIGNS = {"increase": 1.0, "decrease": -1.0}


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SummaryIndex:
    """How several items make one index: moments and weights of one group, frozen.

    Attributes
    ----------
    items : tuple of str
    directions : tuple of {'increase', 'decrease'}
        Which way each item is better.
    means, std_devs : numpy.ndarray
        Of the items in the reference group, shape (k,).
    weights : numpy.ndarray
        Of the items' z-scores, shape (k,); they add up to 1.
    centre, spread : float
        Mean and standard deviation of the weighted z-scores in the reference group: what is
        subtracted, and by what is divided.
    minimum_answered : int
        Respondents with fewer items have no index.
    method : {'mean_of_z', 'inverse_covariance'}
    reference : str
        Whose moments these are, in words.
    n : int
        Respondents of the reference group who have the index.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"x": [1.0, 2, 3, 4], "y": [1.0, 2, 2, 3], "ea": [1, 1, 2, 2]})
    >>> index = rs.fit_summary_index(
    ...     rs.SurveyDesign(frame, psu="ea"), ["x", "y"], {"x": "increase", "y": "increase"},
    ...     reference=None, method="inverse_covariance",
    ... )
    >>> index.items, index.n
    (('x', 'y'), 4)
    """

    items: tuple[str, ...]
    directions: tuple[str, ...]
    means: Floats
    std_devs: Floats
    weights: Floats
    centre: float
    spread: float
    minimum_answered: int
    method: IndexMethod
    reference: str
    n: int

    def __post_init__(self) -> None:
        """Make arrays read-only."""
        for array in (self.means, self.std_devs, self.weights):
            array.flags.writeable = False

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each item: `item direction mean std_dev weight`."""
        return pd.DataFrame(
            {
                "item": list(self.items),
                "direction": list(self.directions),
                "mean": self.means,
                "std_dev": self.std_devs,
                "weight": self.weights,
            }
        )

    def __repr__(self) -> str:
        """Return the items' table and the rules."""
        return f"{self.to_frame().to_string(index=False)}\n{self._told()}"

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, border=0)
        return f"{table}<p>{escape(self._told())}</p>"

    def _told(self) -> str:
        return (
            f"{self.method}, in standard deviations of {self.reference} (n {self.n:,}); "
            f"at least {self.minimum_answered} of {len(self.items)} items answered"
        )


def fit_summary_index(
    design: SurveyDesign,
    items: Sequence[str],
    directions: Mapping[str, str],
    *,
    reference: Where,
    method: IndexMethod = "mean_of_z",
    minimum_answered: int | None = None,
    rescaled: bool = True,
) -> SummaryIndex:
    """Learn from one group at baseline how several outcomes make one index.

    Use it where a family of outcomes stands for one idea and one answer is wanted. Moments and
    weights are those of the reference group, the comparison places at baseline, and stay what
    they are: applied to a later wave, the index moves only if answers do.

    Parameters
    ----------
    design : SurveyDesign
    items : sequence of str
        Numeric columns.
    directions : mapping of item to {'increase', 'decrease'}
        Which way each item is better; the index is higher where things are better.
    reference : mapping or boolean Series
        Whose moments are used, as `where` of `estimate_mean`:
        ``{"wave": "baseline", "site_role": "comparison"}``.
    method : {'mean_of_z', 'inverse_covariance'}
        The mean of z-scores (Kling, Liebman and Katz), or weighted by the row sums of the inverse
        of their covariance (Anderson), which counts items less that say the same.
    minimum_answered : int, optional
        How many items a respondent must have. Default: half of them, two thirds of four or
        fewer. The mean is over those answered; missing ones are not filled in. If a weight is
        negative all items must be answered.
    rescaled : bool
        Whether the index is divided by its own standard deviation in the reference group, so
        that it is in standard deviations of the index. Otherwise in those of the items: the mean
        of z as Kling, Liebman and Katz have it.

    Returns
    -------
    SummaryIndex

    Raises
    ------
    EvaluationError
        If fewer than two items are named, a direction is missing or none, nobody of the
        reference group answered enough, an item does not vary there, or items are combinations
        of each other.
    EstimationError
        If a column or a value of `reference` does not exist.

    Warns
    -----
    ResilienceWarning
        If an item has a negative weight: the index falls where it improves.

    Notes
    -----
    Moments are weighted by the design, sum(w (x - mean)^2) / sum(w); the covariance is of those
    who answered all items.

    References
    ----------
    Kling, Liebman and Katz (2007), Econometrica 75: 83-119; Anderson (2008), Journal of the
    American Statistical Association 103: 1481-1495. Oracle: R's `cov.wt(method = "ML")`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"t": list("bbbbee"), "x": [1.0, 2, 3, 4, 5, 5],
    ...                       "y": [4.0, 1, 3, 2, 1, 1]})
    >>> design = rs.SurveyDesign(frame, wave="t", waves="independent")
    >>> index = rs.fit_summary_index(design, ["x", "y"], {"x": "increase", "y": "decrease"},
    ...                              reference={"t": "b"})
    >>> index.weights
    array([0.5, 0.5])
    >>> later = rs.apply_summary_index(design, index, name="wellbeing")
    >>> rs.estimate_mean(later, "wellbeing", by="t").values.round(2).tolist()
    [0.0, 2.14]
    """
    require_design(design)
    names = tuple(dict.fromkeys(items))
    _require_items(names, directions, method)
    least = _least_answered(len(names), minimum_answered)
    signs = np.array([_SIGNS[directions[name]] for name in names])
    values = _values(design, names)
    group = (domains_of(design, None, reference).of_row >= 0) & (design.weights > 0)
    own, weight = values[group], design.weights[group]
    means, spreads = moments_of(names, own, weight)
    z = signs * (own - means) / spreads
    item_weights = weights_of(names, z, weight, method)
    least = len(names) if (item_weights < 0).any() else least
    index = SummaryIndex(
        names,
        tuple(directions[name] for name in names),
        means,
        spreads,
        item_weights,
        centre=0.0,
        spread=1.0,
        minimum_answered=least,
        method=method,
        reference="everybody" if reference is None else where_in_words(reference),
        n=0,
    )
    return _scaled(index, _scores(index, own), weight, rescaled=rescaled)


def apply_summary_index(
    design: SurveyDesign, index: SummaryIndex, *, name: str = "summary_index"
) -> SurveyDesign:
    """Return the design with a summary index as a column, for all its waves.

    Parameters
    ----------
    design : SurveyDesign
        With the index's items.
    index : SummaryIndex
        From `fit_summary_index`; its moments are used as they are.
    name : str
        Of the new column.

    Returns
    -------
    SurveyDesign
        The column is in standard deviations of the reference group, NaN for respondents with
        too few items.

    Raises
    ------
    EvaluationError
        If there is a column of this name.
    EstimationError
        If an item is no column.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"x": [1.0, 2, 3, 4], "y": [1.0, 2, 2, 3], "ea": [1, 1, 2, 2]})
    >>> design = rs.SurveyDesign(frame, psu="ea")
    >>> index = rs.fit_summary_index(design, ["x", "y"], {"x": "increase", "y": "increase"},
    ...                              reference=None)
    >>> round(rs.estimate_mean(rs.apply_summary_index(design, index), "summary_index").values[0], 9)
    np.float64(0.0)
    """
    require_design(design)
    if name in design.frame:
        raise EvaluationError(
            _issue(
                f"the design has a column '{name}' already",
                "apply_summary_index: name",
                name,
                "a new name",
                "name='…'",
            )
        )
    scores = (_scores(index, _values(design, index.items)) - index.centre) / index.spread
    measure = Measure(name, "index", {"en": name}, "standard deviations", "higher_is_better")
    return replace(
        design,
        frame=design.frame.assign(**{name: scores}),
        measures={**design.measures, name: measure},
    )


def _values(design: SurveyDesign, items: Sequence[str]) -> Floats:
    return np.column_stack([column.y for column in columns_of(design, items)])


def _scores(index: SummaryIndex, values: Floats) -> Floats:
    """Return the weighted mean of the z-scores that are there, NaN where they are too few."""
    signs = np.array([_SIGNS[direction] for direction in index.directions])
    z = signs * (values - index.means) / index.std_devs
    answered = ~np.isnan(z)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.nansum(z * index.weights, axis=1) / (answered * index.weights).sum(axis=1)
    return np.where(answered.sum(axis=1) >= index.minimum_answered, mean, np.nan)


def _scaled(index: SummaryIndex, scores: Floats, weight: Floats, *, rescaled: bool) -> SummaryIndex:
    """Return the index with mean 0, and if asked for standard deviation 1, where it was learnt."""
    known = ~np.isnan(scores)
    if not known.any():
        raise EvaluationError(
            _issue(
                "nobody of the reference group answered enough items",
                "fit_summary_index: minimum_answered",
                f"nobody with {index.minimum_answered} of {len(index.items)} items",
                "respondents who did",
                "lower minimum_answered, or leave out items that were not asked",
            )
        )
    centre = float(np.average(scores[known], weights=weight[known]))
    spread = float(np.sqrt(np.average((scores[known] - centre) ** 2, weights=weight[known])))
    if rescaled and not spread > 0:
        raise EvaluationError(constant_item("the index"))
    return replace(index, centre=centre, spread=spread if rescaled else 1.0, n=int(known.sum()))


def _least_answered(size: int, asked: int | None) -> int:
    if asked is None:
        return int(np.ceil(size * 2 / 3)) if size <= _FEW else int(np.ceil(size / 2))
    if not 1 <= asked <= size:
        raise EvaluationError(
            _issue(
                "so many items cannot be asked for",
                "fit_summary_index: minimum_answered",
                str(asked),
                f"1 to {size}",
                "correct it",
            )
        )
    return asked


def _require_items(names: Sequence[str], directions: Mapping[str, str], method: str) -> None:
    issues = [
        _issue(
            f"'{name}' has no direction" if name not in directions else "a direction that is none",
            "fit_summary_index: directions",
            str(directions.get(name, "nothing")),
            "increase or decrease: which way it is better",
            f"directions={{'{name}': 'increase', …}}",
        )
        for name in names
        if directions.get(name) not in _SIGNS
    ]
    issues += [
        _issue(
            f"'{name}' is no item of the index",
            "fit_summary_index: directions",
            name,
            "the items",
            nearest(name, names, "leave it out, or add it to the items"),
        )
        for name in directions
        if name not in names
    ]
    issues += _issues_of_rule(names, method)
    if issues:
        raise EvaluationError(*issues)


def _issues_of_rule(names: Sequence[str], method: str) -> list[Issue]:
    issues = []
    if len(names) < 2:  # noqa: PLR2004 - one item is itself
        issues.append(
            _issue(
                "an index has several items",
                "fit_summary_index: items",
                f"{len(names)} items",
                "two or more",
                "estimate the item itself",
            )
        )
    if method not in ("mean_of_z", "inverse_covariance"):
        issues.append(
            _issue(
                "there is no such index",
                "fit_summary_index: method",
                str(method),
                "mean_of_z or inverse_covariance",
                "choose one of them",
            )
        )
    return issues


def _issue(what: str, where: str, found: str, expected: str, remedy: str) -> Issue:
    return Issue(what, where, found, expected, remedy)
