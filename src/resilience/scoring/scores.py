"""Score responses: indices from items or indices, indicators from conditions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
import pandas as pd

from resilience.definitions.measures import COMMON_SUFFIX, Measure, Signature
from resilience.definitions.questionnaire import Questionnaire
from resilience.errors import Issue, ScoringError, nearest
from resilience.progress import stage
from resilience.responses.responses import Responses
from resilience.scoring.items import COMBINE, all_hold, any_holds, holds, to_points

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from resilience.definitions.instrument import Condition, Instrument

    Floats = npt.NDArray[np.float64]

__all__ = ["MinimumRule", "score", "score_items"]

MinimumRule = Literal["declared", "all", "any"]
"""How many parts a score needs: as declared, all that were asked, or any one."""


@overload
def score(
    responses: Responses, instrument: None = None, *, minimum_answered: MinimumRule = "declared"
) -> Responses: ...
@overload
def score(
    responses: pd.DataFrame, instrument: Instrument, *, minimum_answered: MinimumRule = "declared"
) -> pd.DataFrame: ...
def score(
    responses: Responses | pd.DataFrame,
    instrument: Instrument | None = None,
    *,
    minimum_answered: MinimumRule = "declared",
) -> Responses | pd.DataFrame:
    """Compute all indices and indicators of an instrument.

    Items are set to 0-100 by the bounds of their scale, negatively keyed ones reversed; an
    index is the mean of its parts where enough were answered, else missing. An indicator is 1
    or 0, and missing where the answers do not decide it. Items that a wave did not ask do not
    count as missing; where waves asked different items, or with other answer labels, a variant
    on what they asked alike is added, whose name ends in `_common`. A wave that asked none of
    the items as another wave did has no part in it.

    Parameters
    ----------
    responses : Responses or pandas.DataFrame
        From `load_responses`; or a frame with the instrument's items as columns, in codes of
        their scales, NaN where missing.
    instrument : Instrument
        For a frame: whose items they are.
    minimum_answered : {'declared', 'all', 'any'}
        The missing-data rule: the definition's own, or all or any one of the asked parts, to
        see what the rule does to a result.

    Returns
    -------
    Responses or pandas.DataFrame
        The same with one column for each score: indices in points from 0 to 100, indicators 0
        or 1.

    Raises
    ------
    ScoringError
        If an item's column is absent or holds values outside its scale.

    References
    ----------
    The rules of an index are its definition's; `crc_core` follows none of the published
    scales. Oracle: scores computed by hand in the tests, and R psych's `scoreItems`.

    Examples
    --------
    >>> import pandas as pd, resilience as rs
    >>> core = rs.load_instrument("crc_core", form="short")
    >>> frame = pd.DataFrame({item.id: [3.0] for item in core.items})
    >>> rs.score(frame, core)["belonging"].tolist()
    [50.0]
    """
    if isinstance(responses, Responses):
        declared = minimum_answered == "declared"
        with stage("Scoring" if declared else f"Scoring, minimum answered: {minimum_answered}"):
            return _score_responses(responses, minimum_answered)
    if instrument is None:
        message = "'instrument' is needed to score a frame"
        raise TypeError(message)
    scores = score_items(responses, Questionnaire((instrument,)), minimum_answered)
    kept = responses.drop(columns=[name for name in scores if name in responses])
    return pd.concat([kept, scores], axis=1)


def score_items(
    items: pd.DataFrame, questionnaire: Questionnaire, minimum: MinimumRule = "declared"
) -> pd.DataFrame:
    """Return the scores alone for rows that were all asked every item; see `score`."""
    values = _item_values(items, questionnaire)
    scorer = _Scorer(questionnaire, values, frozenset(values), minimum)
    return pd.DataFrame(scorer.scores(), index=items.index)


@dataclass(frozen=True)
class _Scorer:
    """Scores a block of rows that were asked the same items."""

    questionnaire: Questionnaire
    values: Mapping[str, Floats]
    asked: frozenset[str]
    minimum: MinimumRule

    def scores(self) -> dict[str, Floats]:
        """Return every index and indicator; NaN throughout where it was not asked."""
        points = {item: self._points(item) for item in self.asked}
        found: dict[str, Floats] = {}
        for name, index in self.questionnaire.indices_by_id.items():
            there = points if index.items else found
            parts = [there[part] for part in index.parts if part in there]
            if parts:
                needed = {"declared": index.parts_needed(len(parts)), "all": len(parts), "any": 1}
                stacked = np.column_stack(parts)
                found[name] = COMBINE[index.combine](stacked, needed=needed[self.minimum])
        for name, indicator in self.questionnaire.indicators_by_id.items():
            if self.asked.issuperset(indicator.condition.items_used()):
                found[name] = self._met(indicator.condition)
        return found

    def _points(self, item: str) -> Floats:
        scale = self.questionnaire.scale_of(item)
        keyed = self.questionnaire.items_by_id[item].keyed
        return to_points(
            self.values[item],
            minimum=scale.minimum,
            maximum=scale.maximum,
            reverse=keyed == "negative",
        )

    def _met(self, condition: Condition) -> Floats:
        if condition.item is not None:
            return holds(
                self.values[condition.item],
                at_least=condition.at_least,
                at_most=condition.at_most,
                one_of=condition.one_of,
            )
        if condition.all:
            return all_hold([self._met(part) for part in condition.all])
        return any_holds([self._met(part) for part in condition.any])


def _score_responses(responses: Responses, minimum: MinimumRule) -> Responses:
    questionnaire = responses.study.questionnaire
    values = _item_values(responses.frame, questionnaire)
    wave_of_row = responses.frame["wave"].to_numpy()
    asked = {wave: frozenset(responses.items_asked(wave)) for wave in responses.waves}
    scores = _by_wave(questionnaire, values, wave_of_row, asked, minimum)
    measures = _measures(responses, minimum)
    for name in [name for name, measure in measures.items() if measure.kind == "index"]:
        alike = _asked_alike(responses, name)
        if not alike.items or not _differs(measures[name], alike.waves):
            continue
        same = dict.fromkeys(alike.waves, frozenset(alike.items))
        variants = _by_wave(questionnaire, values, wave_of_row, same, minimum)
        if name in variants:
            scores[name + COMMON_SUFFIX] = variants[name]
            measures[name + COMMON_SUFFIX] = _common_variant(measures[name], alike)
    return responses.with_scores(pd.DataFrame(scores, index=responses.frame.index), measures)


def _by_wave(
    questionnaire: Questionnaire,
    values: Mapping[str, Floats],
    wave_of_row: npt.NDArray[np.object_],
    asked: Mapping[str, frozenset[str]],
    minimum: MinimumRule,
) -> dict[str, Floats]:
    """Score each wave on the items it asked."""
    scores: dict[str, Floats] = {}
    for wave, items in asked.items():
        rows = wave_of_row == wave
        block = {item: values[item][rows] for item in items}
        for name, column in _Scorer(questionnaire, block, items, minimum).scores().items():
            scores.setdefault(name, np.full(len(wave_of_row), np.nan))[rows] = column
    return scores


def _item_values(frame: pd.DataFrame, questionnaire: Questionnaire) -> dict[str, Floats]:
    """Return the items' columns, or raise for all that are absent or outside their scale."""
    columns = [str(name) for name in frame.columns]
    values: dict[str, Floats] = {}
    issues = []
    for item in questionnaire.items_by_id:
        if item not in frame:
            remedy = nearest(item, columns, "rename the column to the item's id")
            what = f"there is no column for item '{item}'"
            issues.append(Issue(what, "score", f"{len(columns)} columns", f"'{item}'", remedy))
            continue
        column = pd.to_numeric(frame[item], errors="coerce").to_numpy(np.float64)
        codes = sorted(questionnaire.scale_of(item).answers)
        strange = int((~np.isnan(column) & ~np.isin(column, codes)).sum())
        strange += int((np.isnan(column) & frame[item].notna().to_numpy()).sum())
        if strange:
            issues.append(
                Issue(
                    f"item '{item}' has values outside its scale",
                    where="score",
                    found=f"{strange} rows",
                    expected="codes " + ", ".join(map(str, codes)),
                    remedy="set codes for refusals and the like to missing first, "
                    "or load the data with a study that names them",
                )
            )
        values[item] = column
    if issues:
        raise ScoringError(*issues)
    return values


