"""The steps by which weights were made, kept on the design: what, why, and how far they moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from resilience.inference.weights.projection import Projection

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Words = Mapping[str, str]

__all__ = ["Convergence", "FittedMargin", "WeightStep", "kish_effect", "projections_of"]


@dataclass(frozen=True, slots=True)
class Convergence:
    """How weights came to fit in one part of the sample that was fitted by itself.

    Attributes
    ----------
    wave, site : str
        The part; empty for all.
    iterations : int
    largest_miss : float
        The largest relative difference that is left between the sample and a margin.
    """

    wave: str
    site: str
    iterations: int
    largest_miss: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FittedMargin:
    """A margin on the rows of a sample.

    Attributes
    ----------
    variable, wave, site : str
        What it is of; wave and site empty for all.
    categories : tuple of str
        Its cells; a number has one, named "total".
    targets : numpy.ndarray
        The population, shape (cells,).
    codes : numpy.ndarray
        The cell of each row, shape (n,); -1 outside.
    numbers : numpy.ndarray or None
        What is added up, shape (n,); None for people.
    source : mapping of language to text
    """

    variable: str
    wave: str
    site: str
    categories: tuple[str, ...]
    targets: Floats
    codes: Codes
    numbers: Floats | None
    source: Words

    def totals(self, weights: Floats) -> Floats:
        """Return what weights make of the cells, shape (cells,)."""
        inside = self.codes >= 0
        counted = weights if self.numbers is None else weights * self.numbers
        totals = np.bincount(self.codes[inside], counted[inside], len(self.targets))
        return totals.astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WeightStep:
    """One step by which weights were made.

    Attributes
    ----------
    action : str
        What was done: nonresponse, poststratify, rake, calibrate, trim or normalise; to make
        groups alike entropy_balance or propensity.
    detail : str
        By what rule, in words.
    sources : tuple of texts
        Where margins come from, each once.
    before, after : numpy.ndarray
        Weights, shape (n,), read-only.
    reweight : callable
        From any weights before to those after, both of shape (n,).
    margins : tuple of FittedMargin
    convergence : tuple of Convergence
    projection : Projection or None
        What variances must know of it. None for steps that do not enter the variance:
        nonresponse classes, trimming, normalisation.
    """

    action: str
    detail: str
    sources: tuple[Words, ...]
    before: Floats
    after: Floats
    reweight: Callable[[Floats], Floats]
    margins: tuple[FittedMargin, ...] = ()
    convergence: tuple[Convergence, ...] = ()
    projection: Projection | None = None

    def __post_init__(self) -> None:
        """Make arrays read-only."""
        for array in (self.before, self.after):
            array.flags.writeable = False

    def recalibrated(self, weights: Floats) -> Floats:
        """Return what this step makes of other weights, for instance those of a replicate.

        Raises
        ------
        DesignError
            If they cannot reach the margins.
        """
        return self.reweight(weights)

    @property
    def n(self) -> int:
        """Respondents with a weight above 0."""
        return int((self.after > 0).sum())

    @property
    def weight_low(self) -> float:
        """The smallest weight that is not 0."""
        return float(self.after[self.after != 0].min())

    @property
    def weight_high(self) -> float:
        """The largest weight."""
        return float(self.after.max())

    @property
    def kish_before(self) -> float:
        """Kish's design effect of the weights before."""
        return kish_effect(self.before)

    @property
    def kish_after(self) -> float:
        """Kish's design effect of the weights after."""
        return kish_effect(self.after)

    @property
    def iterations(self) -> int:
        """The most iterations that any part took; 0 where nothing was iterated."""
        return max((part.iterations for part in self.convergence), default=0)

    @property
    def largest_miss(self) -> float:
        """The largest relative difference left to a margin; 0 without margins."""
        return max((part.largest_miss for part in self.convergence), default=0.0)

    def __repr__(self) -> str:
        """Return one line; never weights."""
        kish = f"Kish effect {self.kish_before:.3f} to {self.kish_after:.3f}"
        return f"<WeightStep {self.action}: {self.detail}; {kish}>"


def kish_effect(weights: Floats) -> float:
    """Return Kish's design effect of unequal weights, 1 + cv², over those that are not 0.

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7.
    """
    used = weights[weights != 0]
    return float(len(used) * (used**2).sum() / used.sum() ** 2) if len(used) else float("nan")


def projections_of(history: Sequence[WeightStep]) -> tuple[Projection, ...]:
    """Return what variances must know of weights, in the order of the steps."""
    return tuple(step.projection for step in history if step.projection is not None)
