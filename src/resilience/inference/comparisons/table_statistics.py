"""Tests of independence in a two-way table from its cells and their covariance. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["Figures", "RaoScott", "quadratic_form", "rao_scott", "residual_totals", "wald_f"]

_CONDITION = 1e-12


@dataclass(frozen=True, slots=True)
class Figures:
    """A statistic with the distribution it is referred to.

    Attributes
    ----------
    statistic, df, ddf, p_value : float
        `ddf` is infinite for a chi-square.
    """

    statistic: float
    df: float
    ddf: float
    p_value: float


@dataclass(frozen=True, slots=True)
class RaoScott:
    """The corrected chi-squares of a table.

    Attributes
    ----------
    pearson : float
        Pearson's chi-square of the weighted table, scaled to n respondents.
    design_effect : float
        The mean of the generalised design effects, by which it is divided.
    first, second : Figures
        First order: chi-square with whole degrees of freedom. Second order: F.
    """

    pearson: float
    design_effect: float
    first: Figures
    second: Figures


def rao_scott(table: Floats, covariance: Floats, n: float, df: float) -> RaoScott | None:
    """Return Rao and Scott's first and second order corrections.

    Parameters
    ----------
    table : numpy.ndarray
        Estimated proportions that add up to 1, shape (rows, columns), each row and column
        above 0.
    covariance : numpy.ndarray
        Of the proportions, row by row, shape (rows columns, rows columns).
    n : float
        Respondents.
    df : float
        Degrees of freedom of the design.

    Returns
    -------
    RaoScott or None
        None if the cells do not vary, or empty cells leave no test.

    References
    ----------
    Rao and Scott (1984), Annals of Statistics 12: 46-60, equations 3.3 to 3.5; Thomas and Rao
    (1987) for F. As R survey's `svychisq`, empty cells take no part in the correction.
    """
    rows, columns = table.shape
    p = table.ravel()
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)).ravel()
    pearson = float(n * ((p - expected) ** 2 / expected).sum())
    contrasts = _interaction(rows, columns)
    inverse = np.divide(1.0, p, out=np.zeros_like(p), where=p > 0)
    scaled = contrasts * inverse[:, None]
    simple = contrasts.T @ scaled / n
    if not _is_regular(simple):
        return None
    delta = np.linalg.solve(simple, scaled.T @ covariance @ scaled)
    trace, square = float(np.trace(delta)), float(np.trace(delta @ delta))
    if not trace > 0:
        return None
    size = contrasts.shape[1]
    effective = trace**2 / square
    effect = trace / size
    first, second = pearson / effect, pearson / trace
    return RaoScott(
        pearson,
        effect,
        Figures(first, size, np.inf, float(stats.chi2.sf(first, size))),
        Figures(
            second,
            effective,
            effective * df,
            float(stats.f.sf(second, effective, effective * df)),
        ),
    )


def residual_totals(totals: Floats) -> tuple[Floats, Floats]:
    """Return observed less expected totals outside the first row and column, and derivatives.

    Parameters
    ----------
    totals : numpy.ndarray
        Estimated totals, shape (rows, columns).

    Returns
    -------
    residuals : numpy.ndarray
        Shape ((rows - 1) (columns - 1),).
    jacobian : numpy.ndarray
        Shape ((rows - 1) (columns - 1), rows columns).
    """
    rows, columns = totals.shape
    of_row, of_column, whole = totals.sum(axis=1), totals.sum(axis=0), totals.sum()
    residuals = totals - np.outer(of_row, of_column) / whole
    slopes = (
        np.einsum("ik,jl->ijkl", np.eye(rows), np.eye(columns))
        - np.einsum("ik,j->ijk", np.eye(rows), of_column / whole)[:, :, :, None]
        - np.einsum("jl,i->ijl", np.eye(columns), of_row / whole)[:, :, None, :]
        + (np.outer(of_row, of_column) / whole**2)[:, :, None, None]
    )
    size = (rows - 1) * (columns - 1)
    return residuals[1:, 1:].ravel(), slopes[1:, 1:].reshape(size, rows * columns)


def quadratic_form(values: Floats, covariance: Floats) -> float | None:
    """Return b' V^-1 b; None if the covariance is singular."""
    if not _is_regular(covariance):
        return None
    spread = np.sqrt(np.diag(covariance))
    scaled = values / spread
    return float(scaled @ np.linalg.solve(covariance / np.outer(spread, spread), scaled))


def wald_f(form: float, size: int, df: float, *, adjusted: bool) -> Figures:
    """Return Wald's F of q quantities; adjusted for estimating their covariance if asked.

    Unadjusted on (q, df). Adjusted (df - q + 1)/(q df) times the form on (q, df - q + 1), which
    holds its level where PSUs are few (Fellegi 1980; Thomas, Singh and Roberts 1996).
    """
    ddf = df - size + 1 if adjusted else df
    statistic = form * ddf / (size * df) if adjusted else form / size
    return Figures(statistic, size, ddf, float(stats.f.sf(statistic, size, ddf)))


def _interaction(rows: int, columns: int) -> Floats:
    """Return a basis of the interactions: cells of tables with row and column sums 0."""
    across = [np.vstack([np.eye(size - 1), -np.ones(size - 1)]) for size in (rows, columns)]
    return np.asarray(np.kron(across[0], across[1]), np.float64)


def _is_regular(matrix: Floats) -> bool:
    """Return whether a covariance has an inverse, whatever the units of its rows."""
    spread = np.sqrt(np.maximum(np.diag(matrix), 0))
    if not np.isfinite(matrix).all() or (spread == 0).any():
        return False
    return bool(np.linalg.eigvalsh(matrix / np.outer(spread, spread))[0] > _CONDITION)
