"""A draft as definitions: plain mappings, written as YAML."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resilience.responses.reading import RawSurvey
    from resilience.workflow.drafting.batteries import SharedScale
    from resilience.workflow.drafting.draft import Supposed
    from resilience.workflow.drafting.matching import Question

__all__ = ["instrument_of", "report_of", "study_of"]

_LONGEST_TITLE = 80
_LONGEST_TEXT = 1000
_FEW = 4


def instrument_of(supposed: Supposed, name: str, sources: Sequence[str]) -> dict[str, Any]:
    """Return the instrument: scales, items, and an index for each battery."""
    content: dict[str, Any] = {
        "instrument": name,
        "version": "0.1",
        "title": f"Draft from {', '.join(sources)}"[:_LONGEST_TITLE],
        "language": supposed.language,
        "status": "unvalidated_draft",
        "wording": "own",
        "licence": "not stated",
        "source": f"drafted from the labels of {', '.join(sources)}",
        "scales": {scale.id: _scale(scale) for scale in supposed.scales.values()},
        "items": [_item(question, supposed) for question in supposed.items],
    }
    indices = [
        {
            "id": battery.id,
            "title": f"Items {battery.items[0]} to {battery.items[-1]}",
            "items": list(battery.items),
            "minimum_answered": "2/3" if len(battery.items) <= _FEW else "1/2",
            "measurement": "reflective",
        }
        for battery in supposed.batteries
    ]
    return {**content, **_without_empty({"indices": indices})}


def _scale(scale: SharedScale) -> dict[str, Any]:
    missing = [
        _without_empty(
            {
                "code": code,
                "reason": part.reason,
                "label": _worded(scale.words, code, part.label, instead=""),
            }
        )
        for code, part in scale.missing.items()
    ]
    answers = {code: _worded(scale.words, code, text) for code, text in scale.answers.items()}
    return _without_empty({"answers": answers, "missing": missing})


def _item(question: Question, supposed: Supposed) -> dict[str, Any]:
    label = _text(question.first.label, "")
    return _without_empty(
        {
            "id": question.id,
            "scale": supposed.scale_of[question.id],
            "title": _title(label),
            "question": _worded(question.first.words, "", label or question.first.name),
        }
    )


def study_of(supposed: Supposed, surveys: Mapping[str, RawSurvey], name: str) -> dict[str, Any]:
    """Return the study: roles, design, sites, variables, waves with their columns."""
    roles = {
        "respondent_id": "none",
        "weight": "none",
        "psu": "not_published",
        **{role: next(iter(part.columns.values())).name for role, part in supposed.roles.items()},
    }
    simulated = all(
        any("SIMULATED" in note.upper() for note in raw.notes) for raw in surveys.values()
    )
    content: dict[str, Any] = {
        "study": name,
        "title": f"Draft of {name}",
        "language": supposed.language,
        "data": "simulated" if simulated else "collected",
        "population": "Not yet described",
        "instruments": [name],
        "roles": roles,
        "design": _without_empty(
            {"selection": "convenience", "waves": "independent" if len(surveys) > 1 else None}
        ),
        "sites": _sites(supposed),
        "variables": [_variable(question) for question in supposed.variables],
        "waves": [_wave(supposed, raw, wave, roles) for wave, raw in surveys.items()],
    }
    if any(column.stray for columns in supposed.files.values() for column in columns):
        content["policy"] = {"out_of_range": "missing"}
    return _without_empty(content)


def report_of(supposed: Supposed, name: str, waves: Sequence[str]) -> dict[str, Any]:
    """Return a report on the first batteries: change, if there is any, and answers."""
    blocks: list[dict[str, Any]] = []
    everywhere = [
        battery
        for battery in supposed.batteries
        if all(len(_question(supposed, item).columns) == len(waves) for item in battery.items)
    ][:_FEW]
    if len(waves) > 1 and everywhere:
        blocks.append({"block": "change", "measures": [battery.id for battery in everywhere]})
    blocks += [
        {"block": "answers", "items": list(battery.items), "wave": waves[-1]}
        for battery in supposed.batteries
        if all(waves[-1] in _question(supposed, item).columns for item in battery.items)
    ][:_FEW]
    blocks += [{"block": "method"}, {"block": "questionnaire"}]
    return {
        "report": name,
        "title": f"Draft of {name}",
        "study": name,
        "date": dt.datetime.now(dt.UTC).date(),
        "baseline": waves[0],
        "blocks": blocks,
    }


def _question(supposed: Supposed, item: str) -> Question:
    return next(question for question in supposed.items if question.id == item)


def _sites(supposed: Supposed) -> list[dict[str, Any]]:
    if "site" not in supposed.roles:
        return []
    return _categories(supposed.roles["site"].columns.values())


def _variable(question: Question) -> dict[str, Any]:
    missing = {
        code: part.reason
        for column in question.columns.values()
        for code, part in column.missing.items()
    }
    return _without_empty(
        {
            "id": question.id,
            "title": _title(_text(question.first.label, question.first.name)),
            "kind": None if any(c.answers for c in question.columns.values()) else "number",
            "values": _categories(question.columns.values()),
            "missing": dict(sorted(missing.items(), key=lambda pair: str(pair[0]))),
        }
    )


def _categories(columns: Any) -> list[dict[str, Any]]:
    """Return the categories of all waves' columns, each code once, each id once."""
    texts: dict[int | str, str] = {}
    for column in columns:
        for code, text in column.answers.items():
            texts.setdefault(code, text)
    taken: set[str] = set()
    values = []
    for code, text in texts.items():
        ident = _identifier(text, f"value_{len(taken) + 1}")
        while ident in taken:
            ident += "_b"
        taken.add(ident)
        values.append({"code": code, "id": ident, "title": _text(text, code)})
    return values


