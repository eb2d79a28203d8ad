"""Make weights fit what is known of the population: post-stratify, rake, calibrate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from resilience.inference.statistics.columns import require_design
from resilience.inference.weights.reweighting import (
    calibration_step,
    poststratification_step,
    raking_step,
)
from resilience.inference.weights.sample_margins import Weighted
from resilience.inference.weights.weight_history import WeightStep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt

    from resilience.definitions.margins import Margin
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.weights.calibration import CalibrationMethod

    Floats = npt.NDArray[np.float64]

__all__ = ["calibrate", "poststratify", "rake", "with_rule", "with_step"]


def poststratify(design: SurveyDesign, margins: Margin | Sequence[Margin]) -> SurveyDesign:
    """Make weights add up to the population in each cell of one margin.

    Use it where the population is known by one variable, or by two crossed, and each cell has
    respondents, at best twenty or more. In each wave (and site, if margins name one) by itself;
    rows that no margin is about keep their weight. A missing value of the variable is an error.

    Parameters
    ----------
    design : SurveyDesign
    margins : Margin or sequence of Margin
        One for each wave, or each wave and site: `study.margins`, or made with `rs.Margin`.

    Returns
    -------
    SurveyDesign
        A new one, with one more step in its `weight_history`. Its standard errors are those of
        what the cells do not explain.

    Raises
    ------
    DesignError
        If a margin is wrong, contradicts another or cannot be reached: a category of the sample
        without a figure, a cell without respondents, several margins of the same people; all at
        once.

    References
    ----------
    Lumley (2010), Complex Surveys, section 7.2. Oracle: R survey 4.1-1, `postStratify`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "sex": list("ffmf"), "ea": [1, 1, 2, 3]})
    >>> census = rs.Margin(variable="sex", counts={"f": 60, "m": 60}, source="Census 2022")
    >>> design = rs.poststratify(rs.SurveyDesign(frame, psu="ea"), census)
    >>> design.weights
    array([20., 20., 60., 20.])
    """
    require_design(design)
    return with_step(design, poststratification_step(_weighted(design), margins))


def rake(design: SurveyDesign, margins: Margin | Sequence[Margin]) -> SurveyDesign:
    """Make weights add up to several margins of the population at once.

    Use it where the population is known by several variables one at a time, as from a census's
    tables. The margins are fitted in turn until all are met to 1e-11 of their size; in each
    wave by itself (in each site, where every margin of the wave names one). Rows that no margin
    is about keep their weight. A missing value of a variable is an error.

    Parameters
    ----------
    design : SurveyDesign
    margins : Margin or sequence of Margin
        `study.margins`, or made with `rs.Margin`.

    Returns
    -------
    SurveyDesign
        A new one, with one more step in its `weight_history`, which tells the iterations and
        the largest miss. Its standard errors are those of what the margins do not explain.

    Raises
    ------
    DesignError
        As for `poststratify`; or if the weights do not come to meet all margins.

    References
    ----------
    Deming and Stephan (1940). Oracle: R survey 4.1-1, `rake`, whose variance takes the margins'
    cell means out one after another, ten times, and does not weight these means; that of
    `calibrate(method="raking")` on the same margins, with the same weights, does.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"sex": list("ffmm"), "town": list("abab"), "y": [1.0, 2, 4, 7]})
    >>> margins = [
    ...     rs.Margin(variable="sex", shares={"f": 0.5, "m": 0.5}, total=100, source="Census"),
    ...     rs.Margin(variable="town", shares={"a": 0.6, "b": 0.4}, source="Census"),
    ... ]
    >>> rs.rake(rs.SurveyDesign(frame), margins).weights
    array([30., 20., 30., 20.])
    """
    require_design(design)
    return with_step(design, raking_step(_weighted(design), margins))


def calibrate(
    design: SurveyDesign,
    margins: Margin | Sequence[Margin],
    *,
    method: CalibrationMethod = "linear",
    bounds: tuple[float, float] | None = None,
) -> SurveyDesign:
    """Change weights as little as possible so that they meet totals of the population.

    Use it where totals of numbers are known besides categories (a `Margin` with `total` alone),
    or where weights must not move beyond bounds. In each wave by itself, as `rake`. Rows that
    no margin is about keep their weight. A missing value of a variable is an error.

    Parameters
    ----------
    design : SurveyDesign
    margins : Margin or sequence of Margin
        At least one by category: it tells the size of the population.
    method : {'linear', 'raking', 'logit'}
        What "as little as possible" means: squares (the generalised regression estimator), the
        multiplicative distance of raking, or the logistic one, which needs `bounds`.
    bounds : (float, float), optional
        Between which multiples of the weights before the new ones must lie.

    Returns
    -------
    SurveyDesign
        A new one, with one more step in its `weight_history`. Its standard errors are those of
        the residuals of a regression on the margins.

    Raises
    ------
    DesignError
        As for `poststratify`; if the totals cannot be met, or not within the bounds; or if
        weights would be negative.

    References
    ----------
    Deville and Särndal (1992), JASA 87, 376-382. Oracle: R survey 4.1-1, `calibrate`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"sex": list("ffmm"), "age": [20.0, 40, 30, 50]})
    >>> margins = [
    ...     rs.Margin(variable="sex", counts={"f": 50, "m": 50}, source="Census"),
    ...     rs.Margin(variable="age", total=3600, source="Census"),
    ... ]
    >>> design = rs.calibrate(rs.SurveyDesign(frame), margins)
    >>> design.weights.round(6)
    array([22.5, 27.5, 22.5, 27.5])
    """
    require_design(design)
    step = calibration_step(_weighted(design), margins, method=method, bounds=bounds)
    return with_step(design, step)


def with_step(design: SurveyDesign, step: WeightStep) -> SurveyDesign:
    """Return the design with the weights that one more step made."""
    return replace(design, weight_history=(*design.weight_history, step))


def with_rule(
    design: SurveyDesign, action: str, detail: str, reweight: Callable[[Floats], Floats]
) -> SurveyDesign:
    """Return the design with the weights that a rule without margins makes."""
    before = design.weights
    return with_step(design, WeightStep(action, detail, (), before, reweight(before), reweight))


def _weighted(design: SurveyDesign) -> Weighted:
    return Weighted(design.frame, design.weights, design.wave)
