"""How waves relate: whether the same PSU label in two waves is the same PSU."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from resilience.definitions.study import WaveRelation
from resilience.errors import DesignError, Issue, nearest

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Relations", "declared_order", "related_groups", "relations_of"]

Relations = Mapping[frozenset[str], WaveRelation]
"""The relation of each pair of waves."""

_WORDS = get_args(WaveRelation)


def relations_of(
    waves: tuple[str, ...],
    said: WaveRelation | Mapping[tuple[str, str], WaveRelation] | None,
) -> Relations:
    """Return the relation of every pair of waves.

    Parameters
    ----------
    waves : tuple of str
        The waves there are.
    said : word, mapping of pairs to words, or None
        One word for all pairs, or a word for each. With one wave nothing need be said.

    Raises
    ------
    DesignError
        If it is not said for every pair, a word is unknown, or the words contradict each other.
    """
    pairs = [frozenset(pair) for pair in itertools.combinations(waves, 2)]
    if not pairs:
        return {}
    if said is None:
        raise DesignError(
            Issue(
                "it is not said how the waves relate",
                where="design: waves",
                found=f"{len(waves)} waves: {', '.join(waves)}",
                expected="'independent' (fresh samples), 'same_psu' (the same sampling points, "
                "fresh respondents) or 'panel' (the same respondents)",
                remedy="add 'waves: same_psu' (waves='same_psu'), or give each pair its word",
            )
        )
    if isinstance(said, Mapping):
        relations = {frozenset(pair): word for pair, word in said.items()}
    else:
        relations = dict.fromkeys(pairs, said)
    _require_words(relations, pairs)
    return relations


def related_groups(waves: tuple[str, ...], relations: Relations) -> npt.NDArray[np.int64]:
    """Return for each wave the number of its group: related waves form one group.

    Raises
    ------
    DesignError
        If two waves are called independent that are both related to a third.
    """
    linked = np.zeros((len(waves), len(waves)))
    for one, other in itertools.combinations(range(len(waves)), 2):
        related = relations[frozenset((waves[one], waves[other]))] != "independent"
        linked[one, other] = float(related)
    _, groups = connected_components(sparse.csr_array(linked), directed=False)
    for one, other in itertools.combinations(range(len(waves)), 2):
        if groups[one] == groups[other] and not linked[one, other]:
            raise DesignError(
                Issue(
                    "the relations of the waves contradict each other",
                    where="design: waves",
                    found=f"'{waves[one]}' and '{waves[other]}' independent, "
                    "and both related to another wave",
                    expected="waves that share PSUs with a third to be related to each other",
                    remedy="give all pairs of such waves the same relation",
                )
            )
    return np.asarray(groups, np.int64)


def declared_order(column: pd.Series, waves: tuple[str, ...]) -> tuple[str, ...]:
    """Return the waves in their order in time, or nothing where that is not declared.

    Categories are declared in order, and numbers and dates have one. Words have none: by
    letters, "endline" would come before "midline".

    Parameters
    ----------
    column : pandas.Series
        The column of waves.
    waves : tuple of str
        The waves there are; of a categorical column in the order of its categories.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return waves
    if pd.api.types.is_datetime64_any_dtype(column):
        return tuple(sorted(waves))
    try:
        return tuple(sorted(waves, key=float))
    except ValueError:
        return ()


def _require_words(relations: Relations, pairs: list[frozenset[str]]) -> None:
    issues = [
        Issue(
            "this is no relation between waves",
            where="design: waves",
            found=repr(word),
            expected="one of " + ", ".join(_WORDS),
            remedy=nearest(str(word), _WORDS, "use one of these words"),
        )
        for word in set(relations.values())
        if word not in _WORDS
    ]
    issues += [
        Issue(
            "the relation of two waves is not given",
            where="design: waves",
            found="nothing on " + " and ".join(sorted(pair)),
            expected="a word for every pair of waves",
            remedy="add the pair",
        )
        for pair in pairs
        if pair not in relations
    ]
    if issues:
        raise DesignError(*issues)
