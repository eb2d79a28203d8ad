"""Errors of textbooks for coefficients of ours: as if persons were drawn alike and by lot.

The library gives no such errors: they are here because the published tables have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import resilience as rs

if TYPE_CHECKING:
    import pandas as pd


def fitted(frame: pd.DataFrame, outcome: str, predictors: list) -> dict[str, np.ndarray]:
    """Return coefficients by `fit_regression`, and classical and HC2 errors, by term."""
    complete = frame.dropna(subset=[outcome, *(p for p in predictors if isinstance(p, str))])
    model = rs.fit_regression(rs.SurveyDesign(complete), outcome, predictors)
    terms = model.coefficients.rows["term"].tolist()
    x = np.column_stack([_column(complete, term) for term in terms])
    left = complete[outcome].to_numpy() - x @ model.coefficients.values
    # Numbers of the tables differ in size by 1e9: inverted after they are made alike.
    size = np.linalg.norm(x, axis=0)
    inverse = np.linalg.inv((x / size).T @ (x / size)) / np.outer(size, size)
    classical = inverse * (left @ left) / (len(x) - x.shape[1])
    leverage = np.einsum("ij,jk,ik->i", x, inverse, x)
    hc2 = inverse @ (x.T @ (x * (left**2 / (1 - leverage))[:, None])) @ inverse
    return {
        "n": len(x),
        "estimate": dict(zip(terms, model.coefficients.values, strict=True)),
        "classical": dict(zip(terms, np.sqrt(np.diag(classical)), strict=True)),
        "hc2": dict(zip(terms, np.sqrt(np.diag(hc2)), strict=True)),
    }


def _column(frame: pd.DataFrame, term: str) -> np.ndarray:
    if term == "intercept":
        return np.ones(len(frame))
    return np.prod([frame[name].to_numpy(float) for name in term.split(":")], axis=0)
