"""How recognisable respondents are in a file: k-anonymity, diversity, individual risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from resilience.disclosure.individual_risk import recognition_risk
from resilience.errors import DisclosureError, Issue, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from resilience.responses.responses import Responses

__all__ = ["DisclosureRisk", "disclosure_risk"]


@dataclass(frozen=True, slots=True)
class DisclosureRisk:
    """How recognisable respondents are. Holds no rows and no values.

    Attributes
    ----------
    quasi_identifiers : tuple of str
        By which somebody could be found, the wave among them.
    n : int
        Rows.
    classes : int
        Groups who look alike in all quasi-identifiers.
    k : int
        The size of the smallest.
    uniques : int
        Respondents who look like nobody else.
    below : mapping of int to int
        Respondents in classes of fewer than 2, 3, 5 and 10.
    global_risk : float
        The mean chance of being recognised; times n, how many one would expect to be.
    highest_risk : float
        The largest.
    diversity : mapping of str to int
        For each sensitive column the fewest answers that occur in a class in which anybody
        answered.
    population_known : bool
        Whether weights, or a size that was given, say for how many people the rows stand.
        Otherwise the sample is taken as the population: the risk is at its highest.

    Examples
    --------
    >>> import resilience as rs
    >>> responses = rs.load_responses(rs.load_study("surveys/lebanon/study.yaml"))
    >>> isinstance(rs.disclosure_risk(responses, ["site", "sex"]), rs.DisclosureRisk)
    True
    """

    quasi_identifiers: tuple[str, ...]
    n: int
    classes: int
    k: int
    uniques: int
    below: Mapping[int, int]
    global_risk: float
    highest_risk: float
    diversity: Mapping[str, int]
    population_known: bool

    @property
    def expected_recognised(self) -> float:
        """How many respondents one would expect to be recognised."""
        return self.global_risk * self.n


def disclosure_risk(
    responses: Responses,
    quasi_identifiers: Sequence[str],
    *,
    sensitive: Sequence[str] = (),
    population: int | None = None,
) -> DisclosureRisk:
    """Measure how recognisable respondents would be to somebody who knows a few facts of them.

    Parameters
    ----------
    responses : Responses
    quasi_identifiers : sequence of str
        Columns such as `site`, `sex` and `age`. The wave is added to them. An answer that is
        missing counts as a value of its own.
    sensitive : sequence of str
        Columns whose answers must not be told by looking like others.
    population : int, optional
        How many people each wave stands for, where weights do not add up to it.

    Returns
    -------
    DisclosureRisk

    Raises
    ------
    DisclosureError
        If a column does not exist.

    Notes
    -----
    The risk is the mean of 1 / F over the F people of the population who look alike, estimated
    from the sample and its weights as mu-Argus and sdcMicro do. Weights that are 1 on average
    say nothing of the population.

    References
    ----------
    Samarati and Sweeney (1998) for k; Machanavajjhala et al. (2007), l-Diversity, ACM TKDD 1(1)
    (here its distinct form); Franconi and Polettini (2004) for the risk.

    Examples
    --------
    >>> import resilience as rs
    >>> responses = rs.load_responses(rs.load_study("surveys/lebanon/study.yaml"))
    >>> risk = rs.disclosure_risk(responses, ["site", "sex"], sensitive=["nationality"])
    >>> risk.k, risk.uniques, risk.diversity
    (181, 0, {'nationality': 3})
    """
    frame = responses.frame
    keys = list(dict.fromkeys(["wave", *quasi_identifiers]))
    _require([*keys, *sensitive], frame)
    of_row = frame.groupby(keys, observed=True, dropna=False, sort=False).ngroup().to_numpy()
    sizes = np.bincount(of_row).astype(np.float64)
    weights, known = _people(frame, population)
    risk = recognition_risk(sizes, np.bincount(of_row, weights).astype(np.float64))
    of_person = sizes[of_row]
    return DisclosureRisk(
        quasi_identifiers=tuple(keys),
        n=len(frame),
        classes=len(sizes),
        k=int(sizes.min()),
        uniques=int((sizes == 1).sum()),
        below={few: int((of_person < few).sum()) for few in (2, 3, 5, 10)},
        global_risk=float(risk[of_row].mean()),
        highest_risk=float(risk.max()),
        diversity={name: _fewest_answers(frame[name], of_row) for name in sensitive},
        population_known=known,
    )


def _fewest_answers(column: pd.Series, of_row: npt.NDArray[np.integer[Any]]) -> int:
    """Return how many answers occur in the class with fewest, of those in which some answered."""
    answers = column.groupby(of_row).nunique().to_numpy()
    return int(answers[answers > 0].min(initial=len(column)))


def _people(frame: pd.DataFrame, population: int | None) -> tuple[npt.NDArray[np.float64], bool]:
    """Return for how many people each row stands, and whether that is known."""
    rows = np.ones(len(frame))
    weights = frame["weight"].to_numpy(np.float64) if "weight" in frame else rows
    if population is None:
        return weights, bool(weights.mean() > _NORMALISED)
    of_wave = frame["wave"].astype("str")
    sums = np.asarray(of_wave.map(dict(frame.assign(w=weights).groupby(of_wave)["w"].sum())))
    return weights * population / sums.astype(np.float64), True


_NORMALISED = 1.5  # a mean of weights below it is that of weights made to be 1 on average


def _require(names: Sequence[str], frame: pd.DataFrame) -> None:
    there = [str(name) for name in frame if name not in ("respondent_id", "weight")]
    issues = [
        Issue(
            f"there is no column '{name}'",
            where="disclosure_risk",
            found=name,
            expected="one of the responses' columns, but not an id or a weight",
            remedy=nearest(name, there, "name a variable or item of the study"),
        )
        for name in names
        if name not in there
    ]
    if issues:
        raise DisclosureError(*issues)
