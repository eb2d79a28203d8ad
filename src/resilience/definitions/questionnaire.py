"""Several instruments asked together, looked up by the ids of their parts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.instrument import (
        Index,
        Indicator,
        Instrument,
        Item,
        ListExperiment,
        Scale,
    )

__all__ = ["MeasureKind", "Questionnaire"]

MeasureKind = Literal["item", "index", "indicator"]

_HASH_LENGTH = 12


@dataclass(frozen=True)
class Questionnaire:
    """The instruments of a study as one: every item, index and indicator by its id.

    Attributes
    ----------
    instruments : tuple of Instrument
        The instruments. No id occurs in two of them.
    """

    instruments: tuple[Instrument, ...]

    @cached_property
    def items_by_id(self) -> Mapping[str, Item]:
        """The items by id, in the instruments' order."""
        return {item.id: item for part in self.instruments for item in part.items}

    @cached_property
    def indices_by_id(self) -> Mapping[str, Index]:
        """The indices by id."""
        return {index.id: index for part in self.instruments for index in part.indices}

    @cached_property
    def indicators_by_id(self) -> Mapping[str, Indicator]:
        """The indicators by id."""
        return {
            indicator.id: indicator for part in self.instruments for indicator in part.indicators
        }

    @cached_property
    def list_experiments_by_id(self) -> Mapping[str, ListExperiment]:
        """The list experiments by id."""
        return {part.id: part for whole in self.instruments for part in whole.list_experiments}

    @cached_property
    def _owners(self) -> Mapping[str, Instrument]:
        return {name: instrument for instrument in self.instruments for name in instrument.ids}

    def kind_of(self, measure: str) -> MeasureKind | None:
        """Return what an id names, or None where it names nothing."""
        if measure in self.items_by_id:
            return "item"
        if measure in self.indices_by_id:
            return "index"
        return "indicator" if measure in self.indicators_by_id else None

    def instrument_of(self, measure: str) -> Instrument:
        """Return the instrument that an item, index or indicator belongs to."""
        return self._owners[measure]

    def scale_of(self, item: str) -> Scale:
        """Return the scale of an item."""
        return self._owners[item].scales[self.items_by_id[item].scale]

    def items_of(self, measure: str) -> tuple[str, ...]:
        """Return the items behind an item, index or indicator, each once, in order."""
        if measure in self.items_by_id:
            return (measure,)
        if measure in self.indicators_by_id:
            return self.indicators_by_id[measure].condition.items_used()
        parts = self.indices_by_id[measure].parts
        return tuple(dict.fromkeys(item for part in parts for item in self.items_of(part)))

    def rule_hash(self, measure: str) -> str:
        """Return the hash of how a measure is computed: the same hash, the same rule.

        Scale bounds, keying, parts, way of combining, minimum answered and conditions count;
        wording and titles do not.
        """
        rule = json.dumps(self._rule(measure), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(rule.encode()).hexdigest()[:_HASH_LENGTH]

    def _rule(self, measure: str) -> dict[str, Any]:
        kind = self.kind_of(measure)
        if kind == "item":
            item, scale = self.items_by_id[measure], self.scale_of(measure)
            return {"item": item.id, "keyed": item.keyed, "codes": sorted(scale.answers)}
        if kind == "indicator":
            condition = self.indicators_by_id[measure].condition
            return {
                "condition": condition.model_dump(mode="json", exclude_defaults=True),
                "items": [self._rule(item) for item in condition.items_used()],
            }
        index = self.indices_by_id[measure]
        return {
            "combine": index.combine,
            "minimum_answered": str(index.minimum_share),
            "parts": [self._rule(part) for part in index.parts],
        }
