"""Whether the words and labels in a wave's file are those of the definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resilience.errors import Issue
from resilience.responses.coding import decode_categories
from resilience.responses.labels import misplaced_labels, text_labels
from resilience.responses.words import (
    answer_words,
    category_words,
    languages_of,
    scripts_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from resilience.definitions.instrument import Scale
    from resilience.definitions.study import Category, Study, Wave
    from resilience.responses.coding import Unread
    from resilience.responses.formats.parsed import Code
    from resilience.responses.labels import Misplaced
    from resilience.responses.reading import RawSurvey
    from resilience.responses.words import Words

__all__ = [
    "CategoryKind",
    "category_issues",
    "category_kinds",
    "expected_answers",
    "how_to_declare",
    "label_issues",
    "unclear_words",
    "unread_words",
    "wave_place",
]


@dataclass(frozen=True, slots=True)
class CategoryKind:
    """The site or a variable: its categories, and what texts in a wave's file stand for."""

    name: str
    categories: tuple[Category, ...]
    missing: tuple[int | str, ...]
    words: Words

    @property
    def ids(self) -> dict[int | str, str]:
        """The ids by code."""
        return {part.code: part.id for part in self.categories}


def category_kinds(study: Study, wave: Wave, raw: RawSurvey) -> Iterator[CategoryKind]:
    """Yield the site, if the file has it, and the variables of a study as a wave has them."""
    parts: list[tuple[str, tuple[Category, ...], tuple[int | str, ...]]] = [
        (variable.id, variable.values, tuple(variable.missing))
        for variable in study.variables
        if variable.kind != "number"
    ]
    for name, categories, missing in [("site", study.sites, ()), *parts]:
        labels = text_labels(raw.value_labels.get(study.column_of(wave.id, name) or "", {}))
        words = category_words(categories, study.codes_of(wave.id, name), labels)
        yield CategoryKind(name, categories, missing, words)


def category_issues(study: Study, wave: Wave, raw: RawSurvey) -> Iterator[Issue]:
    """Tell of codes, words and labels that the site and the variables do not have."""
    for kind in category_kinds(study, wave, raw):
        column = study.column_of(wave.id, kind.name)
        if column is None or column not in raw.frame:
            continue
        named = f"column '{column}' ({kind.name})"
        titles = {part.code: part.title for part in kind.categories}
        found = decode_categories(raw.codes_of(column), kind.ids, kind.missing, words=kind.words)
        if found.unknown and kind.name != "site":
            yield Issue(
                f"{named} has codes that are no value of it",
                where=wave_place(study, wave),
                found=", ".join([f"{found.unknown} rows", *unread_words(found.unread)]),
                expected="codes " + ", ".join(map(str, [*titles, *kind.missing])),
                remedy="name all values, and the codes for missing under 'missing'"
                + how_to_declare(found.unread, kind.name),
            )
        yield from unclear_words(study, wave, named, found.unread, kind.name)
        labels = raw.value_labels.get(column, {})
        wrong = misplaced_labels(labels, kind.words, list(titles))
        if wrong:
            yield _misplaced_issue(study, wave, named, kind.name, wrong, titles)


def label_issues(
    study: Study, wave: Wave, item: str, labels: Mapping[Code, str]
) -> Iterator[Issue]:
    """Tell of labels that the file gives to other codes than the definition does.

    A scale that was turned round in one wave is among them. Nothing else could show it: its
    codes are all codes of the scale.
    """
    scale = study.questionnaire.scale_of(item)
    words = answer_words(scale, study.codes_of(wave.id, item))
    titles = dict(scale.answers)
    # Where the wave has codes of its own for missing answers, labels of these follow them.
    gone = {} if wave.missing_codes else {part.code: part.reason for part in scale.missing}
    wrong = misplaced_labels(labels, words, list(titles))
    # A label at another code of the same reason changes nothing.
    wrong += tuple(
        part
        for code, reason in gone.items()
        for part in misplaced_labels(labels, words, [code])
        if any(gone.get(meant) != reason for meant in part.meant)
    )
    if wrong:
        named = f"column '{study.column_of(wave.id, item)}' (item '{item}')"
        yield _misplaced_issue(study, wave, named, item, wrong, titles)


def _misplaced_issue(
    study: Study,
    wave: Wave,
    named: str,
    name: str,
    wrong: tuple[Misplaced, ...],
    titles: Mapping[int | str, Mapping[str, str]] | Mapping[int, Mapping[str, str]],
) -> Issue:
    certain = all(len(part.meant) == 1 for part in wrong)
    remap = ", ".join(f"{part.code}: {part.meant[0]}" for part in wrong)
    ends = {str(min(titles, key=_rank)), str(max(titles, key=_rank))}
    turned = ends <= {part.code for part in wrong}
    return Issue(
        f"{named} has labels that the definition gives to other codes"
        + (": the scale is turned round" if turned and len(titles) > 1 else ""),
        where=wave_place(study, wave),
        found="; ".join(f"{part.code} is '{part.label}'" for part in wrong),
        expected="; ".join(
            f"'{part.label}' is {' or '.join(map(str, part.meant))}" for part in wrong
        ),
        remedy=(
            f"if the file's labels are right, write 'codes: {{{name}: {{{remap}}}}}' in the wave"
            if certain
            else "correct the labels in the definition or in the file"
        ),
    )


def _rank(code: int | str) -> tuple[bool, int | str]:
    return isinstance(code, str), code


def unclear_words(
    study: Study, wave: Wave, named: str, unread: Unread, name: str
) -> Iterator[Issue]:
    """Tell of words that stand for several codes, or whose number is another code's."""
    if unread.ambiguous:
        yield Issue(
            f"{named} has words that several codes have in the definition",
            where=wave_place(study, wave),
            found=f"{len(unread.ambiguous)} distinct texts",
            expected="words that tell the codes apart",
            remedy=f"export codes, or say which: 'codes: {{{name}: {{the words: code}}}}' in "
            "the wave",
        )
    if unread.contradictory:
        yield Issue(
            f"{named} has numbered words whose number is another code's in the definition",
            where=wave_place(study, wave),
            found=f"{len(unread.contradictory)} distinct texts",
            expected="the number that the words have in the definition",
            remedy="if the words are right, give them with their numbers: "
            f"'codes: {{{name}: {{\"1. the words\": code}}}}' in the wave; the scale may be "
            "turned round",
        )


def unread_words(unread: Unread) -> list[str]:
    """Return how many texts have no meaning and how they are written; never the texts."""
    if not unread.unknown:
        return []
    letters = " and ".join(scripts_of(unread.unknown)) or "no"
    return [f"{unread.rows} rows of text, {len(unread.unknown)} distinct, in {letters} letters"]


def expected_answers(scale: Scale, unread: Unread) -> str:
    """Return what a column of answers may hold."""
    codes = "codes " + ", ".join(map(str, scale.answers))
    if not unread.unknown:
        return codes
    return f"{codes}, or the answers' words in " + ", ".join(languages_of(scale.answers.values()))


def how_to_declare(unread: Unread, name: str) -> str:
    """Return what to do about texts without a meaning, if there are any."""
    if not unread.unknown:
        return ""
    return (
        f"; for names of choices or other words 'codes: {{{name}: {{the text: code}}}}' in the "
        "wave; for another language a translation"
    )


def wave_place(study: Study, wave: Wave) -> str:
    """Return where in a study a finding belongs."""
    return f"{study.path}: wave '{wave.id}' ({wave.file})"
