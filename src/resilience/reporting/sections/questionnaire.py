"""The annex with the wording of the questions and the rules of the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.reporting.document import Column, Row, Section, Table
from resilience.reporting.phrases import Label, Listing, Message, Number, Verbatim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.definitions.instrument import Condition, Index, Item, Scale
    from resilience.definitions.study import Study
    from resilience.evaluation.results import Results
    from resilience.reporting.document import Block
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["questionnaire_section"]


def questionnaire_section(results: Results, names: Names) -> Section:
    """Return what was asked, in which words, and how scores are made of it."""
    study = results.study
    blocks: list[Block] = [_items_table(study, names), _scales_table(study)]
    blocks.append(_indices_table(study))
    if study.questionnaire.indicators_by_id:
        blocks.append(_indicators_table(study, names))
    return Section("questionnaire", Message("questionnaire_title"), tuple(blocks), annex=True)


def _items_table(study: Study, names: Names) -> Table:
    columns = (
        Column(Message("column_id"), width=1.1),
        Column(Message("column_question"), width=4.2),
        Column(Message("column_scale"), width=1.0),
        Column(Message("column_keyed"), width=1.1),
    )
    rows = tuple(
        Row(
            (
                Verbatim(item.id),
                _question(item, study, names),
                _scale_name(study.questionnaire.scale_of(item.id), item.scale),
                Message(f"keyed_{item.keyed}"),
            )
        )
        for item in study.questionnaire.items_by_id.values()
    )
    notes: list[Phrase] = []
    if any(part.wording == "obtain" for part in study.questionnaire.instruments):
        notes.append(Message("note_wording_obtain"))
    for part in study.questionnaire.instruments:
        if part.instrument in study.forms:
            form = Verbatim(study.forms[part.instrument])
            n = Number(len(part.items), "count")
            notes.append(Message("note_form", {"title": Label(part.title), "form": form, "n": n}))
    notes += _list_notes(study)
    for wave in study.waves:
        if wave.not_asked:
            items = Listing(tuple(Verbatim(item) for item in wave.not_asked), "comma")
            notes.append(Message("note_not_asked", {"wave": names.wave(wave.id), "items": items}))
    return Table(Message("items_caption"), columns, rows, tuple(notes))


def _list_notes(study: Study) -> list[Phrase]:
    """Return what some respondents heard besides, for each list experiment."""
    return [
        Message(
            "note_list_experiment",
            {
                "item": Verbatim(part.item),
                "n": Number(part.controls, "count"),
                "sensitive": Label(part.sensitive),
            },
        )
        for part in study.questionnaire.list_experiments_by_id.values()
    ]


def _question(item: Item, study: Study, names: Names) -> Phrase:
    """Return a question with the study's words for places and the like filled in."""
    if item.question is None:
        source = Verbatim(item.source or item.id)
        return Message("question_of_owner", {"item": names.item(item.id), "source": source})
    return Label(
        {
            language: _filled(text, language, study.wording)
            for language, text in item.question.items()
        }
    )


def _filled(text: str, language: str, wording: Mapping[str, Mapping[str, str]]) -> str:
    for name, words in wording.items():
        text = text.replace(f"{{{name}}}", words.get(language, next(iter(words.values()))))
    return text


def _scales_table(study: Study) -> Table:
    columns = (
        Column(Message("column_scale"), width=0.9),
        Column(Message("column_answers"), width=3.6),
        Column(Message("column_not_scored"), width=2.5),
    )
    rows = []
    listed: list[tuple[str, Scale]] = []
    for instrument in study.questionnaire.instruments:
        for name, scale in instrument.scales.items():
            if any(name == known and _read_alike(scale, other) for known, other in listed):
                continue  # instruments asked together have some scales in common
            listed.append((name, scale))
            answers = tuple(
                _coded(code, Label(text)) for code, text in sorted(scale.answers.items())
            )
            missing = tuple(
                _coded(
                    answer.code,
                    Label(answer.label) if answer.label else Message(f"reason_{answer.reason}"),
                )
                for answer in scale.missing
            )
            cells = (_scale_name(scale, name), Listing(answers, "comma"), Listing(missing, "comma"))
            rows.append(Row(cells))
    return Table(Message("scales_caption"), columns, tuple(rows))


