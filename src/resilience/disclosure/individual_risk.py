"""The chance that a respondent is recognised among those who look alike in the population."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import hyp2f1

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["recognition_risk"]

_MANY = 50  # from here on p / (n - (1 - p)), as mu-Argus does from 4 on; off by under 0.1 %


def recognition_risk(n: Floats, population: Floats) -> Floats:
    """Return the mean of 1 / F of classes with n in the sample, F in the population unknown.

    F given n is taken as negative binomial with chance p = n / population of being in the
    sample, so that the mean is p^n / n times the hypergeometric 2F1(n, n; n + 1; 1 - p).

    Parameters
    ----------
    n : numpy.ndarray
        Respondents who look alike, at least 1.
    population : numpy.ndarray
        The sum of their weights. Where it is no more than n the sample is taken as the
        population: the risk is 1 / n.

    References
    ----------
    Benedetti and Franconi (1998); Franconi and Polettini (2004), Individual risk estimation in
    mu-Argus: a review, Privacy in Statistical Databases, LNCS 3050: 262-272. Oracle: the
    printed risks of sdcMicro's example `francdat`.

    Examples
    --------
    >>> recognition_risk(np.array([1.0, 2, 5]), np.array([17.0, 110, 5])).round(4).tolist()
    [0.1771, 0.0171, 0.2]
    """
    p = np.minimum(n / np.maximum(population, n), 1.0)
    few = np.minimum(n, _MANY)
    # By Pfaff, p^n 2F1(n, n; n+1; 1-p) = 2F1(n, 1; n+1; 1 - 1/p).
    exact = hyp2f1(1.0, few, few + 1.0, 1.0 - 1.0 / p) / few
    estimated = np.where(n < _MANY, exact, p / (n - (1.0 - p)))
    return np.asarray(np.where(p < 1.0, estimated, 1.0 / n))
