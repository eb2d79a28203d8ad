"""What a person must decide before a draft is a definition, as a page of Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from resilience.responses.reading import RawSurvey
    from resilience.workflow.drafting.columns import Missing
    from resilience.workflow.drafting.draft import Supposed

__all__ = ["decisions"]

_MEANT = {
    "respondent_id": "the column that tells respondents apart",
    "weight": "weights",
    "psu": "sampling points",
    "stratum": "strata",
    "site": "cities or other places",
}


def decisions(supposed: Supposed, surveys: Mapping[str, RawSurvey]) -> bytes:
    """Return the list of what was supposed and what was left out, for a person to decide."""
    parts = [
        "# What to decide",
        "This is a draft from the labels and codes of data files. Nothing in it was decided by "
        "a person yet. Of text columns it holds the answers that five persons or more gave.",
        *_section("Design", _design(supposed, surveys)),
        *_section("Differences between the files", _differences(supposed)),
        *_section("Codes that seem to be missing answers, by habit only", _guessed(supposed)),
        *_section("Codes taken for missing answers, by their labels", _labelled(supposed)),
        *_section("Numbers, by a range of which results can be restricted", _numbers(supposed)),
        *_section("Codes without a label, counted as out of range", _stray(supposed)),
        *_section("Items that seem reversed", _reversed(supposed)),
        *_section("Batteries, each an index in the draft", _batteries(supposed)),
        *_section("Columns that seem to identify people, not read", _identifiers(supposed)),
        *_section("Columns left out", _left_out(supposed)),
    ]
    return ("\n\n".join(parts) + "\n").encode()


def _section(title: str, lines: Iterator[str]) -> list[str]:
    told = list(lines)
    return [f"## {title}", "\n".join(f"- {line}" for line in told)] if told else []


def _design(supposed: Supposed, surveys: Mapping[str, RawSurvey]) -> Iterator[str]:
    for role, meaning in _MEANT.items():
        if role in supposed.roles:
            names = [column.name for column in supposed.roles[role].columns.values()]
            yield f"{meaning}: {_code(list(dict.fromkeys(names)))}, by name and content"
        elif role != "site":
            yield f"{meaning}: no column found in every file that fits"
    yield "state how respondents were selected: 'convenience' claims the least"
    yield "describe the population, and when and how each wave was made (`fieldwork`)"
    if len(surveys) > 1:
        yield "say how the waves relate: they are taken for independent samples"


def _differences(supposed: Supposed) -> Iterator[str]:
    """Yield what differs, what changes an answer's meaning first."""
    order = ["recoded", "other question", "relabelled", "reworded", "renamed and reworded"]
    rank = {kind: position for position, kind in enumerate(order)}
    for part in sorted(supposed.differences, key=lambda part: rank.get(part.kind, len(order))):
        yield f"{part.wave}, {_code([part.column])}, {part.kind}: {_plain(part.told)}"
    everywhere = {question.id for question in supposed.variables}
    for wave, columns in supposed.files.items():
        for column in columns:
            if column.kind == "variable" and not any(
                question.columns.get(wave) is column
                for question in supposed.variables
                if question.id in everywhere
            ):
                yield f"{wave}, {_code([column.name])}: a variable that not every file has"


def _missing(supposed: Supposed) -> Iterator[tuple[str, Mapping[int | str, Missing]]]:
    """Yield each scale and variable with the codes taken for missing answers."""
    for scale in supposed.scales.values():
        yield f"scale {_code([scale.id])}", scale.missing
    for question in supposed.variables:
        columns = reversed(question.columns.values())  # the first file's labels prevail
        codes = {code: part for column in columns for code, part in column.missing.items()}
        yield f"variable {_code([question.id])}", codes


def _guessed(supposed: Supposed) -> Iterator[str]:
    for place, codes in _missing(supposed):
        for code, part in codes.items():
            if part.because == "usual":
                yield f"{place}: {code} as '{part.reason}'"
            elif part.because == "declared" and not part.label:
                yield f"{place}: {code}, declared missing, as '{part.reason}'"


def _labelled(supposed: Supposed) -> Iterator[str]:
    for place, codes in _missing(supposed):
        told = [
            f"{code} '{_plain(part.label)}' as {part.reason}"
            for code, part in codes.items()
            if part.label
        ]
        if told:
            yield f"{place}: {', '.join(told)}"


def _numbers(supposed: Supposed) -> Iterator[str]:
    for question in supposed.variables:
        if not any(column.answers for column in question.columns.values()):
            yield f"{_code([question.id])} ({_plain(question.first.label)})"


def _stray(supposed: Supposed) -> Iterator[str]:
    for wave, columns in supposed.files.items():
        for column in columns:
            if column.stray:
                codes = ", ".join(f"{code:g}" for code in column.stray)
                yield f"{wave}, {_code([column.name])}: {codes}"


def _reversed(supposed: Supposed) -> Iterator[str]:
    for battery, items in supposed.reversed_in.items():
        yield f"{_code(items)} in {_code([battery])}: `keyed: negative` if so"


def _batteries(supposed: Supposed) -> Iterator[str]:
    labelled = {question.id: question.first.label for question in supposed.items}
    for battery in supposed.batteries:
        labels = [_plain(labelled[item]) for item in battery.items]
        told = "; ".join(label for label in labels if label)
        yield f"{_code([battery.id])}: {_code(battery.items)}" + (f" ({told})" if told else "")


def _identifiers(supposed: Supposed) -> Iterator[str]:
    for wave, columns in supposed.files.items():
        names = [column.name for column in columns if column.kind == "identifier"]
        if names:
            yield f"{wave}: {_code(names)}"


def _left_out(supposed: Supposed) -> Iterator[str]:
    for wave, columns in supposed.files.items():
        for why in dict.fromkeys(c.why for c in columns if c.kind == "left_out"):
            names = [c.name for c in columns if c.kind == "left_out" and c.why == why]
            yield f"{wave}, {why}: {_code(names)}"


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{_plain(name).replace('`', '')}`" for name in names)


def _plain(text: str) -> str:
    """Return a file's text without signs that do not print or that Markdown would obey."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain.replace("<", "‹").replace(">", "›").replace("[", "(").replace("]", ")")
