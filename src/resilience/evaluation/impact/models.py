"""The columns of each estimator's regression: what is fixed, and what the assignment makes.

Arrays only. An estimator is a weighted regression of one outcome on fixed columns and on columns
that are switched on in treated units. Under another assignment other units are switched on and
nothing else changes, so that every permutation is the whole estimator anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.evaluation.impact.noting import ImpactNote

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

__all__ = ["Model", "dummies", "joined", "statistics_under"]

_SINGULAR = 1e-10
_BLOCK = 2_000


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Model:
    """One outcome's regression.

    Attributes
    ----------
    y : numpy.ndarray
        Shape (n,), or (n, k) for outcomes that the same rows answered; all finite.
    weight : numpy.ndarray
        Shape (n,); above 0.
    unit : numpy.ndarray of int
        Shape (n,).
    fixed : numpy.ndarray
        Columns that no assignment changes, shape (n, p).
    switched : numpy.ndarray
        Columns that count in treated units, shape (n, q).
    reported : tuple of int
        Which of the q are the effect.
    keys : tuple of mapping
        What tells the reported rows apart.
    names : tuple of str
        Of the p fixed columns.
    notes : tuple of ImpactNote
    permutable : bool
        Whether other assignments say what would have been switched on.
    rows : numpy.ndarray of int
        Which respondents of the sample these are, shape (n,).
    cell : numpy.ndarray of int or None
        The cell within which weights add up to the same, shape (n,); None where they do not.
    """

    y: Floats
    weight: Floats
    unit: Codes
    fixed: Floats
    switched: Floats
    reported: tuple[int, ...]
    names: tuple[str, ...]
    keys: tuple[Mapping[str, Any], ...] = ({},)
    notes: tuple[ImpactNote, ...] = ()
    permutable: bool = True
    rows: Codes | None = None
    cell: Codes | None = None

    def __repr__(self) -> str:
        """Return sizes; never rows."""
        return f"<Model: {len(self.y):,} rows, {self.fixed.shape[1]} columns>"


def dummies(codes: Codes, size: int, *, first: bool) -> Floats:
    """Return a column of 0 and 1 for each code, or for each but the first."""
    matrix = np.zeros((len(codes), size))
    matrix[np.arange(len(codes)), codes] = 1.0
    return matrix if first else matrix[:, 1:]


def joined(models: Sequence[Model]) -> list[tuple[Model, list[int]]]:
    """Return models whose regressions differ in the outcome only as one, each with its places.

    Returns
    -------
    list of (Model, list of int)
        The model with `y` of shape (n, k), and which of the models it stands for.
    """
    found: list[list[int]] = []
    for at, model in enumerate(models):
        of = next((part for part in found if _alike(models[part[0]], model)), None)
        if of is None:
            found.append([at])
        else:
            of.append(at)
    return [
        (replace(models[part[0]], y=np.column_stack([models[at].y for at in part])), part)
        for part in found
    ]


def _alike(one: Model, other: Model) -> bool:
    return one.fixed.shape == other.fixed.shape and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("unit", "weight", "fixed", "switched", "rows")
    )


def statistics_under(model: Model, assignments: Flags, units: int) -> Floats:
    """Return the reported coefficients under each assignment.

    By the Frisch-Waugh theorem: with the fixed columns taken out, what each unit adds to the
    normal equations is summed over the units that an assignment treats.

    Parameters
    ----------
    model : Model
    assignments : numpy.ndarray of bool
        Shape (r, G).
    units : int
        G.

    Returns
    -------
    numpy.ndarray
        Shape (r, reported), or (r, reported, k) of k outcomes; NaN where an assignment leaves
        the effect undefined.
    """
    q = model.switched.shape[1]
    y = model.y if model.y.ndim > 1 else model.y[:, None]
    weighted = model.fixed * model.weight[:, None]
    inverse: Floats = np.linalg.pinv(model.fixed.T @ weighted, hermitian=True).astype(np.float64)
    residual = y - model.fixed @ (inverse @ (weighted.T @ y))
    switched = model.switched * model.weight[:, None]
    with_y = np.stack(
        [_by_unit(switched[:, [j]] * residual, model.unit, units) for j in range(q)], axis=1
    )
    with_fixed = [_by_unit(switched[:, [j]] * model.fixed, model.unit, units) for j in range(q)]
    own = {
        (i, j): _by_unit(switched[:, [i]] * model.switched[:, [j]], model.unit, units)[:, 0]
        for i in range(q)
        for j in range(i, q)
    }
    found = [
        _solved(part.astype(np.float64), with_y, with_fixed, own, inverse)
        for part in np.array_split(assignments, max(1, len(assignments) // _BLOCK))
    ]
    reported = np.concatenate(found)[:, list(model.reported)]
    return reported if model.y.ndim > 1 else reported[:, :, 0]


def _solved(
    on: Floats,
    with_y: Floats,
    with_fixed: list[Floats],
    own: Mapping[tuple[int, int], Floats],
    inverse: Floats,
) -> Floats:
    q = with_y.shape[1]
    right = np.tensordot(on, with_y, axes=1)
    sums = [on @ part for part in with_fixed]
    left = np.empty((len(on), q, q))
    for i in range(q):
        through = sums[i] @ inverse
        for j in range(i, q):
            left[:, i, j] = on @ own[i, j] - (through * sums[j]).sum(axis=1)
            left[:, j, i] = left[:, i, j]
    scale = np.sqrt(np.abs(np.stack([on @ own[i, i] for i in range(q)], axis=1)))
    scale[scale == 0] = 1.0
    scaled = left / (scale[:, :, None] * scale[:, None, :])
    usable = np.abs(np.linalg.det(scaled)) > _SINGULAR
    result = np.full(right.shape, np.nan)
    solved = np.linalg.solve(scaled[usable], (right / scale[:, :, None])[usable])
    result[usable] = solved / scale[usable][:, :, None]
    return result


def _by_unit(values: Floats, unit: Codes, units: int) -> Floats:
    return np.stack(
        [np.bincount(unit, values[:, j], minlength=units) for j in range(values.shape[1])], axis=1
    )
