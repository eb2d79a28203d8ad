"""The noun for samples that live in an engine: rows stay there, PSU totals come out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from resilience.errors import DesignError, Issue, nearest
from resilience.inference.designs.design import SurveyDesign
from resilience.inference.designs.role_checks import require_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from resilience.definitions.measures import Measure
    from resilience.definitions.study import WaveRelation
    from resilience.inference.designs.role_checks import LonelyPsu

__all__ = ["EngineDesign"]

_COUNT, _ABSENT, _NEGATIVE, _WEIGHT = "rows_", "absent_", "negative_", "weight_"
_SUM = "weight_sum_"
_LOW, _HIGH = "fpc_low_", "fpc_high_"


@dataclass(frozen=True, repr=False, eq=False)
class EngineDesign:
    """Respondents in DuckDB, PySpark or lazy Polars, with the design of their sample.

    Use it where the rows do not fit into memory, or must not leave the engine. Each estimate is
    one query, of which only PSU totals come back. `estimate_mean`, `estimate_total`,
    `estimate_proportion` and `estimate_ratio` take it in place of a `SurveyDesign`, and their
    results are the same; all others refuse it: statistics that need rows, and steps on weights.

    Parameters
    ----------
    relation : duckdb relation, pyspark DataFrame, polars LazyFrame
        One row a respondent and wave; anything that Narwhals takes for a lazy frame.
    psu : str
        The column of primary sampling units.
    weight, stratum, fpc, wave, waves, nested_psu, lonely_psu, assumed_design_effect, measures,
    labels, study
        As for `SurveyDesign`. Missing or negative weights, and rows without stratum, PSU or
        wave, are errors.

    Raises
    ------
    DesignError
        As for `SurveyDesign`; or if the relation is no lazy frame.

    References
    ----------
    The same algebra as in memory; oracle: R survey 4.1-1 on the same cases.

    Examples
    --------
    >>> import polars, resilience as rs
    >>> rows = polars.LazyFrame({"y": [1.0, 2, 4, 7], "w": [10, 10, 20, 20], "ea": [1, 1, 2, 3]})
    >>> design = rs.EngineDesign(rows, psu="ea", weight="w")
    >>> design
    <EngineDesign: 4 respondents, 3 PSUs, 1 stratum, df 2>
    >>> rs.estimate_mean(design, "y").values.round(3).tolist()
    [4.167]
    """

    relation: Any
    psu: str
    weight: str | None = None
    stratum: str | None = None
    fpc: str | None = None
    wave: str | None = None
    waves: WaveRelation | Mapping[tuple[str, str], WaveRelation] | None = None
    nested_psu: bool = False
    lonely_psu: LonelyPsu = "fail"
    assumed_design_effect: float = 1.0
    measures: Mapping[str, Measure] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    study: str = ""
    columns: tuple[str, ...] = field(init=False)
    n: int = field(init=False)
    slots: SurveyDesign = field(init=False)

    def __post_init__(self) -> None:
        """Ask the engine which PSUs there are, and check the roles."""
        lazy = lazy_frame(self.relation)
        object.__setattr__(self, "columns", tuple(lazy.collect_schema().names()))
        _require_columns(self, lazy)
        require_rules(self.lonely_psu, self.assumed_design_effect)
        table = _slot_table(self, lazy)
        _require_weights(self, table)
        object.__setattr__(self, "n", int(table[_COUNT].sum()))
        object.__setattr__(self, "slots", _slot_design(self, table))

    @property
    def roles(self) -> list[str]:
        """The columns that tell slots apart."""
        return [name for name in (self.wave, self.stratum, self.psu) if name is not None]

    def __repr__(self) -> str:
        """Return one line; never rows."""
        told = repr(self.slots).split(": ", 1)[1].split(" respondents, ", 1)[1]
        name = f" {self.study}" if self.study else ""
        return f"<EngineDesign{name}: {self.n:,} respondents, {told}"


def lazy_frame(relation: Any) -> Any:
    """Return a relation as a lazy frame of Narwhals, or refuse it.

    Parameters
    ----------
    relation : object
        What an engine gives: a DuckDB relation, a frame of PySpark, a lazy frame of Polars.
    """
    import narwhals as nw  # noqa: PLC0415 - only who has engines needs it

    frame = nw.from_native(relation, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        return frame
    raise DesignError(
        Issue(
            "this is no lazy frame of an engine",
            where="EngineDesign(relation)",
            found=type(relation).__name__,
            expected="a DuckDB relation, a PySpark DataFrame or a Polars LazyFrame",
            remedy="duckdb.read_parquet('waves.parquet'); for a frame in memory there is "
            "rs.SurveyDesign",
        )
    )


def collected(lazy: Any) -> pd.DataFrame:
    """Return what an engine answers as a frame in memory."""
    frame: pd.DataFrame = lazy.collect(backend="pyarrow").to_pandas()
    return frame


def _slot_table(design: EngineDesign, lazy: Any) -> pd.DataFrame:
    """Return one row for each PSU in a stratum and wave: how many, and how they weigh."""
    import narwhals as nw  # noqa: PLC0415 - only who has engines needs it

    weight = nw.col(_WEIGHT)
    unusable = weight.is_null() | weight.is_nan() | (weight.abs() == float("inf"))
    asked = [
        nw.len().alias(_COUNT),
        nw.when(unusable).then(1).otherwise(0).sum().alias(_ABSENT),
        nw.when(weight < 0).then(1).otherwise(0).sum().alias(_NEGATIVE),
        nw.when(unusable).then(0.0).otherwise(weight).sum().alias(_SUM),
    ]
    if design.fpc:
        asked += [number_of(design.fpc).min().alias(_LOW), number_of(design.fpc).max().alias(_HIGH)]
    return collected(weighted(design, lazy).group_by(*design.roles).agg(*asked))


def weighted(design: EngineDesign, lazy: Any) -> Any:
    """Return the relation with its weights as a column of a name of their own."""
    import narwhals as nw  # noqa: PLC0415 - only who has engines needs it

    weight = number_of(design.weight) if design.weight else nw.lit(1.0)
    return lazy.with_columns(weight.alias(_WEIGHT))


def number_of(column: str) -> Any:
    """Return a column as numbers, for a query."""
    import narwhals as nw  # noqa: PLC0415 - only who has engines needs it

    return nw.col(column).cast(nw.Float64)


def _require_columns(design: EngineDesign, lazy: Any) -> None:
    asked = {role: getattr(design, role) for role in ("psu", "weight", "stratum", "fpc", "wave")}
    issues = [
        Issue(
            f"the relation has no column '{column}' for the role '{role}'",
            where=f"EngineDesign({role}=)",
            found=str(column),
            expected=f"a column with each respondent's {role}",
            remedy=nearest(str(column), design.columns, "correct the name"),
        )
        for role, column in asked.items()
        if column is not None and column not in design.columns
    ]
    schema = lazy.collect_schema()
    issues += [
        Issue(
            f"'{column}' holds no numbers",
            where=f"EngineDesign({role}=)",
            found=str(schema[column]),
            expected="a column of numbers",
            remedy="read the column as numbers",
        )
        for role, column in asked.items()
        if role in ("weight", "fpc") and column in design.columns and not is_number(schema[column])
    ]
    if issues:
        raise DesignError(*issues)


def is_number(dtype: Any) -> bool:
    """Return whether an engine's type of column holds numbers, or true and false."""
    return bool(dtype.is_numeric()) or str(dtype) == "Boolean"


