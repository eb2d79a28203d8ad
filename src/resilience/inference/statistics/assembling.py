"""From statistics to the result: rows, units, titles, provenance, one joint covariance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from resilience.errors import EstimationError, Issue
from resilience.inference.designs.relations import declared_order
from resilience.inference.results.estimates import Estimates
from resilience.inference.results.factor import side_by_side
from resilience.inference.results.provenance import Provenance
from resilience.inference.results.signatures import joint_signature, pooled_signatures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from resilience.definitions.measures import Signature
    from resilience.inference.designs.design import SurveyDesign
    from resilience.inference.results.factor import Part
    from resilience.inference.results.intervals import IntervalNeeds, IntervalRule
    from resilience.inference.statistics.columns import Column
    from resilience.inference.statistics.domains import Domains

    Floats = npt.NDArray[np.float64]
    Labels = Mapping[str, Mapping[str, Mapping[str, str]]]

__all__ = ["Kind", "Statistic", "assembled"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a statistic is called, how its intervals are made, and its unit if it has its own."""

    measure: str
    rule: IntervalRule
    unit: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Statistic:
    """A statistic of one column in each domain.

    Attributes
    ----------
    values, n : numpy.ndarray
        Shape (domains,); values NaN where nobody counts.
    simple_variance : numpy.ndarray
        The variance under simple random sampling with replacement of the same n, shape
        (domains,), NaN where it means nothing.
    part : Part
        What PSUs contribute, with one column a domain.
    reached : numpy.ndarray
        In which cells anybody counts, shape (cells, domains).
    needs : tuple
        What each domain's interval is made of beyond estimate, error, df and n, if anything.
    """

    values: Floats
    n: Floats
    simple_variance: Floats
    part: Part
    reached: npt.NDArray[np.bool_]
    needs: tuple[IntervalNeeds | None, ...] = ()


def assembled(
    design: SurveyDesign,
    columns: Sequence[Column],
    domains: Domains,
    statistics: Sequence[Statistic],
    kind: Kind,
) -> Estimates:
    """Return the statistics of columns by domain as one result, each column's domains in turn."""
    factor = side_by_side(statistics[0].part.sample, [statistic.part for statistic in statistics])
    n = np.concatenate([statistic.n for statistic in statistics])
    simple = np.concatenate([statistic.simple_variance for statistic in statistics])
    deff = _ratio(factor.variances(), simple)
    size = len(n)
    units = [kind.unit or _unit(design, column.variable) for column in columns]
    return Estimates(
        rows=_rows(columns, domains, kind.measure),
        values=np.concatenate([statistic.values for statistic in statistics]),
        factor=factor,
        n=n,
        unit=tuple(unit for unit in units for _ in range(domains.size)),
        interval_rule=(kind.rule,) * size,
        interval_needs=tuple(need for statistic in statistics for need in statistic.needs),
        n_effective=_ratio(n, deff),
        deff=deff,
        signatures=tuple(
            mark
            for column, statistic in zip(columns, statistics, strict=True)
            for mark in _signatures(design, column, statistic.reached)
        ),
        labels=_labels(design, columns),
        provenance=Provenance(
            design.study,
            kind.measure,
            domains.where,
            len(design.frame),
            domains.excluded,
            design.wave or "",
            declared_order(design.frame[design.wave], design.wave_names) if design.wave else (),
        ),
    )


def _signatures(
    design: SurveyDesign, column: Column, reached: npt.NDArray[np.bool_]
) -> tuple[Signature | None, ...]:
    """Return by what rule a column, with the others it rests on, was scored in each domain."""
    marks = {
        name: pooled_signatures(
            design.measures.get(name), design.sample, design.wave_names, reached
        )
        for name in (column.variable, *column.others)
    }
    domains = range(reached.shape[1])
    return tuple(joint_signature({name: of[row] for name, of in marks.items()}) for row in domains)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Return a ratio, NaN where the lower part is not positive."""
    ratio = np.full(len(above), np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio


def _rows(columns: Sequence[Column], domains: Domains, measure: str) -> pd.DataFrame:
    tables = []
    for column in columns:
        table = domains.table.copy()
        _require_own_names(table, column)
        for position, (name, value) in enumerate(
            {"measure": measure, "variable": column.variable, **column.keys}.items()
        ):
            table.insert(position, name, value)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _require_own_names(table: pd.DataFrame, column: Column) -> None:
    """Refuse to break down by a column whose name tells a statistic's own rows apart."""
    twice = [name for name in column.keys if name in table]
    if twice:
        raise EstimationError(
            Issue(
                f"'{twice[0]}' tells the rows of this statistic apart already",
                where="by",
                found=twice[0],
                expected="a column of another name",
                remedy="rename the column in the frame before making the design",
            )
        )


def _labels(design: SurveyDesign, columns: Sequence[Column]) -> Labels:
    """Return titles; of answers those that are the same for all variables that have them."""
    answers: dict[str, Mapping[str, str]] = {}
    for name in dict.fromkeys(column.variable for column in columns if "answer" in column.keys):
        for value, title in design.labels.get(name, {}).items():
            answers[value] = title if answers.get(value, title) == title else {}
    variables = {
        **design.labels.get("variable", {}),
        **{name: measure.title for name, measure in design.measures.items()},
    }
    told = {value: title for value, title in answers.items() if title}
    return {**design.labels, "variable": variables, "answer": told}


def _unit(design: SurveyDesign, variable: str) -> str:
    measure = design.measures.get(variable)
    return measure.unit if measure else ""
