"""What a calibration takes out of influence values, so that variances know of it. Arrays only.

A calibrated total varies only as far as the auxiliaries do not explain it. Each calibration
leaves of the influence values x the residual x - A M C'x; A, M and C are small beside what they
act on, so that totals by PSU follow without the residuals of single respondents.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import linalg, sparse

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = [
    "Projection",
    "cells_projection",
    "raking_projection",
    "regression_projection",
    "residual_totals",
]

SWEEPS = 10  # of R's svyrecvar
_RANK = 1e-10
_ROUNDING = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """The part of influence values that a calibration explains: A M C'x.

    Attributes
    ----------
    spread, gather : scipy.sparse array
        A and C, shape (n, p).
    mixing : numpy.ndarray
        M, shape (p, p).
    """

    spread: sparse.csr_array
    gather: sparse.csr_array
    mixing: Floats


def residual_totals(
    projections: Sequence[Projection], influence: Floats | sparse.csc_array, adder: sparse.csr_array
) -> Floats:
    """Return totals of influence values without what calibrations explain, one after another.

    Parameters
    ----------
    projections : sequence of Projection
        In the order of the calibrations.
    influence : numpy.ndarray or scipy.sparse array
        Shape (n, k).
    adder : scipy.sparse array
        Which rows are added up where, shape (slots, n).

    Returns
    -------
    numpy.ndarray
        Shape (slots, k).
    """
    totals = _dense(adder @ influence)
    size = _dense(abs(influence).max(axis=0)).reshape(-1)
    explained: list[Floats] = []
    for number, projection in enumerate(projections):
        gathered = _dense(projection.gather.T @ influence)
        for earlier, part in zip(projections[:number], explained, strict=True):
            gathered = gathered - (projection.gather.T @ earlier.spread) @ part
        explained.append(projection.mixing @ gathered)
        totals = totals - (adder @ projection.spread) @ explained[-1]
    # What a margin fixes does not vary: rounding is no standard error.
    totals[:, np.abs(totals).max(axis=0, initial=0.0) <= _ROUNDING * size] = 0.0
    return totals


def cells_projection(codes: Codes, cells: int, before: Floats, after: Floats) -> Projection:
    """Return what post-stratification explains: the mean of each cell, weighted as before.

    Parameters
    ----------
    codes : numpy.ndarray
        The cell of each row, shape (n,), -1 outside.
    cells : int
    before, after : numpy.ndarray
        Weights, shape (n,).

    References
    ----------
    R survey 4.1-1, `svyrecvar` for `postStratify`: x/w averaged with the weights before.
    """
    ratio = np.divide(before, after, out=np.zeros(len(after)), where=after > 0)
    sizes = np.bincount(codes[codes >= 0], before[codes >= 0], cells)
    mixing = np.diag(np.divide(1.0, sizes, out=np.zeros(cells), where=sizes > 0))
    return Projection(
        _indicators(codes, cells, after), _indicators(codes, cells, ratio), np.asarray(mixing)
    )


def raking_projection(margins: Sequence[tuple[Codes, int]], after: Floats) -> Projection:
    """Return what raking explains: the cells' means taken out margin after margin.

    Parameters
    ----------
    margins : sequence of (codes, cells)
        As for `cells_projection`.
    after : numpy.ndarray
        Weights, shape (n,).

    References
    ----------
    R survey 4.1-1, `svyrecvar` for `rake`: x/w is averaged within each margin's cells, ten
    times over the margins. The averages are not weighted.
    """
    positive = after > 0
    codes = [np.where(positive, part, -1) for part, _ in margins]
    sizes = [cells for _, cells in margins]
    members = sparse.hstack(
        [
            _indicators(part, cells, positive.astype(float))
            for part, cells in zip(codes, sizes, strict=True)
        ],
        format="csr",
    )
    crossed = (members.T @ members).toarray()
    counts = np.maximum(np.diag(crossed), 1.0)
    shares = crossed / counts[:, None]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    mixing = np.zeros((offsets[-1], offsets[-1]))
    start = np.diag(1 / counts)
    for _ in range(SWEEPS):
        for low, high in itertools.pairwise(offsets):
            mixing[low:high] += start[low:high] - shares[low:high] @ mixing
    inverse = np.divide(1.0, after, out=np.zeros(len(after)), where=positive)
    return Projection(
        sparse.csr_array(sparse.diags_array(after) @ members),
        sparse.csr_array(sparse.diags_array(inverse) @ members),
        mixing,
    )


def regression_projection(
    blocks: Sequence[tuple[npt.NDArray[np.int64], Floats]], before: Floats, after: Floats
) -> Projection:
    """Return what a calibration explains: the regression on its auxiliaries.

    Parameters
    ----------
    blocks : sequence of (rows, auxiliaries)
        Row numbers, shape (m,), and auxiliaries, shape (m, p), of each part of the sample that
        was calibrated by itself.
    before, after : numpy.ndarray
        Weights, shape (n,).

    References
    ----------
    Deville and Särndal (1992), equation 3.4: residuals of the regression weighted as before,
    times the new weights. Oracle: R survey 4.1-1, `calibrate`.
    """
    root = np.sqrt(before)
    scale = np.divide(after, root, out=np.zeros(len(after)), where=root > 0)
    inverse = np.divide(1.0, scale, out=np.zeros(len(after)), where=scale != 0)
    spreads: list[sparse.csr_array] = []
    gathers: list[sparse.csr_array] = []
    for rows, auxiliaries in blocks:
        basis = _basis(auxiliaries * root[rows, None])
        for parts, factor in ((spreads, scale), (gathers, inverse)):
            parts.append(_placed(basis * factor[rows, None], rows, len(after)))
    spread = sparse.hstack(spreads, format="csr")
    return Projection(spread, sparse.hstack(gathers, format="csr"), np.eye(spread.shape[1]))


def _basis(columns: Floats) -> Floats:
    """Return an orthonormal basis of what columns span."""
    size = np.sqrt((columns**2).sum(axis=0))
    scaled = columns[:, size > 0] / size[size > 0]
    q, r, _ = linalg.qr(scaled, mode="economic", pivoting=True)
    lengths = np.abs(np.diag(r))
    return np.asarray(q[:, : len(lengths)][:, lengths > _RANK * lengths.max(initial=0.0)])


def _placed(values: Floats, rows: npt.NDArray[np.int64], n: int) -> sparse.csr_array:
    """Return values at their rows among n."""
    place = sparse.csr_array((np.ones(len(rows)), (rows, np.arange(len(rows)))), (n, len(rows)))
    return place @ sparse.csr_array(values)


def _indicators(codes: Codes, cells: int, values: Floats) -> sparse.csr_array:
    """Return a matrix that has each row's value in its cell."""
    rows = np.flatnonzero(codes >= 0)
    return sparse.csr_array((values[rows], (rows, codes[rows])), shape=(len(codes), cells))


def _dense(array: Any) -> Floats:
    return np.asarray(array.toarray() if sparse.issparse(array) else array, np.float64)
