"""The joint covariance of estimates, kept as what each PSU contributes to each of them.

With F the contributions centred and scaled, the covariance is F'F. Kept this way, contrasts
of anything with anything are products with a small matrix, and only the covariances that are
asked for are ever computed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy import sparse

from resilience.errors import EstimationError, Issue, ResilienceWarning
from resilience.inference.designs.replicate_weights import Replicates
from resilience.inference.designs.sample import UNLABELLED

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["Factor", "Part", "joined", "side_by_side"]

_BLOCK = 64  # columns centred at once where contributions are sparse


class Chance(Protocol):
    """Where contributions come from: a sample's PSUs, or its replicates."""

    @property
    def identity(self) -> str:
        """The same exactly when it is the same source of chance."""

    @property
    def rules(self) -> str:
        """The same where variances follow the same rules."""

    @property
    def n_slots(self) -> int:
        """The rows of contributions."""

    @property
    def n_cells(self) -> int:
        """The strata by wave."""

    def centred(self, contributions: Floats, /) -> Floats:
        """Return F: F'F is the covariance."""

    def degrees_of_freedom(self, cells: npt.NDArray[np.bool_], /) -> int:
        """Return the degrees of freedom that some cells give."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Contributions from one sample.

    Attributes
    ----------
    sample : Sample or Replicates
    contributions : numpy.ndarray or scipy.sparse array
        PSU totals of influence values, not yet centred, shape (slots, k). Sparse where PSUs
        are so many that most contribute to few rows.
    support : numpy.ndarray
        Which cells contribute to which row, shape (cells, k).
    known : numpy.ndarray
        Whether the contributions tell a row's variance, shape (k,).
    """

    sample: Chance
    contributions: npt.NDArray[np.float64] | sparse.csc_array
    support: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]

    def combined(self, coefficients: npt.NDArray[np.float64]) -> Part:
        """Return the contributions to linear combinations of the rows.

        What rests on a row whose variance is not known has none that is.

        Parameters
        ----------
        coefficients : numpy.ndarray
            One combination a row, shape (q, k).
        """
        used = coefficients != 0
        # Multiplying may raise the flag of an invalid value where there is none.
        with np.errstate(invalid="ignore"):
            contributions = self.contributions @ coefficients.T
        support = (self.support.astype(np.float32) @ used.T.astype(np.float32)) > 0
        return Part(self.sample, contributions, support, ~(used & ~self.known).any(axis=1))


