"""The one door to statsmodels: where the weighted score equations of a model hold."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["fit_generalised_linear"]

_MOST_STEPS = 100
_ENOUGH = 1e-10  # of a step in a coefficient; steps converge quadratically, so the error is less


def fit_generalised_linear(
    x: Floats, y: Floats, weights: Floats, family: str
) -> tuple[Floats, bool]:
    """Return coefficients by iteratively reweighted least squares.

    The library's standard errors are not used: to them weights are counts of people.

    Parameters
    ----------
    x : numpy.ndarray
        The model matrix, its constant first, shape (n, p).
    y, weights : numpy.ndarray
        Shape (n,).
    family : {'gaussian', 'binomial', 'poisson'}

    Returns
    -------
    coefficients : numpy.ndarray
        Shape (p,); not finite where the fit broke down.
    converged : bool
        Also false if the weights leave columns that are combinations of others, or some are
        negative: then a likelihood has no highest point to speak of.
    """
    from statsmodels.genmod import families  # noqa: PLC0415 - slow to import
    from statsmodels.genmod.generalized_linear_model import GLM  # noqa: PLC0415

    kinds = {
        "gaussian": families.Gaussian,
        "binomial": families.Binomial,
        "poisson": families.Poisson,
    }
    if (weights < 0).any():  # as producers' replicate weights may be
        return np.full(x.shape[1], np.nan), False
    used = weights > 0
    # Columns of one size, so that one tolerance suits all coefficients.
    sizes = np.sqrt(np.mean(x[used] ** 2, axis=0))
    sizes[sizes == 0] = 1.0
    model = GLM(
        y[used],
        x[used] / sizes,
        family=kinds[family](),
        var_weights=weights[used] / weights[used].mean(),
    )
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # what it warns of is looked for by the callers
        try:
            fitted = model.fit(maxiter=_MOST_STEPS, tol=_ENOUGH, tol_criterion="params")
        except (np.linalg.LinAlgError, ValueError, FloatingPointError):
            return np.full(x.shape[1], np.nan), False
    # Some weights, as a replicate's, may leave out all who have a level.
    whole = model.df_model + 1 == x.shape[1]
    return np.asarray(fitted.params, np.float64) / sizes, bool(fitted.converged and whole)