def _wave(
    supposed: Supposed, raw: RawSurvey, wave: str, roles: Mapping[str, str]
) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for role, part in supposed.roles.items():
        if part.columns[wave].name != roles[role]:
            columns[role] = part.columns[wave].name
    for question in (*supposed.items, *supposed.variables):
        if wave in question.columns and question.columns[wave].name != question.id:
            column = question.columns[wave]
            columns[question.id] = column.chosen.model_dump() if column.chosen else column.name
    return _without_empty(
        {
            "id": wave,
            "title": wave,
            "file": raw.source.name,
            "sha256": raw.source.sha256,
            "not_asked": [q.id for q in supposed.items if wave not in q.columns],
            "columns": columns,
            "codes": _codes(supposed, wave),
        }
    )


def _codes(supposed: Supposed, wave: str) -> dict[str, dict[str, int | str]]:
    """Return what names of choices stand for: by scale where all its items have the same."""
    by_scale: dict[str, list[tuple[str, Mapping[str, int | str]]]] = {}
    for question in supposed.items:
        if wave in question.columns:
            part = (question.id, question.columns[wave].codes)
            by_scale.setdefault(supposed.scale_of[question.id], []).append(part)
    codes: dict[str, dict[str, int | str]] = {}
    for scale, items in by_scale.items():
        same = all(dict(own) == dict(items[0][1]) for _, own in items)
        named = [(scale, items[0][1])] if same else items
        codes |= {name: dict(own) for name, own in named if own}
    return codes


def _without_empty(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value not in (None, "", [], {}, ())}


def _worded(
    words: Mapping[int | str, Mapping[str, str]],
    code: int | str,
    text: str,
    *,
    instead: object = None,
) -> str | dict[str, str]:
    """Return a text in all languages that a form has it in, or as the file has it."""
    said = {language: _text(part, "") for language, part in words.get(code, {}).items()}
    said = {language: part for language, part in said.items() if part}
    return said if len(said) > 1 else _text(text, code if instead is None else instead)


def _text(text: str, instead: object) -> str:
    """Return a file's text on one line, without signs that do not print."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(plain.split())[:_LONGEST_TEXT] or str(instead)


def _title(text: str) -> str:
    short = re.sub(r"^[Qq]?\d+[a-zA-Z]{0,2}\s*[-.):]\s*", "", text)
    return short if len(short) <= _LONGEST_TITLE else short[: _LONGEST_TITLE - 1] + "…"


def _identifier(text: str, instead: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")[:40].strip("_")
    if not name:
        return instead
    return name if name[0].isalpha() else f"v_{name}"
