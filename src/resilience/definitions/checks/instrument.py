"""Whether an instrument's parts fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.checks.checker import Checker, each

if TYPE_CHECKING:
    from resilience.definitions.document import Document, Place
    from resilience.definitions.instrument import (
        Index,
        Indicator,
        Instrument,
        Item,
        ListExperiment,
    )
    from resilience.errors import Issue

__all__ = ["instrument_issues"]


def instrument_issues(instrument: Instrument, document: Document) -> list[Issue]:
    """Return what does not fit within an instrument."""
    check = Checker(document)
    ids = [
        *each("items", instrument.items, "id"),
        *each("indices", instrument.indices, "id"),
        *each("indicators", instrument.indicators, "id"),
        *each("list_experiments", instrument.list_experiments, "id"),
    ]
    check.unique(ids, "the id")
    for name, scale in instrument.scales.items():
        codes = [*scale.answers, *(answer.code for answer in scale.missing)]
        check.unique(((("scales", name), code) for code in codes), "the code")
    for position, item in enumerate(instrument.items):
        _check_item(check, ("items", position), item, instrument)
    for position, index in enumerate(instrument.indices):
        before = [other.id for other in instrument.indices[:position]]
        _check_index(check, ("indices", position), index, instrument, before)
    for position, indicator in enumerate(instrument.indicators):
        _check_indicator(check, ("indicators", position, "condition"), indicator, instrument)
    _check_forms(check, instrument)
    check.unique(each("list_experiments", instrument.list_experiments, "item"), "the counts of")
    for position, experiment in enumerate(instrument.list_experiments):
        _check_list(check, ("list_experiments", position, "item"), experiment, instrument)
    return check.issues


def _check_forms(check: Checker, instrument: Instrument) -> None:
    items = [item.id for item in instrument.items]
    for form, asked in instrument.forms.items():
        places: list[tuple[Place, object]] = [
            (("forms", form, at), item) for at, item in enumerate(asked)
        ]
        for place, item in places:
            check.known(place, item, items, "item")
        check.unique(places, "the item")


def _check_list(
    check: Checker, place: Place, experiment: ListExperiment, instrument: Instrument
) -> None:
    """Note a list whose item has other answers than counts, or is scored."""
    scales = {item.id: item.scale for item in instrument.items}
    check.known(place, experiment.item, scales, "item")
    scale = instrument.scales.get(scales.get(experiment.item, ""))
    if scale and sorted(scale.answers) != list(range(experiment.controls + 2)):
        check.note(
            place,
            f"the answers to '{experiment.item}' are not the counts of its list",
            found="codes " + ", ".join(map(str, scale.answers)),
            expected=f"codes 0 to {experiment.controls + 1}: {experiment.controls} statements "
            "for all, and the sensitive one",
            remedy="correct the scale, or 'controls'",
        )
    users = [index.id for index in instrument.indices if experiment.item in index.items]
    users += [
        part.id for part in instrument.indicators if experiment.item in part.condition.items_used()
    ]
    if users:
        check.note(
            place,
            f"'{experiment.item}' counts another list in each arm, and is scored",
            found="a part of " + ", ".join(users),
            expected="an item of no index and no indicator",
            remedy="leave it out there",
        )


def _check_item(check: Checker, place: Place, item: Item, instrument: Instrument) -> None:
    check.known((*place, "scale"), item.scale, instrument.scales, "scale")
    worded = item.question is not None
    if worded and instrument.wording == "obtain":
        check.note(
            (*place, "question"),
            f"item '{item.id}' has a wording, but the instrument's is to be obtained",
            found="a question",
            expected="no 'question' where 'wording: obtain'",
            remedy="remove the text, or correct 'wording'",
        )
    if not worded and instrument.wording != "obtain":
        check.note(
            place,
            f"item '{item.id}' has no question",
            found=f"'wording: {instrument.wording}' and no 'question'",
            expected="the question as it is asked",
            remedy="add it",
        )


def _check_index(
    check: Checker, place: Place, index: Index, instrument: Instrument, before: list[str]
) -> None:
    items = {item.id: item for item in instrument.items}
    for at, part in enumerate(index.items):
        check.known((*place, "items", at), part, items, "item")
        if part in items and items[part].keyed == "not_stated":
            check.note(
                (*place, "items", at),
                f"index '{index.id}' uses '{part}', of which no better end is stated",
                found="'keyed: not_stated'",
                expected="items that are keyed 'positive' or 'negative'",
                remedy="look it up in the scoring sheet of the instrument's owner, and say it",
            )
    for at, part in enumerate(index.indices):
        check.known(
            (*place, "indices", at),
            part,
            before,
            "index above this one called",
            remedy="an index is built from indices above it: move this one below its parts"
            if part in [other.id for other in instrument.indices]
            else None,
        )
    section = "items" if index.items else "indices"
    check.unique((((*place, section, at), part) for at, part in enumerate(index.parts)), "the part")


def _check_indicator(
    check: Checker, place: Place, indicator: Indicator, instrument: Instrument
) -> None:
    scales = {item.id: item.scale for item in instrument.items}
    for rule in indicator.condition.rules():
        check.known(place, rule.item, scales, "item")
        scale = instrument.scales.get(scales.get(str(rule.item), ""))
        for code in rule.codes if scale else ():
            answers = scale.answers if scale else ()
            check.known(
                place,
                code,
                answers,
                f"answer to '{rule.item}' with the code",
                remedy=f"name codes of the item's scale '{scales[str(rule.item)]}'",
            )
