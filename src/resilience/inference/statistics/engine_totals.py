"""PSU totals by domain, asked of an engine in one query; the rows stay where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from resilience.errors import EstimationError, Issue, nearest
from resilience.inference.designs.engine import (
    collected,
    is_number,
    lazy_frame,
    number_of,
    slot_numbers,
    weighted,
)
from resilience.inference.results.factor import Part
from resilience.inference.statistics.assembling import Statistic, assembled
from resilience.inference.statistics.columns import Column
from resilience.inference.statistics.domains import Domains, range_ends, taken_names, where_in_words
from resilience.inference.statistics.totals import LARGEST_DENSE, RatioTotals, Totals

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from resilience.inference.designs.engine import EngineDesign
    from resilience.inference.results.estimates import Estimates
    from resilience.inference.statistics.assembling import Kind
    from resilience.inference.statistics.domains import By, Where
    from resilience.inference.statistics.linearisation import Linearised

__all__ = ["estimated_in_engine"]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A number to total: a column, or whether it holds one of some answers.

    With `below` the column it is divided by: then rows count where both are known.
    """

    variable: str
    answers: tuple[float | str, ...] | None = None
    keys: Mapping[str, Any] = field(default_factory=dict)
    below: str | None = None


def estimated_in_engine(
    design: EngineDesign,
    variables: str | Sequence[str],
    by: By,
    where: Where,
    linearise: Callable[[Any], Linearised],
    kind: Kind,
    *,
    answers: Sequence[float] | str | None = None,
    below: str | None = None,
) -> Estimates:
    """Estimate a statistic that follows from PSU totals, without fetching a row.

    Parameters
    ----------
    design : EngineDesign
    variables, by, where, answers
        As for the public verbs; `where` is a mapping, since there are no rows to mask.
    linearise : callable
        From `Totals`, or with `below` from `RatioTotals`, to the statistic.
    kind : Kind
        What it is called.
    below : str, optional
        The column whose totals divide those of the variables.

    Raises
    ------
    EstimationError
        If a column or value does not exist, a variable is no number, or nobody is left.
    """
    names = [variables] if isinstance(variables, str) else list(dict.fromkeys(variables))
    groups = [by] if isinstance(by, str) else list(dict.fromkeys(by or ()))
    if issues := taken_names(groups):
        raise EstimationError(*issues)
    lazy = lazy_frame(design.relation)
    numbers = [] if answers == "each" else [*names, *([below] if below else [])]
    _require_columns(design, lazy, [*names, *numbers, *groups, *_restriction(where)], numbers)
    asked = _asked(lazy, names, answers, below)
    binary = kind.measure == "proportion" and answers is None
    for condition in _conditions(lazy, where):
        lazy = lazy.filter(condition)
    table = _totals_table(design, lazy, groups, asked)
    _require_finite(table, asked)
    if binary:
        _require_binary(table, asked)
    domains = _domains(design, table, groups, where)
    slots = slot_numbers(design, table)
    statistics = [
        _statistic(design, linearise, *_totals(design, table, slots, domains, number, part))
        for number, part in enumerate(asked)
    ]
    others = (below,) if below else ()
    columns = [Column(part.variable, np.zeros(0), part.keys, others=others) for part in asked]
    made = assembled(design.slots, columns, domains, statistics, kind)
    return replace(made, provenance=replace(made.provenance, n_frame=design.n))


def _require_columns(
    design: EngineDesign,
    lazy: Any,
    names: Sequence[str],
    numbers: Sequence[str],
) -> None:
    """Refuse names that are no columns, and columns that are to be numbers and are not."""
    schema = lazy.collect_schema()
    issues = [
        Issue(
            f"the relation has no column '{name}'",
            where="estimate",
            found=name,
            expected="one of " + ", ".join(design.columns),
            remedy=nearest(name, design.columns, "correct the name"),
        )
        for name in dict.fromkeys(names)
        if name not in design.columns
    ]
    issues += [
        Issue(
            f"'{name}' is not numeric",
            where="estimate",
            found=str(schema[name]),
            expected="numbers",
            remedy="for the share of each value: estimate_proportion(…, answers='each')",
        )
        for name in dict.fromkeys(numbers)
        if name in design.columns and not is_number(schema[name])
    ]
    if issues:
        raise EstimationError(*issues)


def _restriction(where: Where) -> Mapping[str, Any]:
    if where is None or isinstance(where, Mapping):
        return where or {}
    raise EstimationError(
        Issue(
            "a restriction in an engine is a mapping",
            where="where",
            found=type(where).__name__,
            expected="{column: value, list of values, or range}",
            remedy="there are no rows in memory to mask: name columns and values",
        )
    )