def _measures(responses: Responses, minimum: MinimumRule) -> dict[str, Measure]:
    questionnaire = responses.study.questionnaire
    measures = {
        index.id: Measure(index.id, "index", index.title, "points", index.direction)
        for index in questionnaire.indices_by_id.values()
    }
    measures |= {
        part.id: Measure(part.id, "indicator", part.title, "share", part.direction)
        for part in questionnaire.indicators_by_id.values()
    }
    return {
        name: replace(measure, signatures=signatures)
        for name, measure in measures.items()
        if (signatures := _signatures(responses, name, minimum))
    }


def _signatures(responses: Responses, name: str, minimum: MinimumRule) -> dict[str, Signature]:
    """Return by what rule, items and labels each wave's score was made; none where it was not."""
    questionnaire = responses.study.questionnaire
    wanted = questionnaire.items_of(name)
    rule = questionnaire.rule_hash(name) + ("" if minimum == "declared" else f":{minimum}")
    labels = {(part.wave, part.item): part.labels for part in responses.asked}
    found = {}
    for wave in responses.waves:
        items = tuple(item for item in wanted if (wave, item) in labels)
        complete = questionnaire.kind_of(name) == "index" or len(items) == len(wanted)
        if items and complete:
            found[wave] = Signature(rule, items, {item: labels[wave, item] for item in items})
    return found


def _differs(measure: Measure, waves: tuple[str, ...]) -> bool:
    signatures = [measure.signatures.get(wave) for wave in waves]
    return any(signature != signatures[0] for signature in signatures)


@dataclass(frozen=True, slots=True)
class _Alike:
    """What the waves that can be compared on a measure asked alike."""

    waves: tuple[str, ...]
    items: tuple[str, ...]
    labels: Mapping[str, str]


def _asked_alike(responses: Responses, name: str) -> _Alike:
    """Return the waves that share items of a measure, and the items that all of these share.

    A wave that asked none of the items as another wave did can be compared with none: it has
    no part in the variant, and takes nothing from it.
    """
    asked = [
        part
        for item in responses.study.questionnaire.items_of(name)
        for part in responses.asked
        if part.item == item
    ]
    waves_of: dict[tuple[str, str], set[str]] = {}
    for part in asked:
        waves_of.setdefault((part.item, part.labels), set()).add(part.wave)
    sharing = set().union(*(waves for waves in waves_of.values() if len(waves) > 1))
    labels = {
        item: words for (item, words), waves in waves_of.items() if sharing and waves >= sharing
    }
    return _Alike(tuple(wave for wave in responses.waves if wave in sharing), tuple(labels), labels)


def _common_variant(measure: Measure, alike: _Alike) -> Measure:
    """Return the meaning of a score on the items that the waves asked alike."""
    rule = next(iter(measure.signatures.values())).rule + ":common"
    return replace(
        measure,
        name=measure.name + COMMON_SUFFIX,
        signatures=dict.fromkeys(alike.waves, Signature(rule, alike.items, alike.labels)),
        common=True,
    )
