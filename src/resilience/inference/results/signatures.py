"""Whether rows are the same score: nothing that was asked or scored differently is pooled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from resilience.definitions.measures import COMMON_SUFFIX, Signature, signature_differences
from resilience.errors import ComparisonError, Issue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.definitions.measures import Measure
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.designs.sample import Sample

__all__ = [
    "joint_signature",
    "pooled_signatures",
    "require_one_score",
    "require_one_score_in_rows",
]


def pooled_signatures(
    measure: Measure | None,
    sample: Sample,
    wave_names: tuple[str, ...],
    support: npt.NDArray[np.bool_],
) -> tuple[Signature | None, ...]:
    """Return by what rule the score behind each row was made.

    Parameters
    ----------
    measure : Measure or None
        The variable's meaning; None for columns without one.
    sample : Sample
    wave_names : tuple of str
        The design's waves.
    support : numpy.ndarray
        Which cells contribute to each row, shape (cells, k).

    Raises
    ------
    ComparisonError
        If a row pools waves whose scores differ.
    """
    if measure is None or not measure.signatures:
        return (None,) * int(support.shape[1])
    found: list[Signature | None] = []
    for row in range(support.shape[1]):
        waves = [wave_names[code] for code in np.unique(sample.wave_of_cell[support[:, row]])]
        require_one_score(measure, waves, "pooling waves")
        found.append(_first(measure.signatures, waves))
    return tuple(found)


def joint_signature(marks: Mapping[str, Signature | None]) -> Signature | None:
    """Return the rule of a statistic that rests on several scores, by variable: all of theirs."""
    known = {name: mark for name, mark in marks.items() if mark is not None}
    if len(marks) == 1 or not known:
        return next(iter(known.values()), None)
    # An item may be asked for one score and not for the other: it is told of which.
    return Signature(
        "+".join(mark.rule for mark in known.values()),
        tuple(f"{item} of {name}" for name, mark in known.items() for item in mark.items),
        {
            f"{item} of {name}": words
            for name, mark in known.items()
            for item, words in mark.labels.items()
        },
    )


def require_one_score_in_rows(
    design: SurveyDesign, variable: str, used: npt.NDArray[np.bool_]
) -> None:
    """Refuse a variable whose score differs between the waves it is used in.

    Parameters
    ----------
    design : SurveyDesign
    variable : str
    used : numpy.ndarray
        In which rows, shape (n,).

    Raises
    ------
    ComparisonError
        If it is not the same score in all of them.
    """
    sample = design.sample
    reached = np.zeros((sample.n_cells, 1), bool)
    reached[sample.cell_of_slot[np.unique(design.slot_of_row[used])]] = True
    pooled_signatures(design.measures.get(variable), sample, design.wave_names, reached)


def _first(signatures: Mapping[str, Signature], waves: list[str]) -> Signature | None:
    return next((signatures[wave] for wave in waves if wave in signatures), None)


def require_one_score(measure: Measure, waves: Sequence[str], where: str) -> None:
    """Refuse waves whose scores are not the same score.

    Parameters
    ----------
    measure : Measure
    waves : sequence of str
    where : str
        What is being done with them, for the error.

    Raises
    ------
    ComparisonError
        With the first difference found.
    """
    signed = [wave for wave in waves if wave in measure.signatures]
    for wave in signed[1:]:
        pair = (signed[0], wave)
        one, other = (measure.signatures[name] for name in pair)
        reasons = signature_differences(one, other, pair)
        if reasons:
            raise ComparisonError(
                Issue(
                    f"'{measure.name}' is not the same score in {pair[0]} and {pair[1]}",
                    where=where,
                    found="; ".join(map(str, reasons)),
                    expected="one rule, the same items, the same answer labels",
                    remedy="estimate by wave, or use "
                    f"'{measure.name}{COMMON_SUFFIX}', the score on the items asked alike",
                )
            )
