"""Give a design replicates: its own, or those that a producer of data supplies."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd

from resilience.errors import DesignError, Issue, ResilienceWarning, nearest
from resilience.inference.designs.relations import related_groups, relations_of
from resilience.inference.designs.replicate_weights import ReplicateKind, Replicates
from resilience.inference.designs.resampling import (
    balanced,
    bootstrapped,
    jackknifed,
    linked_strata,
)
from resilience.inference.statistics.columns import require_design

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.designs.resampling import Drawn

    Floats = npt.NDArray[np.float64]

__all__ = ["as_replicates", "with_replicate_weights"]

LARGEST = 100_000_000  # multipliers that are kept in memory: 800 MB
_DRAWN = ("JK1", "JKn", "BRR", "Fay", "bootstrap")
_KINDS = get_args(ReplicateKind)
_FAR = 5.0  # R survey's bound for weights that hardly are what they are said to be


def as_replicates(
    design: SurveyDesign,
    kind: ReplicateKind,
    *,
    n_replicates: int | None = None,
    seed: int | np.random.Generator | None = None,
    fay: float = 0.3,
    mse: bool = False,
) -> SurveyDesign:
    """Return the design with replicates, from which all variances are then computed.

    Use it for statistics without a formula for their variance, to check a linearised variance,
    or to publish data without telling who lives where. Replicates are made of whole PSUs: each
    keeps all its respondents, also those with missing answers, and statistics leave out the same
    respondents under every replicate. A PSU that is visited in several waves is left out, or
    drawn, in all of them at once; independent waves have draws of their own. Finite population
    corrections, `lonely_psu` ('fail', 'remove', 'average') and an assumed design effect are
    kept: totals have the linearised variance, exactly for the jackknife and balanced half
    samples and in expectation for the bootstrap.

    Parameters
    ----------
    design : SurveyDesign
    kind : {'JK1', 'JKn', 'BRR', 'Fay', 'bootstrap'}
        The jackknife without and with strata; balanced half samples of two PSUs a stratum, and
        Fay's milder variant; Rao and Wu's bootstrap, which draws m - 1 of m PSUs with
        replacement.
    n_replicates : int, optional
        How many, for the bootstrap; the other kinds have their number.
    seed : int or numpy.random.Generator, optional
        Where the bootstrap's chance comes from; there is no default.
    fay : float
        By how much Fay's method keeps the weights, from 0 (half samples) to below 1.
    mse : bool
        Whether deviations are from the estimate instead of from the replicates' mean.

    Returns
    -------
    SurveyDesign
        The same with `replicates`. Degrees of freedom remain PSUs minus strata, never more than
        replicates minus 1. A row that rests on one PSU has no known standard error, as without
        replicates.

    Raises
    ------
    DesignError
        If the kind does not fit the design: strata for JK1, other than two PSUs a stratum for
        half samples, later stages that count, `lonely_psu` 'adjust'; if the bootstrap has no
        number or no seed; or if the multipliers are too many to be kept.

    References
    ----------
    Wolter (2007), Introduction to Variance Estimation, chapters 3 and 4; Rao, Wu and Yue (1992),
    Survey Methodology 18, 209-217; Judkins (1990), Journal of Official Statistics 6, 223-239.
    Oracle: R survey 4.1-1, `as.svrepdesign` (JK1, JKn; BRR and bootstrap by its weights).

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4, 7], "w": [10, 10, 20, 20], "ea": [1, 1, 2, 3]})
    >>> design = rs.SurveyDesign(frame, weight="w", psu="ea")
    >>> rs.as_replicates(design, "JK1")
    <SurveyDesign: 4 respondents, 3 PSUs, 1 stratum, 3 replicates (JK1), df 2>
    """
    require_design(design)
    issues = _asked_wrongly(kind, n_replicates, seed, fay) or _unfit(design, kind)
    issues += [] if issues else _too_many(design, kind, n_replicates)
    if issues:
        raise DesignError(*issues)
    sample = design.sample
    drawn = _drawn(design, kind, n_replicates, seed, fay)
    slots = slice(None) if sample.psu_of_slot is None else sample.psu_of_slot
    return replace(
        design,
        replicates=Replicates(
            kind=kind,
            multipliers=drawn.multipliers[:, slots],
            unit_of_row=design.slot_of_row,
            combined=False,
            scale=drawn.scale,
            rscales=drawn.rscales,
            mse=mse,
            group_of_unit=np.zeros(sample.n_slots, np.int64),
            sample=sample,
            supplied=False,
        ),
    )


def with_replicate_weights(
    design: SurveyDesign,
    columns: Sequence[str],
    *,
    kind: ReplicateKind,
    scale: float | None = None,
    rscales: Sequence[float] | None = None,
    fay: float | None = None,
    combined: bool = True,
    mse: bool = False,
) -> SurveyDesign:
    """Return the design with replicate weights that the producer of the data supplies.

    Use it where files carry replicate weights instead of strata and PSUs. What the producer says
    of their scale is used exactly as said. Waves that are said to be independent are so, although
    their replicates have the same numbers.

    Parameters
    ----------
    design : SurveyDesign
        With the weights of the whole sample; strata and PSUs are not used.
    columns : sequence of str
        The columns of replicate weights, a number in each row; negative ones occur.
    kind : {'JK1', 'JK2', 'JKn', 'BRR', 'Fay', 'bootstrap', 'successive-difference', 'other'}
        How they were made.
    scale : float, optional
        By what the sum of squared deviations is multiplied. Needed for JK1 and 'other'; else by
        kind, with R replicates: JK2 and JKn 1, BRR 1/R, Fay 1/(R (1 - fay)^2), bootstrap
        1/(R - 1), successive-difference 4/R.
    rscales : sequence of float, optional
        By what each squared deviation is multiplied, one a column; needed for JKn, else 1.
    fay : float, optional
        The share of the weights that Fay's method kept; needed for Fay.
    combined : bool
        Whether the columns are weights; else they multiply the weights of the whole sample.
    mse : bool
        Whether deviations are from the estimate instead of from the replicates' mean.

    Returns
    -------
    SurveyDesign
        With `replicates`. Degrees of freedom are the rank of the replicate weights minus 1 for
        all rows. Replicates under which a row has no value do not count towards it, with a
        warning; a row that has a value under none has no known standard error.

    Raises
    ------
    DesignError
        If a column is absent or has missing values, or what the kind needs is not said.

    Warns
    -----
    ResilienceWarning
        If the columns look as if they were multipliers, or weights, against what is said.

    References
    ----------
    Oracle: R survey 4.1-1, `svrepdesign` and its `degf`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> frame = pd.DataFrame({"y": [1.0, 2, 4], "w": [10, 20, 30], "r1": [0, 30, 45],
    ...                       "r2": [15, 0, 45], "r3": [15, 30, 0]})
    >>> design = rs.SurveyDesign(frame, weight="w")
    >>> given = rs.with_replicate_weights(design, ["r1", "r2", "r3"], kind="JK1", scale=2 / 3)
    >>> rs.estimate_total(given, "y").std_error.round(3).tolist()
    [98.489]
    """
    require_design(design)
    names = [columns] if isinstance(columns, str) else list(columns)
    issues = [*_column_issues(design, names), *_said_wrongly(kind, scale, rscales, fay)]
    if rscales is not None and len(rscales) != len(names):
        issues.append(_issue("rscales", f"{len(rscales)} numbers", f"{len(names)}, one a column"))
    if combined and design.weight is None:
        issues.append(_issue("weight", "none", "the weights of the whole sample in the design"))
    if issues:
        raise DesignError(*issues)
    table = design.frame[names].to_numpy(np.float64)
    _warn_if_not_as_said(table.mean(), design.weights.mean(), combined=combined)
    wave = design.sample.wave_of_cell[design.sample.cell_of_slot[design.slot_of_row]]
    groups = related_groups(design.wave_names, relations_of(design.wave_names, design.waves))
    size = len(names)
    return replace(
        design,
        replicates=Replicates(
            kind=kind,
            multipliers=table.T,
            unit_of_row=np.arange(len(table)),
            combined=combined,
            scale=_scale(kind, size, fay) if scale is None else float(scale),
            rscales=np.ones(size) if rscales is None else np.array(rscales, np.float64),
            mse=mse,
            group_of_unit=groups[wave],
            sample=design.sample,
            supplied=True,
        ),
    )


def _scale(kind: str, size: int, fay: float | None) -> float:
    """Return the scale that a kind has by itself."""
    by_kind = {
        "BRR": 1 / size,
        "Fay": 1 / (size * (1 - (fay or 0.0)) ** 2),
        "bootstrap": 1 / max(size - 1, 1),
        "successive-difference": 4 / size,
    }
    return by_kind.get(kind, 1.0)


def _drawn(
    design: SurveyDesign,
    kind: ReplicateKind,
    n_replicates: int | None,
    seed: int | np.random.Generator | None,
    fay: float,
) -> Drawn:
    if kind == "bootstrap":
        return bootstrapped(design.sample, n_replicates or 0, np.random.default_rng(seed))
    if kind in ("BRR", "Fay"):
        return balanced(design.sample, fay if kind == "Fay" else 0.0)
    return jackknifed(design.sample)


def _issue(argument: str, found: str, expected: str, remedy: str = "say it") -> Issue:
    return Issue(
        f"'{argument}' does not fit the replicates",
        where="replicates",
        found=found,
        expected=expected,
        remedy=remedy,
    )


def _asked_wrongly(kind: str, n_replicates: int | None, seed: object, fay: float) -> list[Issue]:
    if kind not in _DRAWN:
        close = nearest(str(kind), _DRAWN, "choose one of them")
        return [_issue("kind", repr(kind), "one of " + ", ".join(_DRAWN), close)]
    issues = []
    if kind == "bootstrap":
        if n_replicates is None or n_replicates < 2:  # noqa: PLR2004 - a variance needs two
            issues.append(_issue("n_replicates", str(n_replicates), "at least 2, usually 500"))
        if seed is None:
            remedy = "seed=1, so that the same numbers come out again"
            issues.append(_issue("seed", "none", "where chance comes from", remedy))
    elif n_replicates is not None:
        expected = f"none: the design says how many {kind} has"
        issues.append(_issue("n_replicates", str(n_replicates), expected, "leave it out"))
    if not 0 <= fay < 1:
        issues.append(_issue("fay", str(fay), "from 0 to below 1"))
    return issues


def _unfit(design: SurveyDesign, kind: str) -> list[Issue]:
    """Return why a kind cannot be made from a design."""
    sample, issues = design.sample, []
    strata = np.bincount(sample.wave_of_cell)
    if kind == "JK1" and strata.max() > 1:
        found = f"{strata.max()} strata"
        issues.append(_issue("kind", found, "no strata for JK1", "choose JKn"))
    if kind in ("BRR", "Fay"):
        cells = sample.scale > 0
        sizes = np.bincount(linked_strata(sample))
        linked = linked_strata(sample)[sample.first.key_of_unit]
        varying = np.unique(linked[cells[sample.first.group_of_unit]])
        wrong = int((sizes[varying] != 2).sum() + (sample.cell_sizes[cells] != 2).sum())  # noqa: PLR2004
        if wrong:
            expected = "two PSUs in each stratum, the same in all related waves"
            issues.append(_issue("kind", "strata of other sizes", expected, "choose JKn"))
    if sample.later:
        remedy = "make the design from its first stage, without fpc: PSUs count as drawn with "
        issues.append(
            _issue("psu", "several stages", "one stage: replicates are whole PSUs, and what "
                   "later stages add would be left out", remedy + "replacement")
        )  # fmt: skip
    if sample.uncentred.any():
        remedy = "lonely_psu='average' or 'remove', or join strata"
        issues.append(_issue("lonely_psu", "adjust", "a rule that replicates can follow", remedy))
    if not (sample.scale > 0).any():
        issues.append(_issue("fpc", "every PSU of the population", "a sample of them"))
    return issues


def _too_many(design: SurveyDesign, kind: str, n_replicates: int | None) -> list[Issue]:
    sample = design.sample
    keys = int(sample.key_of_slot.max()) + 1
    rows = {"bootstrap": n_replicates or 0, "BRR": 2 * keys, "Fay": 2 * keys}.get(kind, keys)
    if rows * sample.n_slots <= LARGEST:
        return []
    found = f"{rows:,} replicates of {sample.n_slots:,} PSUs or persons"
    remedy = "a bootstrap with fewer replicates; or variances by linearisation"
    return [_issue("kind", found, f"up to {LARGEST:,} multipliers", remedy)]


def _column_issues(design: SurveyDesign, names: list[str]) -> list[Issue]:
    frame = design.frame
    there = [str(name) for name in frame.columns]
    issues = [
        _issue("columns", name, "a column of the design", nearest(name, there, "correct the name"))
        for name in names
        if name not in frame
    ]
    for name in (name for name in names if name in frame):
        if not pd.api.types.is_numeric_dtype(frame[name]):
            issues.append(_issue("columns", f"'{name}' is {frame[name].dtype}", "numbers"))
        elif not np.isfinite(frame[name].to_numpy(np.float64, na_value=np.nan)).all():
            issues.append(_issue("columns", f"'{name}' has missing values", "a number in each row"))
    if len(set(names)) < max(len(names), 2):
        issues.append(_issue("columns", f"{len(set(names))} columns", "at least 2, each once"))
    return issues


def _said_wrongly(
    kind: str, scale: float | None, rscales: Sequence[float] | None, fay: float | None
) -> list[Issue]:
    if kind not in _KINDS:
        close = nearest(str(kind), _KINDS, "choose one of them")
        return [_issue("kind", repr(kind), "one of " + ", ".join(_KINDS), close)]
    issues = []
    documented = "look it up in the producer's documentation"
    if kind in ("JK1", "other") and scale is None:
        expected = "(m - 1)/m for m PSUs" if kind == "JK1" else "the producer's scale"
        issues.append(_issue("scale", "none", expected, documented))
    if scale is not None and not (np.isfinite(scale) and scale > 0):
        issues.append(_issue("scale", str(scale), "a number above 0", documented))
    if kind == "JKn" and rscales is None:
        issues.append(
            _issue("rscales", "none", "(m - 1)/m of each replicate's stratum", documented)
        )
    if rscales is not None and not all(np.isfinite(part) and part >= 0 for part in rscales):
        issues.append(_issue("rscales", "negative or missing numbers", "0 or more", documented))
    if (fay is None) == (kind == "Fay") or not 0 <= (fay or 0.0) < 1:
        expected = "a share from 0 to below 1 for Fay, none for other kinds"
        issues.append(_issue("fay", str(fay), expected, documented))
    return issues


def _warn_if_not_as_said(replicate: float, weight: float, *, combined: bool) -> None:
    """Warn where R survey does: combined weights are as large as weights, multipliers near 1."""
    like_multipliers = replicate < _FAR and weight / replicate > _FAR
    like_weights = replicate > _FAR and weight / replicate < _FAR
    if (combined and like_multipliers) or (not combined and like_weights):
        other = not combined
        warnings.warn(
            f"the replicate weights do not look as said (combined={combined}): their mean is "
            f"{replicate:g}, that of the weights {weight:g}; if so, say combined={other}",
            ResilienceWarning,
            stacklevel=3,
        )
