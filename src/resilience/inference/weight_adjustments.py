"""Weights from chances of selection, and steps on weights that need no margin."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from resilience.errors import DesignError, Issue, nearest
from resilience.inference.columns import require_design
from resilience.inference.weight_history import WeightStep
from resilience.inference.weighting import with_step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from resilience.inference.design import SurveyDesign

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["adjust_nonresponse", "base_weights", "normalise_weights", "trim_weights"]

_MOST_NAMED = 5


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
    _require_columns(frame, names, "base_weights(probabilities=)")
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
    _require_columns(design.frame, [responded, *names], "adjust_nonresponse")
    _require_values(design, [responded, *names], "adjust_nonresponse")
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
    codes, labels = _groups(design, [*names, *([design.wave] if design.wave else [])])
    reweight = partial(_taken_over, said=said, codes=codes, labels=labels)
    detail = f"{int(said.sum()):,} of {len(said):,} responded; classes of {', '.join(names)}"
    return _with(design, "nonresponse", detail, reweight)


def trim_weights(
    design: SurveyDesign,
    *,
    lower: float = 0.0,
    upper: float = np.inf,
    redistribute: bool = True,
    strict: bool = False,
) -> SurveyDesign:
    """Cut weights that are too large or too small.

    Use it where a few weights make estimates uncertain: the bias that trimming brings is then
    less than what it saves. Trimmed weights no longer meet margins exactly: rake once more, or
    use `calibrate` with bounds. That limits were set after a look at the weights does not enter
    the variance; steps that fitted margins before still do, as in R. Weights of 0 stay 0.

    Parameters
    ----------
    design : SurveyDesign
    lower, upper : float
        Limits of the weights.
    redistribute : bool
        Whether what is cut off is shared out equally among the other weights of the same wave,
        so that their sum stays.
    strict : bool
        Whether to repeat until no weight lies outside, which sharing out can bring about.

    Returns
    -------
    SurveyDesign
        A new one, with one more step in its `weight_history`.

    Raises
    ------
    DesignError
        If the limits cross, or no weights are left to take up what is cut off.

    References
    ----------
    Potter (1990), Proceedings of the Section on Survey Research Methods, ASA, 225-230.
    Oracle: R survey 4.1-1, `trimWeights`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"w": [10.0, 10, 10, 70]})
    >>> rs.trim_weights(rs.SurveyDesign(frame, weight="w"), upper=40).weights
    array([20., 20., 20., 40.])
    """
    require_design(design)
    if not 0 <= lower < upper:
        found = f"{lower:g} to {upper:g}"
        raise DesignError(
            Issue("limits of weights cross", "trim_weights", found, "0 <= lower < upper", "correct")
        )
    codes, labels = _groups(design, [design.wave] if design.wave else [])
    reweight = partial(
        _trimmed,
        lower=lower,
        upper=upper,
        redistribute=redistribute,
        strict=strict,
        codes=codes,
        labels=labels,
    )
    outside = ((design.weights < lower) | (design.weights > upper)) & (design.weights > 0)
    detail = f"{int(outside.sum()):,} weights beyond {lower:g} to {upper:g}"
    return _with(design, "trim", detail, reweight)


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
    _require_columns(design.frame, names, "normalise_weights(over=)")
    _require_values(design, names, "normalise_weights(over=)")
    codes, labels = _groups(design, names)
    reweight = partial(_normalised, codes=codes, labels=labels, to=to)
    share = "equal shares" if to == "equal" else "by respondents"
    return _with(design, "normalise", f"{share} over {', '.join(names)}", reweight)


def _with(
    design: SurveyDesign, action: str, detail: str, reweight: Callable[[Floats], Floats]
) -> SurveyDesign:
    before = design.weights
    return with_step(design, WeightStep(action, detail, (), before, reweight(before), reweight))


def _taken_over(
    weights: Floats, *, said: npt.NDArray[np.bool_], codes: Codes, labels: Sequence[str]
) -> Floats:
    """Return respondents' weights times their class's weight over that of its respondents."""
    selected = np.bincount(codes, weights, len(labels))
    answered = np.bincount(codes[said], weights[said], len(labels))
    _require_some(answered > 0, labels, "nobody of a class responded", "adjust_nonresponse")
    return np.where(said, weights * (selected / answered)[codes], 0.0)


def _trimmed(
    weights: Floats,
    *,
    lower: float,
    upper: float,
    redistribute: bool,
    strict: bool,
    codes: Codes,
    labels: Sequence[str],
) -> Floats:
    """Return weights within limits, what is cut off added to the others of the group."""
    positive = weights > 0
    while True:
        outside = positive & ((weights < lower) | (weights > upper))
        if not outside.any():
            return weights
        made = np.where(positive, np.clip(weights, lower, upper), 0.0)
        if not redistribute:
            return made
        taking = positive & ~outside
        cut = np.bincount(codes, weights - made, len(labels))
        takers = np.bincount(codes[taking], minlength=len(labels))
        able = (takers > 0) | (cut == 0)
        _require_some(able, labels, "no weight within the limits is left", "trim_weights")
        added = np.divide(cut, takers, out=np.zeros(len(labels)), where=takers > 0)
        weights = np.where(taking, made + added[codes], made)
        if (weights < 0).any():
            _require_some(
                np.array([False]), ["all"], "sharing out makes weights negative", "trim_weights"
            )
        if not strict:
            return weights


def _normalised(
    weights: Floats, *, codes: Codes, labels: Sequence[str], to: Literal["equal", "n"]
) -> Floats:
    sums = np.bincount(codes, weights, len(labels))
    _require_some(sums > 0, labels, "a group weighs nothing", "normalise_weights")
    n = np.bincount(codes[weights > 0], minlength=len(labels))
    wanted = np.full(len(labels), weights.sum() / len(labels)) if to == "equal" else n
    return np.asarray(weights * (wanted / sums)[codes])


def _groups(design: SurveyDesign, names: Sequence[str]) -> tuple[Codes, list[str]]:
    """Return the group of each row, and the groups' names."""
    if not names:
        return np.zeros(len(design.frame), np.int64), ["the sample"]
    joined = design.frame[list(names)].astype("str").agg(" × ".join, axis=1)
    codes, labels = pd.factorize(joined, sort=True)
    return codes.astype(np.int64), list(map(str, labels))


