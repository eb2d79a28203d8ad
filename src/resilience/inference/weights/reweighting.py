"""Steps that make weights fit margins: post-stratification, raking, calibration."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from resilience.errors import DesignError, Issue
from resilience.inference.weights.calibration import calibrate_weights
from resilience.inference.weights.projection import (
    cells_projection,
    raking_projection,
    regression_projection,
)
from resilience.inference.weights.raking import Fit, fit_to_cells, rake_weights
from resilience.inference.weights.sample_margins import blocks_of
from resilience.inference.weights.weight_history import Convergence, WeightStep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from resilience.definitions.margins import Margin
    from resilience.inference.weights.calibration import CalibrationMethod
    from resilience.inference.weights.projection import Projection
    from resilience.inference.weights.sample_margins import Block, Weighted

    Floats = npt.NDArray[np.float64]
    Rule = Callable[["Block", Floats], "Fit"]

__all__ = ["calibration_step", "poststratification_step", "raking_step"]

_UNBOUNDED = {"linear": (-np.inf, np.inf), "raking": (0.0, np.inf)}


class _Reweighted(NamedTuple):
    weights: Floats
    convergence: tuple[Convergence, ...]


def poststratification_step(people: Weighted, margins: Margin | Sequence[Margin]) -> WeightStep:
    """Return the step that fits one margin in each wave, or each wave and site."""
    blocks = blocks_of(people, margins, "poststratify")
    done = _reweighted(blocks, _poststratified, "poststratify", people.weights)
    codes = np.full(len(people.weights), -1, np.int64)
    cells = 0
    for margin in (margin for block in blocks for margin in block.margins):
        codes = np.where(margin.codes >= 0, margin.codes + cells, codes)
        cells += len(margin.targets)
    projection = cells_projection(codes, cells, people.weights, done.weights)
    return _step(people, blocks, ("poststratify", _poststratified), done, projection)


def raking_step(people: Weighted, margins: Margin | Sequence[Margin]) -> WeightStep:
    """Return the step that fits several margins in turn, in each wave by itself."""
    blocks = blocks_of(people, margins, "rake")
    done = _reweighted(blocks, _raked, "rake", people.weights)
    pairs = [(margin.codes, len(margin.targets)) for block in blocks for margin in block.margins]
    projection = raking_projection(pairs, done.weights)
    return _step(people, blocks, ("rake", _raked), done, projection)


def calibration_step(
    people: Weighted,
    margins: Margin | Sequence[Margin],
    *,
    method: CalibrationMethod,
    bounds: tuple[float, float] | None,
) -> WeightStep:
    """Return the step that changes weights least, in each wave by itself."""
    _require_bounds(method, bounds)
    limits = _UNBOUNDED[method] if bounds is None else bounds
    blocks = blocks_of(people, margins, "calibrate")
    rule = partial(_calibrated, method=method, bounds=limits)
    done = _reweighted(blocks, rule, "calibrate", people.weights)
    parts = [(block.rows, _auxiliaries(block)) for block in blocks]
    projection = regression_projection(parts, people.weights, done.weights)
    detail = f"{method}" if bounds is None else f"{method}, bounds {bounds[0]:g} to {bounds[1]:g}"
    return _step(people, blocks, ("calibrate", rule), done, projection, detail)


def _step(
    people: Weighted,
    blocks: tuple[Block, ...],
    what: tuple[str, Rule],
    done: _Reweighted,
    projection: Projection,
    detail: str = "",
) -> WeightStep:
    margins = tuple(margin for block in blocks for margin in block.margins)
    variables = ", ".join(dict.fromkeys(margin.variable for margin in margins))
    return WeightStep(
        action=what[0],
        detail=f"{detail} on {variables}" if detail else f"on {variables}",
        sources=tuple({str(margin.source): margin.source for margin in margins}.values()),
        before=people.weights,
        after=done.weights,
        reweight=partial(_only_weights, blocks, what[1], what[0]),
        margins=margins,
        convergence=done.convergence,
        projection=projection,
    )


def _only_weights(blocks: tuple[Block, ...], rule: Rule, verb: str, weights: Floats) -> Floats:
    return _reweighted(blocks, rule, verb, weights).weights


def _reweighted(blocks: tuple[Block, ...], rule: Rule, verb: str, weights: Floats) -> _Reweighted:
    """Fit each block by itself, or raise for all that cannot be."""
    made, found, issues = weights.copy(), [], []
    for block in blocks:
        empty = _empty_issues(block, weights, verb)
        if empty:
            issues += empty
            continue
        fit = rule(block, weights[block.rows])
        if not fit.converged:
            issues.append(_miss_issue(block, fit, verb))
        elif (fit.weights < 0).any():
            issues.append(_negative_issue(block, fit, verb))
        made[block.rows] = fit.weights
        miss = float(fit.misses.max())
        found.append(Convergence(block.wave, block.site, fit.iterations, miss))
    if issues:
        raise DesignError(*issues)
    return _Reweighted(made, tuple(found))


def _poststratified(block: Block, weights: Floats) -> Fit:
    margin = block.margins[0]
    return Fit(fit_to_cells(weights, margin.codes[block.rows], margin.targets), 1, np.zeros(1))


def _raked(block: Block, weights: Floats) -> Fit:
    margins = [(margin.codes[block.rows], margin.targets) for margin in block.margins]
    return rake_weights(weights, margins)


def _calibrated(
    block: Block, weights: Floats, *, method: CalibrationMethod, bounds: tuple[float, float]
) -> Fit:
    totals = np.concatenate([margin.targets for margin in block.margins])
    used = weights > 0
    fit = calibrate_weights(
        weights[used], _auxiliaries(block)[used], totals, method=method, bounds=bounds
    )
    made = np.zeros(len(weights))
    made[used] = fit.weights
    return Fit(made, fit.iterations, fit.misses)


def _auxiliaries(block: Block) -> Floats:
    """Return a column for each cell and each number, shape (rows of the block, p)."""
    columns = []
    for margin in block.margins:
        codes = margin.codes[block.rows]
        numbers = np.ones(len(codes)) if margin.numbers is None else margin.numbers[block.rows]
        columns.append((codes[:, None] == np.arange(len(margin.targets))) * numbers[:, None])
    return np.hstack(columns)


def _empty_issues(block: Block, weights: Floats, verb: str) -> list[Issue]:
    """Tell of cells in which nobody weighs more than 0, as can be in a replicate."""
    issues = []
    for margin in block.margins:
        if margin.numbers is not None:
            continue
        empty = margin.totals(weights) <= 0
        if empty.any():
            names = [f"'{name}'" for name, bad in zip(margin.categories, empty, strict=True) if bad]
            issues.append(
                Issue(
                    f"nobody weighs anything in cells of the margin of {margin.variable}",
                    where=f"{verb}: {block.name}",
                    found=", ".join(names),
                    expected="weights above 0 in each cell",
                    remedy="join the cells with others, in the margin and in the column",
                )
            )
    return issues


def _miss_issue(block: Block, fit: Fit, verb: str) -> Issue:
    """Tell which margin weights do not meet."""
    if len(fit.misses) == len(block.margins):
        names = [margin.variable for margin in block.margins]
    else:
        names = [f"{m.variable} ({name})" for m in block.margins for name in m.categories]
    worst = int(np.nan_to_num(fit.misses, nan=np.inf).argmax())
    return Issue(
        f"weights do not meet the margin of {names[worst]}",
        where=f"{verb}: {block.name}",
        found=f"off by {fit.misses[worst]:.2g} of its size after {fit.iterations} iterations",
        expected="weights that meet all margins at once",
        remedy="look for empty combinations of categories and margins that cannot hold together; "
        + ("widen the bounds" if verb == "calibrate" else "leave a margin out"),
    )


def _negative_issue(block: Block, fit: Fit, verb: str) -> Issue:
    return Issue(
        "calibration makes weights negative",
        where=f"{verb}: {block.name}",
        found=f"{int((fit.weights < 0).sum())} of {len(fit.weights)} weights",
        expected="weights of 0 or more",
        remedy="method='raking' keeps weights positive; or bounds=(0.2, 5)",
    )


def _require_bounds(method: str, bounds: tuple[float, float] | None) -> None:
    """Refuse methods there are not, and bounds within which a method cannot work."""
    found, expected = str(bounds), ""
    if method not in ("linear", "raking", "logit"):
        found, expected = repr(method), "method 'linear', 'raking' or 'logit'"
    elif bounds is None and method == "logit":
        expected = "bounds=(low, high), for instance (0.3, 3): 'logit' is made by them"
    elif bounds is not None and not bounds[0] < 1 < bounds[1]:
        expected = "bounds=(low, high) around 1: multiples of the weights before"
    elif bounds is not None and method == "logit" and not np.isfinite(bounds).all():
        expected = "finite bounds"
    if expected:
        raise DesignError(
            Issue("calibration cannot work so", "calibrate", found, expected, "correct the call")
        )