def _read_alike(one: Scale, other: Scale) -> bool:
    """Tell whether two scales have the same codes, in the same words of every shared language."""
    texts, others = _texts(one), _texts(other)
    return texts.keys() == others.keys() and all(
        words == others[code] or _agree(words, others[code]) for code, words in texts.items()
    )


def _texts(scale: Scale) -> dict[int | str | None, Mapping[str, str] | str]:
    """Return a scale's title, under None, and the words, or else the reason, of each code."""
    texts: dict[int | str | None, Mapping[str, str] | str] = {None: scale.title or ""}
    texts |= dict(scale.answers.items())
    texts.update({answer.code: answer.label or answer.reason for answer in scale.missing})
    return texts


def _agree(one: Mapping[str, str] | str, other: Mapping[str, str] | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return False
    shared = one.keys() & other.keys()
    return bool(shared) and all(one[language] == other[language] for language in shared)


def _scale_name(scale: Scale, name: str) -> Phrase:
    return Label(scale.title) if scale.title else Verbatim(name)


def _coded(code: int | str, phrase: Phrase) -> Phrase:
    shown = Verbatim(code) if isinstance(code, str) else Number(code, "whole")
    return Message("coded", {"code": shown, "answer": phrase})


def _indices_table(study: Study) -> Table:
    columns = (
        Column(Message("column_index"), width=2.0),
        Column(Message("column_parts"), width=3.0),
        Column(Message("column_rule"), width=2.0),
        Column(Message("column_hash"), width=1.1),
    )
    rows = tuple(
        Row(
            (
                Label(index.title),
                _parts(index, study),
                _rule(index),
                Verbatim(study.questionnaire.rule_hash(index.id)),
            )
        )
        for index in study.questionnaire.indices_by_id.values()
    )
    return Table(Message("indices_caption"), columns, rows, (Message("note_hash"),))


def _parts(index: Index, study: Study) -> Phrase:
    """Return the parts of an index: items by their id, indices by their title."""
    if index.items:
        return Listing(tuple(Verbatim(item) for item in index.items), "comma")
    titles = (study.questionnaire.indices_by_id[part].title for part in index.indices)
    return Listing(tuple(map(Label, titles)), "comma")


def _rule(index: Index) -> Phrase:
    asked = len(index.parts)
    return Message(
        "rule_mean",
        {
            "needed": Number(index.parts_needed(asked), "count"),
            "n": Number(asked, "count"),
        },
    )


def _indicators_table(study: Study, names: Names) -> Table:
    columns = (
        Column(Message("column_indicator"), width=2.6),
        Column(Message("column_condition"), width=3.6),
        Column(Message("column_hash"), width=1.1),
    )
    rows = tuple(
        Row(
            (
                Label(indicator.title),
                _condition(indicator.condition, names),
                Verbatim(study.questionnaire.rule_hash(indicator.id)),
            )
        )
        for indicator in study.questionnaire.indicators_by_id.values()
    )
    return Table(Message("indicators_rule_caption"), columns, rows, (Message("note_denominator"),))


def _condition(condition: Condition, names: Names) -> Phrase:
    """Return a condition in words."""
    if condition.item is None:
        parts = tuple(_condition(part, names) for part in condition.all or condition.any)
        return Message(
            "condition_all" if condition.all else "condition_any",
            {"parts": Listing(parts, "comma")},
        )
    item = Verbatim(condition.item)
    if condition.one_of is not None:
        codes = Listing(tuple(Number(code, "whole") for code in condition.one_of), "comma")
        key = "condition_one_of" if len(condition.one_of) > 1 else "condition_code"
        return Message(key, {"item": item, "codes": codes})
    rule, code = (
        ("at_least", condition.at_least)
        if condition.at_least is not None
        else ("at_most", condition.at_most)
    )
    return Message(f"condition_{rule}", {"item": item, "code": Number(float(code or 0), "whole")})
