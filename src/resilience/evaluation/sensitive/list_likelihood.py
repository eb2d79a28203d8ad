"""How likely counts are under models of a list experiment. Arrays only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

__all__ = ["Counts", "Hiding", "likelihood", "plain_counts", "scores", "two_step_scores"]


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The answers to a list, and what explains them.

    Attributes
    ----------
    x : numpy.ndarray
        The model matrix, shape (n, p).
    y : numpy.ndarray
        Counts, shape (n,).
    heard : numpy.ndarray
        Who heard the sensitive statement, shape (n,).
    items : int
        The statements that everybody heard.
    """

    x: Floats
    y: Floats
    heard: npt.NDArray[np.bool_]
    items: int


@dataclass(frozen=True, slots=True)
class Hiding:
    """How often those who stand out deny the sensitive statement.

    Attributes
    ----------
    floor : float
        Of those for whom it holds and no plain statement does, the share who answer 0.
    ceiling : float
        Of those for whom all hold, the share who answer one fewer.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.Hiding(ceiling=0.2)
    Hiding(floor=0.0, ceiling=0.2)
    """

    floor: float = 0.0
    ceiling: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no share, and that all hide: then counts tell nothing of them."""
        for name, share in (("floor", self.floor), ("ceiling", self.ceiling)):
            if not 0 <= share < 1:
                message = f"'{name}' must be 0 or more and less than 1 (got {share})"
                raise ValueError(message)


def plain_counts(data: Counts, parameters: Floats) -> tuple[Floats, list[Floats]]:
    """Return the chances of plain counts 0 to J, and their slopes, shape (n, J + 1) each.

    Binomial, or beta-binomial where there is one more parameter, the log-odds of the
    correlation between statements.

    Returns
    -------
    chances : numpy.ndarray
    slopes : list of numpy.ndarray
        By the linear predictor, and by the further parameter if there is one.
    """
    size, items = data.x.shape[1], data.items
    counts = np.arange(items + 1.0)
    linear = (data.x @ parameters[:size])[:, None]
    mean = special.expit(linear)
    ways = special.gammaln(items + 1) - special.gammaln(counts + 1)
    ways = ways - special.gammaln(items - counts + 1)
    if len(parameters) == size:
        chances = np.exp(ways + counts * linear - items * np.logaddexp(0.0, linear))
        return chances, [chances * (counts - items * mean)]
    total = np.exp(-parameters[size])
    yes, no = mean * total, (1 - mean) * total
    chances = np.exp(
        ways + special.betaln(counts + yes, items - counts + no) - special.betaln(yes, no)
    )
    shared = special.psi(items + total) - special.psi(total)
    by_yes = special.psi(counts + yes) - special.psi(yes) - shared
    by_no = special.psi(items - counts + no) - special.psi(no) - shared
    by_linear = chances * (by_yes - by_no) * total * mean * (1 - mean)
    return chances, [by_linear, -chances * (by_yes * yes + by_no * no)]


def likelihood(data: Counts, hiding: Hiding, parameters: Floats) -> Floats:
    """Return each row's log-likelihood, shape (n,)."""
    size = data.x.shape[1]
    chances, _ = plain_counts(data, parameters[size:])
    holding = special.expit(data.x @ parameters[:size])
    plain, with_it = _told(data, hiding, chances)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(_mixed(data, holding, plain, with_it)))


def scores(data: Counts, hiding: Hiding, parameters: Floats) -> Floats:
    """Return each row's slopes of the log-likelihood, shape (n, parameters)."""
    size = data.x.shape[1]
    chances, slopes = plain_counts(data, parameters[size:])
    holding = special.expit(data.x @ parameters[:size])
    plain, with_it = _told(data, hiding, chances)
    total = np.maximum(_mixed(data, holding, plain, with_it), 1e-300)
    by_holding = np.where(data.heard, holding * (1 - holding) * (with_it - plain), 0.0)
    by_plain = [_mixed(data, holding, *_told(data, hiding, slope)) for slope in slopes]
    columns = [data.x * (by_holding / total)[:, None], data.x * (by_plain[0] / total)[:, None]]
    return np.hstack([*columns, *((part / total)[:, None] for part in by_plain[1:])])


def _mixed(data: Counts, holding: Floats, plain: Floats, with_it: Floats) -> Floats:
    """Return the chance of the counts told: of both kinds of people, where the list was long."""
    mixed = (1 - holding) * plain + holding * with_it
    return np.asarray(np.where(data.heard, mixed, plain))


def _told(data: Counts, hiding: Hiding, chances: Floats) -> tuple[Floats, Floats]:
    """Return the chance of the count told by those who do not hold the statement, and who do."""
    n, items = len(data.y), data.items
    nothing = np.zeros((n, 1))
    plain = np.hstack([chances, nothing])
    with_it = np.hstack([nothing, chances])
    with_it[:, 0] += hiding.floor * chances[:, 0]
    with_it[:, 1] -= hiding.floor * chances[:, 0]
    with_it[:, items] += hiding.ceiling * chances[:, items]
    with_it[:, items + 1] -= hiding.ceiling * chances[:, items]
    told = (np.arange(n), data.y.astype(np.int64))
    return plain[told], with_it[told]


def two_step_scores(data: Counts, parameters: Floats, *, logistic: bool) -> Floats:
    """Return each row's part in the equations of the two-step estimators, shape (n, 2 p).

    The plain part is fitted to the control arm by least squares, the sensitive part to what the
    other arm counts beyond it.

    Parameters
    ----------
    logistic : bool
        Whether means are J expit(x g) and expit(x d), or linear.
    """
    size = data.x.shape[1]
    first, second = data.x @ parameters[:size], data.x @ parameters[size:]
    if logistic:
        first, second = special.expit(first), special.expit(second)
        slopes = first * (1 - first), data.items * second * (1 - second)
        second = data.items * second
    else:
        slopes = np.ones_like(first), np.ones_like(second)
    beyond = np.where(data.heard, data.y - second - first, 0.0) * slopes[0]
    plain = np.where(data.heard, 0.0, data.y - second) * slopes[1]
    return np.hstack([data.x * beyond[:, None], data.x * plain[:, None]])
