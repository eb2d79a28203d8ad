"""Margins laid on a sample: which row is in which cell, and whether each can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from resilience.definitions.margins import Margin, cells_of, margin_faults
from resilience.errors import DesignError, Issue, nearest
from resilience.inference.weights.weight_history import FittedMargin

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

__all__ = ["Block", "Weighted", "blocks_of", "labels_of"]

SITE = "site"
_MOST_NAMED = 5
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Weighted:
    """Respondents with their weights: what margins are laid on.

    Attributes
    ----------
    frame : pandas.DataFrame
    weights : numpy.ndarray
        Shape (n,). Who weighs 0 represents nobody, and may lack what others must have.
    wave : str or None
        The column of waves.
    """

    frame: pd.DataFrame
    weights: Floats
    wave: str | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Block:
    """A part of the sample that is fitted by itself: a wave, or a site in a wave.

    Attributes
    ----------
    wave, site : str
        Empty for all.
    rows : numpy.ndarray
        The rows that its margins cover and that weigh more than 0.
    margins : tuple of FittedMargin
    """

    wave: str
    site: str
    rows: Codes
    margins: tuple[FittedMargin, ...]

    @property
    def name(self) -> str:
        """Its wave and site."""
        return ", ".join(part for part in (self.wave, self.site) if part) or "the sample"


class _Scope(NamedTuple):
    """A margin in one wave."""

    margin: Margin
    wave: str

    @property
    def site(self) -> str:
        return self.margin.site or ""

    @property
    def where(self) -> str:
        place = ", ".join(part for part in (self.wave, self.site) if part)
        named = "margin of " + " by ".join(self.margin.variables)
        return f"{named} in {place}" if place else named


def blocks_of(people: Weighted, margins: Margin | Sequence[Margin], verb: str) -> tuple[Block, ...]:
    """Return the parts of the sample that are fitted, each with its margins.

    Parameters
    ----------
    people : Weighted
    margins : Margin or sequence of Margin
    verb : str
        What is to be done: poststratify, rake or calibrate.

    Raises
    ------
    DesignError
        If a margin is wrong by itself, contradicts another or cannot be reached; all at once.
    """
    listed = [margins] if isinstance(margins, Margin) else list(margins)
    strange = [type(margin).__name__ for margin in listed if not isinstance(margin, Margin)]
    if strange:
        remedy = "rs.Margin(variable=, counts=, source=), or study.margins"
        found = ", ".join(dict.fromkeys(strange))
        raise DesignError(Issue("these are no margins", verb, found, "rs.Margin", remedy))
    issues = [
        Issue(fault.what, f"{verb}: {fault.key}", fault.found, fault.expected, fault.remedy)
        for margin in listed
        for fault in margin_faults(margin)
    ]
    issues += _place_issues(people, listed, verb)
    if issues:
        raise DesignError(*issues)
    scopes = [scope for margin in listed for scope in _scopes(people, margin)]
    issues += _form_issues(scopes, verb)
    totals = _totals(people, scopes, issues)
    fitted = [
        _fitted(people, scope, total, issues) for scope, total in zip(scopes, totals, strict=True)
    ]
    if issues:
        raise DesignError(*issues)
    return _grouped([part for part in fitted if part is not None])


def labels_of(column: pd.Series) -> tuple[Codes, list[str]]:
    """Return codes, -1 where missing, and their labels; 4 and 4.0 are one label."""
    codes, values = pd.factorize(column, sort=False)
    return codes.astype(np.int64), [_label(value) for value in values]


def _label(value: object) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _waves(people: Weighted) -> list[str]:
    if people.wave is None:
        return [""]
    return [str(wave) for wave in pd.unique(people.frame[people.wave].astype("str"))]


def _scopes(people: Weighted, margin: Margin) -> list[_Scope]:
    """Return a margin in each wave for which it holds."""
    waves = _waves(people) if margin.wave is None else [margin.wave]
    return [_Scope(margin, wave) for wave in waves]


def _covered(people: Weighted, scope: _Scope) -> npt.NDArray[np.bool_]:
    """Return which rows a margin is about and weigh more than 0."""
    covered = people.weights > 0
    if scope.wave:
        covered = covered & (people.frame[people.wave].astype("str") == scope.wave).to_numpy()
    if scope.site:
        covered = covered & (people.frame[SITE].astype("str") == scope.site).to_numpy()
    return np.asarray(covered)


def _place_issues(people: Weighted, margins: Sequence[Margin], verb: str) -> list[Issue]:
    """Tell of columns, waves and sites that are not there."""
    if not margins:
        remedy = (
            "declare 'margins' in the study, or make them: rs.Margin(variable=, counts=, source=)"
        )
        return [Issue("there are no margins", verb, "an empty list", "at least one", remedy)]
    frame, issues = people.frame, []
    waves = _waves(people)
    sites = [str(site) for site in frame[SITE].dropna().unique()] if SITE in frame else []
    for margin in margins:
        columns = [(name, list(map(str, frame.columns)), "column") for name in margin.variables]
        columns += [(margin.wave, waves, "wave")] if margin.wave is not None else []
        columns += [(margin.site, sites, "value of 'site'")] if margin.site is not None else []
        issues += [
            Issue(
                f"the margin of {margin.name} is about a {noun} that is not there",
                where=verb,
                found=str(name),
                expected="one of " + ", ".join(list(filter(None, known))[:12] or ["none"]),
                remedy=nearest(str(name), known, "correct the margin"),
            )
            for name, known, noun in columns
            if str(name) not in known
        ]
        issues += _number_issues(frame, margin, verb)
    return issues


def _number_issues(frame: pd.DataFrame, margin: Margin, verb: str) -> list[Issue]:
    """Tell of totals where categories are needed, and of totals of what are no numbers."""
    if cells_of(margin):
        return []
    what = f"the margin of {margin.name} is the total of a number"
    if verb != "calibrate":
        remedy = "rs.calibrate takes totals of numbers"
        return [Issue(what, verb, "'total' alone", "counts or shares by category", remedy)]
    name = margin.variables[0]
    if name in frame and (not is_numeric_dtype(frame[name]) or is_bool_dtype(frame[name])):
        remedy = "give counts or shares by category"
        return [Issue(what, verb, str(frame[name].dtype), "a numeric column", remedy)]
    numbers = frame[name].to_numpy(np.float64, na_value=np.nan) if name in frame else np.empty(0)
    infinite = int(np.isinf(numbers).sum())
    if infinite:
        found, remedy = f"{infinite:,} rows are infinite", "correct the column"
        return [Issue(what, verb, found, "finite numbers", remedy)]
    return []


def _form_issues(scopes: Sequence[_Scope], verb: str) -> list[Issue]:
    """Tell of margins that are given twice, or that post-stratification cannot take together."""
    seen: dict[tuple[object, ...], int] = {}
    for scope in scopes:
        key = (frozenset(scope.margin.variables), scope.wave, scope.site)
        seen[key] = seen.get(key, 0) + 1
    issues = [
        Issue(f"the {scope.where} is given twice", verb, "two margins", "one", "keep one")
        for scope in scopes
        if seen.pop((frozenset(scope.margin.variables), scope.wave, scope.site), 1) > 1
    ]
    places = [(scope.wave, scope.site) for scope in scopes]
    whole = {wave for wave, site in places if not site}
    several = [
        place
        for place in dict.fromkeys(places)
        if places.count(place) > 1 or (place[1] and place[0] in whole)
    ]
    if verb == "poststratify" and several and not issues:
        named = ", ".join(filter(None, several[0])) or "the sample"
        remedy = "rs.rake takes several; or cross two variables in one margin"
        issues.append(
            Issue(
                "post-stratification takes one margin", verb, f"several in {named}", "one", remedy
            )
        )
    return issues


def _totals(people: Weighted, scopes: Sequence[_Scope], issues: list[Issue]) -> list[float]:
    """Return the size of the population that each margin is about; note contradictions."""
    said: dict[tuple[str, str], list[tuple[float, _Scope]]] = {}
    for scope in scopes:
        margin = scope.margin
        counts = sum(cells_of(margin).values()) if margin.counts is not None else None
        size = counts if counts is not None else margin.total
        if size is not None and cells_of(margin):
            said.setdefault((scope.wave, scope.site), []).append((size, scope))
    issues += [
        Issue(
            "margins of the same people contradict each other",
            where=sizes[0][1].where,
            found="; ".join(f"{scope.where}: {size:,.10g}" for size, scope in sizes),
            expected="one size of the population",
            remedy="give shares, and the total once",
        )
        for sizes in said.values()
        if _differ([size for size, _ in sizes])
    ]
    return [
        said[(scope.wave, scope.site)][0][0]
        if (scope.wave, scope.site) in said
        else float(people.weights[_covered(people, scope)].sum())
        for scope in scopes
    ]


def _differ(sizes: Sequence[float]) -> bool:
    return max(sizes) - min(sizes) > _ROUNDING * max(sizes)


def _fitted(
    people: Weighted, scope: _Scope, total: float, issues: list[Issue]
) -> FittedMargin | None:
    """Return a margin on the rows, or note why it cannot be reached."""
    margin, covered = scope.margin, _covered(people, scope)
    if not covered.any():
        remedy = "name the wave and site that it is about, or leave it out"
        issues.append(Issue("a margin is about nobody", scope.where, "0 rows", "some", remedy))
        return None
    missing = people.frame[list(margin.variables)].isna().any(axis=1).to_numpy() & covered
    if missing.any():
        issues.append(_missing_issue(scope, int(missing.sum()), int(covered.sum())))
        return None
    wave, site = scope.wave, scope.site
    variable = " × ".join(margin.variables)
    if not cells_of(margin):
        numbers = np.where(covered, people.frame[variable].to_numpy(np.float64, na_value=0.0), 0.0)
        codes = np.where(covered, 0, -1)
        target = np.array([margin.total], np.float64)
        return FittedMargin(variable, wave, site, ("total",), target, codes, numbers, margin.source)
    cells = {tuple(map(_label, cell)): value for cell, value in cells_of(margin).items()}
    codes = _codes(people.frame, margin.variables, list(cells), covered)
    issues += _cell_issues(people, scope, cells, codes, covered)
    figures = np.array(list(cells.values()), np.float64)
    kept = figures > 0
    renumbered = np.where(kept, np.cumsum(kept) - 1, -1)
    categories = tuple(" × ".join(cell) for cell, used in zip(cells, kept, strict=True) if used)
    codes = np.where(codes >= 0, renumbered[codes], -1)
    targets = figures[kept] / figures.sum() * total
    return FittedMargin(variable, wave, site, categories, targets, codes, None, margin.source)


def _codes(
    frame: pd.DataFrame,
    variables: Sequence[str],
    cells: list[tuple[str, ...]],
    covered: npt.NDArray[np.bool_],
) -> Codes:
    """Return the cell of each row, -1 where it is in none."""
    position = {cell: number for number, cell in enumerate(cells)}
    coded = [labels_of(frame[name]) for name in variables]
    joint, first = coded[0][0].copy(), coded[0][1]
    known = joint >= 0
    names: list[tuple[str, ...]] = [(label,) for label in first]
    for codes, labels in coded[1:]:
        known &= codes >= 0
        joint = joint * len(labels) + codes
        names = [(*name, label) for name in names for label in labels]
    lookup = np.array([position.get(name, -1) for name in names], np.int64)
    inside = covered & known
    return np.where(inside, lookup[np.where(inside, joint, 0)], -1)


def _cell_issues(
    people: Weighted,
    scope: _Scope,
    cells: dict[tuple[str, ...], float],
    codes: Codes,
    covered: npt.NDArray[np.bool_],
) -> list[Issue]:
    """Tell of categories without a margin, and of margins without respondents."""
    issues = []
    outside = covered & (codes < 0)
    if outside.any():
        rows = people.frame.loc[outside, list(scope.margin.variables)].drop_duplicates()
        found = [" × ".join(map(_label, row)) for row in rows.itertuples(index=False)]
        issues.append(
            Issue(
                "categories of the sample are not in the margin",
                where=scope.where,
                found=f"{_named(found)}, {int(outside.sum())} rows",
                expected="a figure for each: " + _named([" × ".join(cell) for cell in cells]),
                remedy="add them, or join categories as the source has them",
            )
        )
    n = np.bincount(codes[codes >= 0], minlength=len(cells))
    figures = np.array(list(cells.values()))
    for wrong, what, expected in (
        ((figures > 0) & (n == 0), "nobody in the sample is in cells of the margin", "respondents"),
        ((figures == 0) & (n > 0), "the margin has nobody where the sample has", "more than 0"),
    ):
        if wrong.any():
            named = _named([" × ".join(c) for c, bad in zip(cells, wrong, strict=True) if bad])
            remedy = "join the cells with others, in the margin and in the column"
            issues.append(Issue(what, scope.where, named, expected, remedy))
    return issues


def _missing_issue(scope: _Scope, missing: int, n: int) -> Issue:
    return Issue(
        "respondents have no value of a variable that weights are to fit",
        where=scope.where,
        found=f"{missing} of {n} rows",
        expected="a value in each row that weighs more than 0",
        remedy="fill in the value by a rule you can defend, or make 'missing' a category and "
        "give it its share in the sample; to leave the rows out, give them the weight 0 with "
        "rs.adjust_nonresponse",
    )


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(f"'{name}'" for name in names[:_MOST_NAMED]) + more


def _grouped(fitted: Sequence[FittedMargin]) -> tuple[Block, ...]:
    """Return blocks: a site by itself where every margin of its wave is about one site."""
    pooled = {margin.wave for margin in fitted if not margin.site}
    groups: dict[tuple[str, str], list[FittedMargin]] = {}
    for margin in fitted:
        key = (margin.wave, "" if margin.wave in pooled else margin.site)
        groups.setdefault(key, []).append(margin)
    return tuple(
        Block(
            *key,
            np.flatnonzero(np.any([margin.codes >= 0 for margin in margins], axis=0)),
            tuple(margins),
        )
        for key, margins in groups.items()
    )