def _asked(
    lazy: Any, names: Sequence[str], answers: Sequence[float] | str | None, below: str | None
) -> list[_Asked]:
    if below is not None:
        return [_Asked(name, keys={"denominator": below}, below=below) for name in names]
    if answers is None:
        return [_Asked(name) for name in names]
    if not isinstance(answers, str):
        return [_Asked(name, tuple(answers)) for name in names]
    found = []
    for name in names:
        values = collected(lazy.select(name).unique())[name].dropna()
        for value in sorted(values.tolist()):
            plain = int(value) if isinstance(value, float) and value.is_integer() else value
            found.append(_Asked(name, (value,), {"answer": plain}))
    return found


def _conditions(lazy: Any, where: Where) -> list[Any]:
    """Return a restriction as conditions, or refuse values that do not occur."""
    import narwhals as nw  # noqa: PLC0415 - only who has engines needs it

    schema = lazy.collect_schema()
    conditions: list[Any] = []
    for name, wanted in _restriction(where).items():
        if (ends := range_ends(wanted)) is not None:
            low, high = ends
            number = number_of(name)
            conditions += [number >= low] if low is not None else []
            conditions += [number <= high] if high is not None else []
            continue
        values = list(wanted) if isinstance(wanted, list | tuple | set) else [wanted]
        numeric = is_number(schema[name])
        column = number_of(name) if numeric else nw.col(name).cast(nw.String)
        plain = [float(value) if numeric else str(value) for value in values]
        there = set(collected(lazy.select(column.alias("value_")).unique())["value_"].dropna())
        _require_values(name, plain, there)
        conditions.append(column.is_in(plain))
    return conditions


def _require_values(name: str, wanted: Sequence[Any], there: set[Any]) -> None:
    unknown = [str(value) for value in wanted if value not in there]
    if unknown:
        known = sorted(map(str, there))
        raise EstimationError(
            Issue(
                f"'{name}' has no value '{unknown[0]}'",
                where="where",
                found=unknown[0],
                expected="one of " + ", ".join(known),
                remedy=nearest(unknown[0], known, "name one of them"),
            )
        )


def _totals_table(
    design: EngineDesign, lazy: Any, groups: Sequence[str], asked: Sequence[_Asked]
) -> pd.DataFrame:
    """Return one row for each PSU and group: totals of each number, and how many."""
    import narwhals as nw  # noqa: PLC0415 - only who has engines needs it

    schema = lazy.collect_schema()
    columns = [column for at, part in enumerate(asked) for column in _numbers(schema, part, at)]
    totals = [total for at, part in enumerate(asked) for total in _sums(part, at)]
    keys = list(dict.fromkeys((*design.roles, *groups)))
    counted = [nw.len().alias("rows_"), *totals]
    return collected(weighted(design, lazy).with_columns(*columns).group_by(*keys).agg(*counted))


def _numbers(schema: Any, part: _Asked, number: int) -> list[Any]:
    """Return columns of weights and numbers, 0 where they are not known."""
    import narwhals as nw  # noqa: PLC0415 - only who has engines needs it

    def known(name: str) -> Any:
        there = ~nw.col(name).is_null()
        return there & ~number_of(name).is_nan() if is_number(schema[name]) else there

    y = number_of(part.variable)
    if part.answers is not None:
        y = nw.col(part.variable).is_in(list(part.answers)).cast(nw.Float64)
    answered, weight = known(part.variable), nw.col("weight_")
    columns = {"y": y, "w": weight}
    if part.below is not None:
        answered &= known(part.below)
        columns["x"] = number_of(part.below)
    # Who weighs nothing stands for nobody.
    count = nw.when(answered & (weight > 0)).then(1.0).otherwise(0.0)
    return [
        *(
            nw.when(answered).then(of).otherwise(0.0).alias(f"{c}{number}_")
            for c, of in columns.items()
        ),
        count.alias(f"n{number}_"),
    ]


def _sums(part: _Asked, number: int) -> list[Any]:
    """Return totals of w, w y and w y^2, of how many, and for a ratio those of x."""
    import narwhals as nw  # noqa: PLC0415 - only who has engines needs it

    w, y, n = (nw.col(f"{column}{number}_") for column in "wyn")
    other = nw.when((y != 0.0) & (y != 1.0)).then(1).otherwise(0)
    sums = {"weights": w, "values": w * y, "squares": w * y * y, "known": n, "other": other}
    if part.below is not None:
        x = nw.col(f"x{number}_")
        sums |= {"below": w * x, "below_squares": w * x * x, "products": w * x * y}
    return [column.sum().alias(f"{name}{number}_") for name, column in sums.items()]