def _require_some(
    enough: npt.NDArray[np.bool_], labels: Sequence[str], what: str, where: str
) -> None:
    if enough.all():
        return
    lacking = [f"'{label}'" for label, there in zip(labels, enough, strict=True) if not there]
    more = f" and {len(lacking) - _MOST_NAMED} more" if len(lacking) > _MOST_NAMED else ""
    raise DesignError(
        Issue(
            what,
            where=where,
            found=", ".join(lacking[:_MOST_NAMED]) + more,
            expected="weights above 0 to carry the others",
            remedy="join the group with others, or choose wider limits",
        )
    )


def _require_columns(frame: pd.DataFrame, names: Sequence[str], where: str) -> None:
    issues = [
        Issue(
            f"the frame has no column '{name}'",
            where=where,
            found=str(name),
            expected="a column of the frame",
            remedy=nearest(str(name), map(str, frame.columns), "correct the name"),
        )
        for name in names
        if name not in frame
    ]
    if not names:
        issues.append(Issue("no column is named", where, "nothing", "at least one", "name it"))
    if issues:
        raise DesignError(*issues)


def _require_values(design: SurveyDesign, names: Sequence[str], where: str) -> None:
    issues = [
        Issue(
            f"'{name}' is missing",
            where=where,
            found=f"{int(design.frame[name].isna().sum())} of {len(design.frame)} rows",
            expected="a value in each row",
            remedy="fill it in, or make 'missing' a value of its own",
        )
        for name in names
        if design.frame[name].isna().any()
    ]
    if issues:
        raise DesignError(*issues)