def _require_weights(design: EngineDesign, table: pd.DataFrame) -> None:
    issues = [
        Issue(
            f"weights are {word}",
            where=f"EngineDesign(weight='{design.weight}')",
            found=f"{int(table[column].sum()):,} rows",
            expected="a number, 0 or more, in each row",
            remedy="correct the weights; a respondent without one cannot represent anybody",
        )
        for word, column in (("missing or infinite", _ABSENT), ("negative", _NEGATIVE))
        if table[column].sum() > 0
    ]
    if issues:
        raise DesignError(*issues)


def _slot_design(design: EngineDesign, table: pd.DataFrame) -> SurveyDesign:
    """Return the design of the table of PSUs: its rows are the slots."""
    frame = table.sort_values(design.roles, ignore_index=True)
    if design.fpc:
        same = np.isclose(frame[_LOW], frame[_HIGH], rtol=0, atol=0)
        # Two counts within a PSU fit no stratum: the check of counts tells which.
        frame[_LOW] = np.where(same, frame[_LOW], -1.0)
    return SurveyDesign(
        frame,
        weight=_SUM,
        stratum=design.stratum,
        psu=design.psu,
        fpc=_LOW if design.fpc else None,
        wave=design.wave,
        waves=design.waves,
        nested_psu=design.nested_psu,
        lonely_psu=design.lonely_psu,
        assumed_design_effect=design.assumed_design_effect,
        measures=design.measures,
        labels=design.labels,
        study=design.study,
    )


def slot_numbers(design: EngineDesign, table: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the slot of each row of a table that has the columns of the roles."""
    keys = design.slots.frame[design.roles]
    known = pd.MultiIndex.from_frame(keys.astype("str"))
    # A slot has a row for each domain: its labels are looked up once.
    number = table.groupby(design.roles, sort=False).ngroup().to_numpy()
    asked = pd.MultiIndex.from_frame(table[design.roles].drop_duplicates().astype("str"))
    return design.slots.slot_of_row[known.get_indexer(asked)[number]]
