"""Weights from chances of selection, and steps on weights that need no margin."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.errors import DesignError, Issue
from resilience.inference.statistics.columns import require_design
from resilience.inference.weighting.weight_groups import (
    groups_of,
    require_columns,
    require_groups,
    require_values,
)
from resilience.inference.weighting.weighting import with_rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["adjust_nonresponse", "base_weights", "normalise_weights"]


def base_weights(frame: pd.DataFrame, *, probabilities: str | Sequence[str]) -> pd.Series:
    """Return weights from the chances of selection: one over their product.

    Use it where fieldwork recorded how likely each stage was: the sampling point, the household
    within it, the person within the household.

    Parameters
    ----------
    frame : pandas.DataFrame
    probabilities : str or sequence of str
        Columns with each stage's chance, above 0 and up to 1.

    Returns
    -------
    pandas.Series
        Named "weight", in the frame's order: persons represented.

    Raises
    ------
    DesignError
        If a column is absent, or chances are missing or no chances; all at once.

    References
    ----------
    Horvitz and Thompson (1952), JASA 47, 663-685.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"p_point": [0.1, 0.1], "p_person": [0.5, 0.25]})
    >>> frame.assign(weight=rs.base_weights(frame, probabilities=["p_point", "p_person"]))
       p_point  p_person  weight
    0      0.1      0.50    20.0
    1      0.1      0.25    40.0
    """
    names = [probabilities] if isinstance(probabilities, str) else list(probabilities)
    require_columns(frame, names, "base_weights(probabilities=)")
    chances = frame[names].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    issues = [
        Issue(
            f"'{name}' holds no chances of selection",
            where="base_weights(probabilities=)",
            found=f"{int(wrong.sum())} rows missing, not above 0, or above 1",
            expected="a number above 0 and up to 1 in each row",
            remedy="correct the column; counts become chances as selected / there were",
        )
        for name, wrong in zip(names, ~((chances > 0) & (chances <= 1)).T, strict=True)
        if wrong.any()
    ]
    if issues:
        raise DesignError(*issues)
    return pd.Series(1 / chances.prod(axis=1), index=frame.index, name="weight")


def adjust_nonresponse(
    design: SurveyDesign, *, responded: str, classes: str | Sequence[str]
) -> SurveyDesign:
    """Let respondents stand for those who were selected with them and did not answer.

    Use it on a design of all who were selected, before weights are made to fit margins. In each
    class, and wave, respondents take over the weight of all. Who did not answer keeps a row,
    with the weight 0: a sampling point where nobody answered is still part of the sample. That
    the weights rest on this sample's response does not enter the variance.

    Parameters
    ----------
    design : SurveyDesign
        Of all who were selected.
    responded : str
        A column of 1 and 0, or true and false.
    classes : str or sequence of str
        Columns known of everybody, within whose combinations respondents resemble the others.

    Returns
    -------
    SurveyDesign
        A new one, with one more step in its `weight_history`.

    Raises
    ------
    DesignError
        If a column is absent or has missing values, `responded` says more than yes and no, or
        nobody of a class responded; all at once.

    References
    ----------
    Särndal, Swensson and Wretman (1992), section 15.6. Oracle: weights of R survey 4.1-1,
    `postStratify` of the respondents to the classes' totals of all.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"town": list("aabb"), "answered": [1, 0, 1, 1], "w": [10.0] * 4})
    >>> selected = rs.SurveyDesign(frame, weight="w")
    >>> rs.adjust_nonresponse(selected, responded="answered", classes="town").weights
    array([20.,  0., 10., 10.])
    """
    require_design(design)
    names = [classes] if isinstance(classes, str) else list(classes)
    require_columns(design.frame, [responded, *names], "adjust_nonresponse")
    require_values(design, [responded, *names], "adjust_nonresponse")
    answered = design.frame[responded]
    if not answered.isin([0, 1]).all():
        raise DesignError(
            Issue(
                f"'{responded}' says more than who responded",
                where="adjust_nonresponse(responded=)",
                found="other values than 0 and 1",
                expected="1 or true for respondents, 0 or false for the others",
                remedy="make such a column from the final disposition codes",
            )
        )
    said = answered.to_numpy().astype(bool)
    codes, labels = groups_of(design, [*names, *([design.wave] if design.wave else [])])
    reweight = partial(_taken_over, said=said, codes=codes, labels=labels)
    detail = f"{int(said.sum()):,} of {len(said):,} responded; classes of {', '.join(names)}"
    return with_rule(design, "nonresponse", detail, reweight)


def normalise_weights(
    design: SurveyDesign, *, over: str | Sequence[str], to: Literal["equal", "n"] = "equal"
) -> SurveyDesign:
    """Let countries, or waves, count alike or by their respondents when they are pooled.

    Use it before estimating over several countries whose weights add up to populations of
    different size. Within a country nothing changes. Weights then no longer add up to people:
    totals mean nothing. It is a rule, and does not enter the variance.

    Parameters
    ----------
    design : SurveyDesign
    over : str or sequence of str
        The columns whose combinations are made to count: ["country", "wave"].
    to : {'equal', 'n'}
        Whether each gets the same share of the weights' sum, which stays; or as much as it has
        respondents with a weight above 0.

    Returns
    -------
    SurveyDesign
        A new one, with one more step in its `weight_history`.

    Raises
    ------
    DesignError
        If a column is absent or has missing values, or a group weighs nothing.

    References
    ----------
    European Social Survey, Guide to Using Weights (2020): weights across countries.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"country": list("aab"), "w": [100.0, 300, 20]})
    >>> design = rs.SurveyDesign(frame, weight="w")
    >>> rs.normalise_weights(design, over="country").weights
    array([ 52.5, 157.5, 210. ])
    >>> rs.normalise_weights(design, over="country", to="n").weights
    array([0.5, 1.5, 1. ])
    """
    require_design(design)
    if to not in ("equal", "n"):
        message = f"'to' must be 'equal' or 'n' (got {to!r})"
        raise ValueError(message)
    names = [over] if isinstance(over, str) else list(over)
    require_columns(design.frame, names, "normalise_weights(over=)")
    require_values(design, names, "normalise_weights(over=)")
    codes, labels = groups_of(design, names)
    reweight = partial(_normalised, codes=codes, labels=labels, to=to)
    share = "equal shares" if to == "equal" else "by respondents"
    return with_rule(design, "normalise", f"{share} over {', '.join(names)}", reweight)


def _taken_over(
    weights: Floats, *, said: npt.NDArray[np.bool_], codes: Codes, labels: Sequence[str]
) -> Floats:
    """Return respondents' weights times their class's weight over that of its respondents."""
    selected = np.bincount(codes, weights, len(labels))
    answered = np.bincount(codes[said], weights[said], len(labels))
    require_groups(answered > 0, labels, "nobody of a class responded", "adjust_nonresponse")
    return np.where(said, weights * (selected / answered)[codes], 0.0)


def _normalised(
    weights: Floats, *, codes: Codes, labels: Sequence[str], to: Literal["equal", "n"]
) -> Floats:
    sums = np.bincount(codes, weights, len(labels))
    require_groups(sums > 0, labels, "a group weighs nothing", "normalise_weights")
    n = np.bincount(codes[weights > 0], minlength=len(labels))
    wanted = np.full(len(labels), weights.sum() / len(labels)) if to == "equal" else n
    return np.asarray(weights * (wanted / sums)[codes])
