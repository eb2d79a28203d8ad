"""The joint covariance of estimates from multiply imputed data: within and between imputations.

T = W + (1 + 1/m) B stays a product F'F: the m factors of the imputations one below the other,
each divided by the root of m, and below them the deviations of the imputations from their mean
times the root of (1 + 1/m) / (m - 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from resilience.errors import EstimationError, Issue
from resilience.inference.results.factor import Factor, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["ImputationDf", "ImputedFactor", "joined_over_imputations"]

ImputationDf = Literal["barnard_rubin", "rubin"]


@dataclass(frozen=True, eq=False, kw_only=True)
class ImputedFactor(Factor):
    """Contributions to k rows in each of m imputations.

    Attributes
    ----------
    within : tuple of Factor
        One for each imputation.
    deviations : numpy.ndarray
        The estimates of each imputation minus their mean, shape (m, k).
    rule : {'barnard_rubin', 'rubin'}
        Where degrees of freedom come from.
    """

    within: tuple[Factor, ...]
    deviations: Floats
    rule: ImputationDf

    @classmethod
    def of(cls, within: Sequence[Factor], deviations: Floats, rule: ImputationDf) -> ImputedFactor:
        """Return the factor of imputations; where there is no estimate there is no deviation."""
        parts = tuple(part for factor in within for part in factor.parts)
        return cls(
            parts,
            deviations.shape[1],
            within=tuple(within),
            deviations=np.nan_to_num(deviations),
            rule=rule,
        )

    @property
    def imputations(self) -> int:
        """The number of imputations, m."""
        return len(self.within)

    def between(self) -> Floats:
        """Return (1 + 1/m) B, what imputing adds to each row's variance, shape (k,)."""
        return np.asarray((self._scaled() ** 2).sum(axis=0))

    def matrix(self) -> Floats:
        """Return F, shape (rows of all imputations + m, k)."""
        root = np.sqrt(self.imputations)
        return np.vstack([*(part.matrix() / root for part in self.within), self._scaled()])

    def variances(self) -> Floats:
        """Return the variances alone, shape (k,); NaN where they are not known."""
        return np.asarray(np.mean([part.variances() for part in self.within], axis=0)) + (
            self.between()
        )

    def known(self) -> npt.NDArray[np.bool_]:
        """Return whether each row's variance is known, shape (k,)."""
        return np.asarray(np.all([part.known() for part in self.within], axis=0), np.bool_)

    def share_between(self) -> Floats:
        """Return which share of each row's variance comes from imputing, shape (k,)."""
        total = self.variances()
        share = np.zeros(self.size)
        return np.asarray(np.divide(self.between(), total, out=share, where=total > 0))

    def degrees_of_freedom(self) -> Floats:
        """Return degrees of freedom by the rule, complete data having those of the rows."""
        return self._by_rule(np.min([part.degrees_of_freedom() for part in self.within], axis=0))

    def design_degrees_of_freedom(self) -> Floats:
        """Return degrees of freedom by the rule, complete data having those of the design."""
        whole = [part.design_degrees_of_freedom() for part in self.within]
        return self._by_rule(np.min(whole, axis=0))

    def combined(self, coefficients: Floats) -> ImputedFactor:
        """Return the factor of linear combinations, shape (q, k), of the rows."""
        return ImputedFactor.of(
            [part.combined(coefficients) for part in self.within],
            self.deviations @ coefficients.T,
            self.rule,
        )

    def selected(self, rows: npt.NDArray[np.int64]) -> ImputedFactor:
        """Return the factor of some of the rows."""
        return ImputedFactor.of(
            [part.selected(rows) for part in self.within], self.deviations[:, rows], self.rule
        )

    def _scaled(self) -> Floats:
        m = self.imputations
        return np.asarray(self.deviations * np.sqrt((1 + 1 / m) / (m - 1)))

    def _by_rule(self, complete: Floats) -> Floats:
        """Return Rubin's (1987, eq. 3.1.6) or Barnard and Rubin's (1999, eq. 3) numbers."""
        share = self.share_between()
        infinite = np.full(self.size, np.inf)
        old = np.divide(self.imputations - 1, share**2, out=infinite, where=share > 0)
        if self.rule == "rubin":
            return np.asarray(np.where(complete > 0, old, 0.0))
        observed = (complete + 1) / (complete + 3) * complete * (1 - share)
        usable = observed > 0
        total = 1 / old + np.divide(1.0, observed, out=np.ones(self.size), where=usable)
        return np.asarray(np.where(usable, 1 / total, 0.0))


def joined_over_imputations(factors: Sequence[Factor]) -> Factor:
    """Return the factor of the rows of several factors, some of them perhaps imputed.

    Imputations are taken in their order, the first with the first; a factor without
    imputations is the same in all.

    Raises
    ------
    EstimationError
        If numbers of imputations or rules for degrees of freedom differ.
    """
    imputed = [factor for factor in factors if isinstance(factor, ImputedFactor)]
    if not imputed:
        return joined(factors)
    forms = {(factor.imputations, factor.rule) for factor in imputed}
    if len(forms) > 1:
        raise EstimationError(
            Issue(
                "results were combined from imputations in two ways",
                where="concat",
                found="; ".join(f"{m} imputations, df '{rule}'" for m, rule in sorted(forms)),
                expected="the same imputations and rule for all",
                remedy="concatenate within each imputation first, then combine_imputations",
            )
        )
    ((m, rule),) = forms
    within = [
        joined([f.within[at] if isinstance(f, ImputedFactor) else f for f in factors])
        for at in range(m)
    ]
    deviations = np.hstack(
        [f.deviations if isinstance(f, ImputedFactor) else np.zeros((m, f.size)) for f in factors]
    )
    return ImputedFactor.of(within, deviations, rule)
