"""Rows of an XLSForm: what their types say, and all that may be wrong with them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resilience.errors import Issue, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Row = Mapping[str, str]

__all__ = ["RowType", "broken_form", "type_of"]

_SELECT = re.compile(
    r"(select[_ ]one|select1|select[_ ]multiple|select all that apply|rank)"
    r"(?:\s+from)?\s+(\S+)(\s+or[_ ]other)?",
    re.IGNORECASE,
)
_KINDS = {"select1": "select_one", "select_all_that_apply": "select_multiple"}
_ENDS = {"begin_group": "end_group", "begin_repeat": "end_repeat"}
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class RowType:
    """What the type of a row says.

    Attributes
    ----------
    kind : str
        `select_one`, `begin_group`, `integer` and so on, always with underscores.
    choices : str
        The list of choices; empty where there is none.
    or_other : bool
        Whether another answer may be given.
    """

    kind: str
    choices: str = ""
    or_other: bool = False


def type_of(text: str) -> RowType:
    """Return what a row's type says, in old and new ways of writing it.

    Examples
    --------
    >>> type_of("select one yes_no or other")
    RowType(kind='select_one', choices='yes_no', or_other=True)
    >>> type_of("begin repeat").kind
    'begin_repeat'
    """
    plain = " ".join(text.split())
    found = _SELECT.fullmatch(plain)
    if found is None:
        return RowType(plain.casefold().replace(" ", "_"))
    kind = found[1].casefold().replace(" ", "_")
    return RowType(_KINDS.get(kind, kind), found[2], bool(found[3]))


def broken_form(
    survey: Sequence[Row], offered: Sequence[Row], settings: Row, where: str
) -> list[Issue]:
    """Return everything that is wrong with a form's rows.

    Parameters
    ----------
    survey, offered : sequence of rows
        Of the sheets `survey` and `choices`; the first has all headers.
    settings : row
    where : str
        The file.
    """
    absent = [name for name in ("type", "name") if name not in survey[0]]
    if absent:
        return [_no_columns(where, "survey", absent, list(survey[0]))]
    if offered and (lacking := [n for n in ("list_name", "name") if n not in offered[0]]):
        return [_no_columns(where, "choices", lacking, list(offered[0]))]
    repeated_may_be = settings.get("allow_choice_duplicates", "").casefold() in ("yes", "true")
    return [
        *_nesting(survey, where),
        *_survey_names(survey, where),
        *_absent_lists(survey, offered, where),
        *_choice_names(survey, offered, where, repeated_may_be=repeated_may_be),
    ]


def _no_columns(where: str, sheet: str, absent: Sequence[str], there: Sequence[str]) -> Issue:
    return Issue(
        f"this is no form: its sheet '{sheet}' lacks " + " and ".join(f"'{n}'" for n in absent),
        where=where,
        found="columns " + ", ".join(there[:_MOST_NAMED]),
        expected="the columns of an XLSForm, their names in the first row",
        remedy="choose the XLSForm (not the data), and keep its first row as it was",
    )


def _nesting(survey: Sequence[Row], where: str) -> Iterator[Issue]:
    """Tell of groups and repeats that do not end, or end without a beginning."""
    open_: list[tuple[str, str]] = []
    for row in survey:
        kind = type_of(row.get("type", "")).kind
        if kind in _ENDS:
            open_.append((_ENDS[kind], row.get("name", "")))
        elif kind in _ENDS.values() and (not open_ or open_[-1][0] != kind):
            last = f"'{open_[-1][1]}' is open" if open_ else "nothing is open"
            yield Issue(
                f"'{kind}' ends what did not begin" + _of(row.get("name", "")),
                where=where,
                found=last,
                expected="each group and repeat ended once, the inner one first",
                remedy="correct the rows of type begin and end",
            )
            return
        elif kind in _ENDS.values():
            open_.pop()
    for end, name in open_:
        yield Issue(
            f"'{name}' begins and does not end",
            where=where,
            found=f"no '{end}'",
            expected="each group and repeat ended once",
            remedy=f"add a row of type '{end}'",
        )


def _survey_names(survey: Sequence[Row], where: str) -> Iterator[Issue]:
    """Tell of rows without type or name, names with blanks, and names that occur twice."""
    nameless: Counter[str] = Counter()
    for row in survey:
        kind, name = type_of(row.get("type", "")).kind, row.get("name", "")
        if kind and not name and kind not in _ENDS.values():
            nameless[kind] += 1
        elif name and not kind:
            yield _row_issue(where, f"'{name}' has no type", "a type such as 'select_one …'")
        if re.search(r"\s", name):
            yield _row_issue(where, f"the name '{name}' has blanks", "a name in one word")
    for kind, count in nameless.items():
        what = f"{count} rows of type '{kind}' have no name"
        yield _row_issue(where, what, "a name for each question and group")
    for place, count in Counter(_full_names(survey)).items():
        if count > 1:
            what = f"the name '{place}' occurs {count} times"
            yield _row_issue(where, what, "each name once in its group")


def _full_names(survey: Sequence[Row]) -> Iterator[str]:
    """Yield the names of questions and groups with the groups around them."""
    around: list[str] = []
    for row in survey:
        kind, name = type_of(row.get("type", "")).kind, row.get("name", "")
        if kind in _ENDS.values():
            around = around[:-1]
            continue
        if kind and name:
            yield "/".join([*around, name])
        if kind in _ENDS:
            around.append(name)


def _absent_lists(survey: Sequence[Row], offered: Sequence[Row], where: str) -> Iterator[Issue]:
    """Tell of questions whose list of choices is not there; files and repeats are elsewhere."""
    lists = {row["list_name"] for row in offered if row.get("list_name")}
    users: dict[str, list[str]] = {}
    for row in survey:
        name = type_of(row.get("type", "")).choices
        if name and name not in lists and not name.startswith("${"):
            users.setdefault(name, []).append(row.get("name", ""))
    for name, questions in users.items():
        more = ", …" if len(questions) > _MOST_NAMED else ""
        yield Issue(
            f"the list of choices '{name}' is not there",
            where=where,
            found="in the questions " + ", ".join(questions[:_MOST_NAMED]) + more,
            expected=f"rows with list_name '{name}' on the sheet 'choices'",
            remedy=nearest(name, lists, "add the list, or correct the questions' type"),
        )


def _choice_names(
    survey: Sequence[Row], offered: Sequence[Row], where: str, *, repeated_may_be: bool
) -> Iterator[Issue]:
    """Tell of choices without a name, named twice, or with blanks where several are chosen."""
    types = [type_of(row.get("type", "")) for row in survey]
    several = {part.choices for part in types if part.kind in ("select_multiple", "rank")}
    names: Counter[tuple[str, str]] = Counter()
    for row in offered:
        of, name = row.get("list_name", ""), row.get("name", "")
        if of and not name:
            yield _row_issue(where, f"a choice of '{of}' has no name", "a name for each choice")
        elif of:
            names[of, name] += 1
        elif name:
            yield _row_issue(where, f"the choice '{name}' is in no list", "its 'list_name'")
    for (of, name), count in names.items():
        if count > 1 and not repeated_may_be:
            yield Issue(
                f"the choice '{name}' of '{of}' occurs {count} times",
                where=where,
                found=f"{count} rows",
                expected="each name once in its list",
                remedy="give each a name of its own; where choices are filtered and are meant to "
                "occur twice, set 'allow_choice_duplicates' to 'yes' on the sheet 'settings'",
            )
        if of in several and re.search(r"\s", name):
            what = f"the choice '{name}' of '{of}' has blanks, and several may be chosen"
            yield _row_issue(where, what, "a name in one word: blanks part choices in the data")


def _row_issue(where: str, what: str, expected: str) -> Issue:
    return Issue(
        what, where=where, found="rows of the form", expected=expected, remedy="correct the form"
    )


def _of(name: str) -> str:
    return f" ({name})" if name else ""
