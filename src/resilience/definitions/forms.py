"""The part of an instrument that a study asks, where it asks a form and not the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Set

    from resilience.definitions.instrument import Index, Instrument

__all__ = ["restrict_to_form"]


def restrict_to_form(instrument: Instrument, form: str) -> Instrument:
    """Return an instrument with nothing but what one of its forms asks.

    Indices keep the parts that remain, and those without any go; a count of parts that must be
    answered stays the share that it was. Indicators stay where all their items do. So an index
    that lost parts has another rule, another hash, and is not compared with the whole one.

    Parameters
    ----------
    instrument : Instrument
        The whole.
    form : str
        One of its forms.

    Examples
    --------
    >>> import resilience as rs
    >>> whole = rs.load_instrument("crc_core")
    >>> len(whole.items), len(restrict_to_form(whole, "short").items)
    (80, 24)
    """
    asked = set(instrument.forms[form])
    items = tuple(item for item in instrument.items if item.id in asked)
    scales = {item.scale for item in items}
    return instrument.model_copy(
        update={
            "forms": {},
            "scales": {name: part for name, part in instrument.scales.items() if name in scales},
            "items": items,
            "indices": _remaining(instrument.indices, asked),
            "indicators": tuple(
                indicator
                for indicator in instrument.indicators
                if asked.issuperset(indicator.condition.items_used())
            ),
            "list_experiments": tuple(
                experiment for experiment in instrument.list_experiments if experiment.item in asked
            ),
        }
    )


def _remaining(indices: Iterable[Index], asked: Set[str]) -> tuple[Index, ...]:
    """Return the indices of which parts remain; each stands after its own parts."""
    kept: dict[str, Index] = {}
    for index in indices:
        items = tuple(item for item in index.items if item in asked)
        parts = tuple(part for part in index.indices if part in kept)
        if (items or parts) == index.parts:
            kept[index.id] = index
        elif items or parts:
            changes = {"items": items, "indices": parts, "minimum_answered": index.minimum_share}
            kept[index.id] = index.model_copy(update=changes)
    return tuple(kept.values())