def _require_finite(table: pd.DataFrame, asked: Sequence[_Asked]) -> None:
    """Refuse variables with infinite values: the sum of their squares tells."""
    issues = [
        Issue(
            f"'{part.variable}' has infinite values",
            where="estimate",
            found=f"PSUs with such rows: {wrong:,}",
            expected="numbers, or missing values",
            remedy="look at how they were made, often by dividing by 0",
        )
        for number, part in enumerate(asked)
        if (wrong := int((~np.isfinite(table[f"squares{number}_"].to_numpy(float))).sum()))
    ]
    if issues:
        raise EstimationError(*issues)


def _require_binary(table: pd.DataFrame, asked: Sequence[_Asked]) -> None:
    issues = [
        Issue(
            f"'{part.variable}' is not a column of 0 and 1",
            where="estimate_proportion",
            found="other numbers",
            expected="an indicator; or which answers count",
            remedy="answers=[4, 5] for the share of some, answers='each' for all",
        )
        for number, part in enumerate(asked)
        if table[f"other{number}_"].sum() > 0
    ]
    if issues:
        raise EstimationError(*issues)


def _domains(design: EngineDesign, table: pd.DataFrame, groups: list[str], where: Where) -> Domains:
    """Return the domains, with the domain of each row of the table."""
    rows = table["rows_"].to_numpy()
    outside = design.n - int(rows.sum())
    excluded = {"outside the restriction": outside} if outside else {}
    known = np.ones(len(table), bool)
    for name in groups:
        absent = table[name].isna().to_numpy() & known
        if absent.any():
            excluded[f"{name} missing"] = int(rows[absent].sum())
        known &= ~absent
    if not known.any():
        raise EstimationError(
            Issue(
                "nobody is left to estimate from",
                where="by or where",
                found=where_in_words(where) or "no row with a value to break down by",
                expected="a restriction that somebody meets",
                remedy="widen the restriction",
            )
        )
    of_row = np.full(len(table), -1, np.int64)
    if not groups:
        of_row[known] = 0
        return Domains(of_row, pd.DataFrame(index=range(1)), where_in_words(where), excluded)
    found = table.loc[known, groups].drop_duplicates().sort_values(groups, ignore_index=True)
    index = pd.MultiIndex.from_frame(found)
    of_row[known] = index.get_indexer(pd.MultiIndex.from_frame(table.loc[known, groups]))
    return Domains(of_row, found, where_in_words(where), excluded)


def _totals(
    design: EngineDesign,
    table: pd.DataFrame,
    slots: npt.NDArray[np.int64],
    domains: Domains,
    number: int,
    part: _Asked,
) -> tuple[Totals, RatioTotals | None]:
    """Return a variable's totals as arrays over slots and domains, and those a ratio needs."""
    used = domains.of_row >= 0
    shape = (design.slots.sample.n_slots, domains.size)
    domain = domains.of_row[used]

    def by_slot(column: str) -> Any:
        values = table[f"{column}{number}_"].to_numpy(np.float64)[used]
        thin = sparse.csc_array(sparse.coo_array((values, (slots[used], domain)), shape=shape))
        return thin if shape[0] * shape[1] > LARGEST_DENSE else thin.toarray()

    def by_domain(column: str) -> npt.NDArray[np.float64]:
        values = table[f"{column}{number}_"].to_numpy(np.float64)[used]
        return np.bincount(domain, values, domains.size).astype(np.float64)

    weights, n = by_slot("weights"), by_domain("known")
    totals = Totals(by_slot("values"), weights, by_domain("squares"), n)
    if part.below is None:
        return totals, None
    below = Totals(by_slot("below"), weights, by_domain("below_squares"), n)
    return totals, RatioTotals(totals, below, by_domain("products"))


def _statistic(
    design: EngineDesign,
    linearise: Callable[[Any], Linearised],
    totals: Totals,
    ratio: RatioTotals | None,
) -> Statistic:
    sample = design.slots.sample
    made = linearise(totals if ratio is None else ratio)
    reached = totals.cells_reached(sample.cell_of_slot, sample.n_cells)
    known = made.known
    if made.own_mean:
        known = known & sample.shows_variation(totals.weights > 0)
    part = Part(sample, made.contributions, reached & known, known)
    return Statistic(made.values, made.n, made.simple_variance, part, reached)