@dataclass(frozen=True, eq=False)
class Factor:
    """Contributions to k rows from independent samples.

    Attributes
    ----------
    parts : tuple of Part
        One for each sample; their covariances add up.
    size : int
        The number of rows, k.
    taken : numpy.ndarray, optional
        Degrees of freedom that fitting a model took from each row, shape (k,); by default none.
    """

    parts: tuple[Part, ...]
    size: int
    taken: npt.NDArray[np.float64] | None = None

    def matrix(self) -> npt.NDArray[np.float64]:
        """Return F, shape (keys, k): F'F is the joint covariance."""
        dense = [part.sample.centred(_dense(part.contributions)) for part in self.parts]
        return np.vstack(dense) if dense else np.zeros((0, self.size))

    def covariance(self) -> npt.NDArray[np.float64]:
        """Return the joint covariance, shape (k, k); NaN where it is not known."""
        factor = self.matrix()
        joint = np.asarray(factor.T @ factor)
        unknown = ~self.known()
        joint[unknown, :] = joint[:, unknown] = np.nan
        return joint

    def variances(self) -> npt.NDArray[np.float64]:
        """Return the variances alone, shape (k,); NaN where they are not known."""
        return self._variances.copy()

    @cached_property
    def _variances(self) -> npt.NDArray[np.float64]:
        total = np.zeros(self.size)
        for part in self.parts:
            for start in range(0, self.size, _BLOCK):
                block = _dense(part.contributions[:, start : start + _BLOCK])
                total[start : start + _BLOCK] += (part.sample.centred(block) ** 2).sum(axis=0)
        return np.where(self.known(), total, np.nan)

    def known(self) -> npt.NDArray[np.bool_]:
        """Return whether each row's variance is known, shape (k,)."""
        known = np.ones(self.size, bool)
        for part in self.parts:
            known &= part.known
        return known

    def degrees_of_freedom(self) -> npt.NDArray[np.float64]:
        """Return for each row PSUs minus strata over the strata that contribute, shape (k,)."""
        total = np.zeros(self.size)
        for part in self.parts:
            known: dict[bytes, int] = {}
            for row in range(self.size):
                cells = part.support[:, row]
                key = cells.tobytes()
                if key not in known:
                    known[key] = part.sample.degrees_of_freedom(cells)
                total[row] += known[key]
        return self._after_fitting(total)

    def design_degrees_of_freedom(self) -> npt.NDArray[np.float64]:
        """Return for each row PSUs minus strata of the whole samples, shape (k,)."""
        everywhere = [np.ones(part.sample.n_cells, bool) for part in self.parts]
        pairs = zip(self.parts, everywhere, strict=True)
        whole = float(sum(part.sample.degrees_of_freedom(cells) for part, cells in pairs))
        return self._after_fitting(np.full(self.size, whole))

    def _after_fitting(self, df: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return df if self.taken is None else np.maximum(df - self.taken, 0.0)

    def combined(self, coefficients: npt.NDArray[np.float64]) -> Factor:
        """Return the factor of linear combinations, shape (q, k), of the rows.

        A combination has lost the degrees of freedom that any of its rows has lost.
        """
        parts = tuple(part.combined(coefficients) for part in self.parts)
        taken = None
        if self.taken is not None:
            taken = np.where(coefficients != 0, self.taken, 0.0).max(axis=1, initial=0.0)
        return Factor(parts, len(coefficients), taken)

    def selected(self, rows: npt.NDArray[np.int64]) -> Factor:
        """Return the factor of some of the rows."""
        parts = tuple(
            Part(part.sample, part.contributions[:, rows], part.support[:, rows], part.known[rows])
            for part in self.parts
        )
        return Factor(parts, len(rows), None if self.taken is None else self.taken[rows])


def side_by_side(sample: Chance, blocks: Sequence[Part]) -> Factor:
    """Return the factor of rows that were computed in blocks on one sample."""
    if any(sparse.issparse(block.contributions) for block in blocks):
        stacked = sparse.hstack([block.contributions for block in blocks], format="csc")
    else:
        stacked = np.hstack([_dense(block.contributions) for block in blocks])
    support = np.hstack([block.support for block in blocks])
    known = np.concatenate([block.known for block in blocks])
    return Factor((Part(sample, stacked, support, known),), support.shape[1])


def joined(factors: Sequence[Factor]) -> Factor:
    """Return the factor of the rows of several factors.

    Rows on the same sample keep their covariance; different samples are independent.

    Raises
    ------
    EstimationError
        If one sample occurs under two rules for its variances, or with two sets of replicates,
        or some variances are by replicates and others linearised.
    """
    _require_one_way([part.sample for factor in factors for part in factor.parts])
    size = sum(factor.size for factor in factors)
    samples: dict[str, Chance] = {}
    for part in (part for factor in factors for part in factor.parts):
        known = samples.setdefault(part.sample.identity, part.sample)
        if known.rules != part.sample.rules:
            raise EstimationError(
                Issue(
                    "estimates from one sample follow two rules for variances",
                    where="concat",
                    found="different fpc, lonely_psu or assumed_design_effect",
                    expected="the same fpc, lonely_psu and assumed_design_effect for all",
                    remedy="estimate both from one design",
                )
            )
    _tell_unlabelled(list(samples))
    thin = any(sparse.issparse(part.contributions) for factor in factors for part in factor.parts)
    parts = []
    for identity, sample in samples.items():
        blocks: list[Part] = []
        for factor in factors:
            own = [part for part in factor.parts if part.sample.identity == identity]
            blocks += own or [_nothing(sample, factor.size, thin=thin)]
        parts.append(side_by_side(sample, blocks).parts[0])
    taken = [np.zeros(f.size) if f.taken is None else f.taken for f in factors]
    return Factor(tuple(parts), size, np.concatenate(taken))


def _tell_unlabelled(identities: list[str]) -> None:
    """Say what was taken for granted of samples of persons that have no labels."""
    studies = [name.split("-")[1] for name in identities if name.startswith(UNLABELLED)]
    if len(set(studies)) < len(studies):
        warnings.warn(
            "designs from different frames, of persons without ids, are taken for independent "
            "samples; name 'respondent_id' in both if they are one sample",
            ResilienceWarning,
            stacklevel=4,
        )


def _require_one_way(sources: list[Chance]) -> None:
    """Refuse what has no joint covariance: other replicates of one sample, or none."""
    replicates = [source for source in sources if isinstance(source, Replicates)]
    of_sample: dict[str, str] = {}
    several = any(
        of_sample.setdefault(source.sample.identity, source.identity) != source.identity
        for source in replicates
        if not source.supplied
    )
    if not several and len(replicates) in (0, len(sources)):
        return
    raise EstimationError(
        Issue(
            "the variances of these estimates were made in two ways and have no covariance",
            where="concat",
            found="two sets of replicates of one sample"
            if several
            else "some by replicates, some by linearisation",
            expected="one set of replicates, or linearisation, for all",
            remedy="estimate all from one design",
        )
    )


def _nothing(sample: Chance, size: int, *, thin: bool) -> Part:
    shape = (sample.n_slots, size)
    contributions = sparse.csc_array(shape) if thin else np.zeros(shape)
    support = np.zeros((sample.n_cells, size), bool)
    return Part(sample, contributions, support, np.ones(size, bool))


def _dense(array: npt.NDArray[np.float64] | sparse.csc_array) -> npt.NDArray[np.float64]:
    thin: Any = array
    return np.asarray(thin.toarray() if sparse.issparse(array) else array, np.float64)
