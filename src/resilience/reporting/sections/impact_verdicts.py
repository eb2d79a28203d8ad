"""The verdict on an impact in sentences, by rule, and what cannot be known."""

from __future__ import annotations

from collections import Counter
from math import isfinite
from typing import TYPE_CHECKING, Any

from resilience.definitions.report import ContributionBlock
from resilience.reporting.document import Callout, Paragraph
from resilience.reporting.phrases import Listing, Message, Number, change_style, level_style
from resilience.reporting.sections.impact_words import COMPARED, TREATED, known, limits

if TYPE_CHECKING:
    from resilience.evaluation.results import Comparison
    from resilience.reporting.document import Block
    from resilience.reporting.phrases import Phrase
    from resilience.reporting.sections.impact_words import ImpactWords

__all__ = ["verdict_blocks"]

_COUNTED = ("intended", "contrary", "within_margin", "not_clear")


def verdict_blocks(words: ImpactWords, comparison: Comparison) -> list[Block]:
    """Return who was compared, what came of the leading outcomes, and what cannot be known."""
    intro = {
        "treated": words.places(treated=True),
        "compared": words.places(treated=False),
        "mechanism": Message(f"impact_{comparison.assignment.mechanism}"),
        "n": Number(len(comparison.units), "count"),
    }
    persons = "_persons" if comparison.assignment.unit == "person" else ""
    sentences = tuple(_sentence(row, words, comparison) for row in words.leading)
    blocks: list[Block] = [
        Paragraph(Message(f"impact_intro{persons}", intro)),
        Callout("finding", Message("impact_verdict_title"), sentences),
    ]
    further = [row for row in words.outcomes if row not in words.leading]
    if further:
        found = Counter(words.reading(row) for row in further)
        found["not_clear"] += found["fragile"]
        counts = {name: Number(found[name], "count") for name in _COUNTED}
        n = Number(len(further), "count")
        blocks.append(Paragraph(Message("impact_further", {"n": n, **counts})))
    unknown = _unknown(words, comparison)
    blocks.append(Callout("caution", Message("impact_unknown_title"), unknown))
    return blocks


def _sentence(row: dict[str, Any], words: ImpactWords, comparison: Comparison) -> Phrase:
    """Return what came of one outcome: both changes, their difference, its reading."""
    name = str(row["variable"])
    measure = words.measure(name)
    if row["verdict"] in ("suppressed", "not_estimable"):
        return Message(f"impact_{row['verdict']}", {"measure": measure})
    parts = [_changes(row, words, comparison), _difference(row, words), _reading(row, words)]
    survey = _by_survey(name, words)
    if survey is not None and (words.fragile(name) or words.too_narrow(name)):
        key = "impact_fragile" if words.fragile(name) else "impact_too_narrow"
        parts.append(Message(key, {"interval": survey}))
    return Message("impact_sentence", {"measure": measure, "told": _running(parts)})


def _running(parts: list[Phrase | None]) -> Phrase:
    told: Phrase | None = None
    for part in parts:
        if part is None:
            continue
        told = part if told is None else Message("impact_then", {"one": told, "other": part})
    return told or Message("impact_nothing")


def _changes(row: dict[str, Any], words: ImpactWords, comparison: Comparison) -> Phrase | None:
    name, cells = str(row["variable"]), words.cells("changes")
    treated = words.rows.get(("changes", name, TREATED))
    compared = words.rows.get(("changes", name, COMPARED))
    if cells is None or treated is None or compared is None:
        return None
    return Message(
        "impact_changes",
        {
            "treated": cells.number(treated),
            "compared": cells.number(compared),
            "unit": Message(f"unit_change_{row['unit'] or 'points'}"),
            "baseline": words.waves(comparison.baseline),
            "wave": words.waves(comparison.endline),
        },
    )


def _difference(row: dict[str, Any], words: ImpactWords) -> Phrase:
    values: dict[str, Phrase] = {
        "difference": known(row["estimate"], change_style(row["unit"])),
        "unit": Message(f"unit_change_{row['unit'] or 'points'}"),
        "level": Number(words.level, "coverage"),
    }
    if not isfinite(float(row["std_error"])) and row["p_value"] != row["p_value"]:
        return Message("impact_difference_alone", values)
    interval = limits(float(row["conf_low"]), float(row["conf_high"]), row["unit"])
    return Message("impact_difference", {**values, "interval": interval})


def _reading(row: dict[str, Any], words: ImpactWords) -> Phrase:
    verdict = row["verdict"]
    if words.fragile(str(row["variable"])):
        upwards = row["direction"] == "increase"
        verdict = "intended" if (row["estimate"] > 0) == upwards else "contrary"
    if verdict == "intended" and row["equivalence"] == "equivalent":
        verdict = "intended_within"
    if verdict == "not_clear" and float(row["conf_low"]) * float(row["conf_high"]) > 0:
        verdict = "not_clear_adjusted"
    values = {
        "margin": words.margin(row, sentence=True),
        "p": known(row["p_adjusted"], "p_value"),
    }
    return Message(f"impact_reads_{verdict}", values)


def _by_survey(name: str, words: ImpactWords) -> Phrase | None:
    """Return the interval of the difference by the errors of sampling respondents alone."""
    cells, row = words.cells("difference"), words.rows.get(("difference", name))
    return cells.interval(row) if cells is not None and row is not None else None


def _unknown(words: ImpactWords, comparison: Comparison) -> tuple[Phrase, ...]:
    """Return what the data cannot tell."""
    told: list[Phrase] = []
    if comparison.assignment.mechanism == "non_random":
        told.append(Message("impact_unknown_non_random"))
    codes = {note.code for note in words.part.notes}
    smallest = [float(row["smallest_p"]) for row in words.leading]
    smallest = [p for p in smallest if isfinite(p)]
    if smallest and "cannot_reject" in codes:
        values = {
            "n": Number(len(comparison.units), "count"),
            "assignments": Number(comparison.assignments, "count"),
            "p": Number(max(smallest), "p_value"),
        }
        told.append(Message("impact_unknown_few", values))
    if "one_unit_in_an_arm" in codes:
        told.append(Message("impact_note_one_unit_in_an_arm"))
    if "few_degrees_of_freedom" in codes:
        told.append(Message("impact_note_few_degrees_of_freedom"))
    if found := _detectable(words):
        told.append(found)
    if any(row["verdict"] == "not_clear" for row in words.outcomes):
        told.append(Message("impact_unknown_not_clear"))
    if any(isinstance(block, ContributionBlock) for block, _ in words.results.blocks):
        told.append(Message("impact_unknown_events"))
    return tuple(told) or (Message("impact_unknown_nothing"),)


def _detectable(words: ImpactWords) -> Phrase | None:
    parts = tuple(
        Message(
            "impact_detectable_of",
            {
                "measure": words.measure(str(row["variable"])),
                "size": known(row["minimum_detectable"], level_style(row["unit"])),
                "unit": Message(f"unit_change_{row['unit'] or 'points'}"),
            },
        )
        for row in words.leading
        if isfinite(float(row["minimum_detectable"]))
    )
    if not parts:
        return None
    return Message("impact_unknown_detectable", {"effects": Listing(parts, "comma")})
