"""Whether rows that are to be compared hold the same score, and what else could be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resilience.definitions.measures import COMMON_SUFFIX, signature_differences
from resilience.errors import ComparisonError, Issue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.definitions.measures import ScoreDifference
    from resilience.inference.results.estimates import Estimates

__all__ = ["Refusal", "differing_scores", "refuse_differing", "with_common_items"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a variable's scores in two waves must not be compared."""

    variable: str
    waves: tuple[str, str]
    reasons: tuple[ScoreDifference, ...]

    def issue(self) -> Issue:
        """Return it as an issue."""
        return Issue(
            f"'{self.variable}' is not the same score in {self.waves[0]} and {self.waves[1]}",
            where="compare",
            found="; ".join(map(str, self.reasons)),
            expected="one rule, the same items, the same answer labels",
            remedy=f"compare '{self.variable}{COMMON_SUFFIX}', the score on the items asked "
            "alike: --items common, 'items: common' in a report, items='common' in Python; or "
            "declare in the study why labels are equivalent",
        )


def differing_scores(
    estimates: Estimates, pairs: Sequence[tuple[int, int]], over: str
) -> dict[str, list[Refusal]]:
    """Return by variable which of its rows must not be compared, and why.

    Parameters
    ----------
    estimates : Estimates
    pairs : sequence of (row, reference row)
    over : str
        The column in which the rows of a pair differ.
    """
    refused: dict[str, list[Refusal]] = {}
    for row, base in pairs:
        variable = str(estimates.rows["variable"].iloc[row])
        one, other = estimates.signatures[base], estimates.signatures[row]
        if one is None or other is None:
            continue
        names = (str(estimates.rows[over].iloc[base]), str(estimates.rows[over].iloc[row]))
        reasons = signature_differences(one, other, names)
        told = {part.waves for part in refused.get(variable, ())}
        if reasons and names not in told:
            refused.setdefault(variable, []).append(Refusal(variable, names, reasons))
    return refused


def refuse_differing(refused: Mapping[str, Sequence[Refusal]]) -> None:
    """Raise if any rows must not be compared; all at once.

    Raises
    ------
    ComparisonError
        With the reasons by variable.
    """
    if refused:
        raise ComparisonError(
            *(part.issue() for parts in refused.values() for part in parts),
            refused={
                name: tuple(dict.fromkeys(reason for part in parts for reason in part.reasons))
                for name, parts in refused.items()
            },
        )


def with_common_items(
    estimates: Estimates,
    pairs: Sequence[tuple[int, int]],
    refused: Mapping[str, Sequence[Refusal]],
) -> list[tuple[int, int]]:
    """Leave out the pairs that must not be compared, if their common variants are there.

    Raises
    ------
    ComparisonError
        If a variable has no such variant among the rows.
    """
    variables = estimates.rows["variable"].astype("str")
    there = set(variables)
    absent = [name for name in refused if f"{name}{COMMON_SUFFIX}" not in there]
    if absent:
        raise ComparisonError(
            *(
                Issue(
                    f"the rows have no '{name}{COMMON_SUFFIX}' to compare instead",
                    where="compare: items common",
                    found="; ".join(
                        str(reason) for part in refused[name] for reason in part.reasons
                    ),
                    expected=f"estimates of '{name}{COMMON_SUFFIX}' too",
                    remedy=f"estimate ['{name}', '{name}{COMMON_SUFFIX}']; a score that has no "
                    "item asked alike in every wave has no such variant",
                )
                for name in absent
            )
        )
    return [pair for pair in pairs if variables.iloc[pair[0]] not in refused]
