"""Which effects a survey like the one fielded finds: curves, sentences, a table."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from resilience.reporting.charts_credibility import Curve, PowerChart, PowerSide
from resilience.reporting.document import Bullets, Column, Figure, Paragraph, Row, Section, Table
from resilience.reporting.phrases import Label, Listing, Message, Number
from resilience.reporting.sections.credibility import (
    change_unit,
    level_of,
    scaled,
    size_with_unit,
)

if TYPE_CHECKING:
    import pandas as pd

    from resilience.evaluation.credibility import PowerPanel, PowerResult
    from resilience.evaluation.results import Results
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["power_section"]


def power_section(results: Results, part: PowerResult, names: Names, number: int) -> Section:
    """Return an annex on what the survey could find, and what others would."""
    values: dict[str, Phrase] = {
        "power": Number(part.block.power, "coverage"),
        "level": Number(results.plan.level, "coverage"),
        "method": Message(f"power_{part.block.method}"),
        "measures": Listing(tuple(names.measure(panel.measure) for panel in part.panels)),
    }
    statements = [words for panel in part.panels for words in _statements(panel, names, values)]
    if any(panel.hardly for panel in part.panels):
        statements.append(Message("power_hardly"))
    title = Label(part.block.title) if part.block.title else Message("power_title")
    blocks = (
        Paragraph(Message("power_intro", values)),
        Bullets(tuple(statements)),
        _figure(part, names, values),
        _table(part, names, values),
    )
    return Section(f"power-{number}", title, blocks, annex=True)


def _statements(panel: PowerPanel, names: Names, values: dict[str, Phrase]) -> list[Phrase]:
    """Return what the sample as fielded finds, and what more respondents or places would."""
    here = panel.fielded.iloc[0]
    measure = names.measure(panel.measure)
    if not isfinite(here["mde"]):
        return [Message("power_no_arms", {"measure": measure})]
    fielded = {
        **values,
        "measure": measure,
        "treated": Number(here["treated"], "count"),
        "comparison": Number(here["comparison"], "count"),
        "effect": size_with_unit(here["mde"], panel.unit),
        "sd": Number(here["mde"] / panel.std_dev, "ratio"),
        "cautious": level_of(here["mde_cautious"], panel.unit),
        "smallest": Number(here["smallest_p"], "p_value"),
    }
    most, wide = panel.by_respondents.iloc[-1], panel.by_places.iloc[-1]
    more = {
        "measure": measure,
        "respondents": Number(most["respondents"], "count"),
        "now": Number(here["respondents"], "count"),
        "effect": size_with_unit(most["mde"], panel.unit),
        "cautious": level_of(most["mde_cautious"], panel.unit),
        "places": Number(wide["treated"], "count"),
        "effect_places": size_with_unit(wide["mde"], panel.unit),
        "cautious_places": level_of(wide["mde_cautious"], panel.unit),
    }
    return [Message("power_fielded", fielded), Message("power_more", more)]


def _figure(part: PowerResult, names: Names, values: dict[str, Phrase]) -> Figure:
    measures = tuple(
        Message(
            "measure_with_unit",
            {"measure": names.measure(panel.measure), "unit": change_unit(panel.unit)},
        )
        for panel in part.panels
    )
    sides = (
        PowerSide(
            Message("power_axis_respondents"),
            tuple(_curve(panel, panel.by_respondents, ["respondents"]) for panel in part.panels),
        ),
        PowerSide(
            Message("power_axis_places"),
            tuple(_curve(p, p.by_places, ["treated", "comparison"]) for p in part.panels),
        ),
    )
    words = (
        Message("power_key_estimate"),
        Message("power_key_cautious"),
        Message("power_key_fielded"),
    )
    return Figure(
        PowerChart(measures, sides, words),
        Message("power_figure_caption", values),
        Message("power_figure_alternative", values),
    )


def _curve(panel: PowerPanel, table: pd.DataFrame, counted: list[str]) -> Curve:
    here = panel.fielded.iloc[0]
    ends = [scaled(float(here[name]), panel.unit) for name in ("mde", "mde_cautious")]
    at = float(here[counted].sum())
    return Curve(
        tuple(float(n) for n in table[counted].sum(axis=1)),
        tuple(scaled(float(value), panel.unit) for value in table["mde"]),
        tuple(scaled(float(value), panel.unit) for value in table["mde_cautious"]),
        (at, ends[0], ends[1]) if isfinite(ends[0]) else None,
    )


def _table(part: PowerResult, names: Names, values: dict[str, Phrase]) -> Table:
    columns = (
        Column(Message("power_sample"), width=1.7),
        Column(Message("power_places"), "number", 1.4),
        Column(Message("power_respondents"), "number", 1.3),
        Column(Message("power_effect"), "number", 1.3),
        Column(Message("power_cautious"), "number", 1.4),
        Column(Message("power_sd"), "number", 1.1),
        Column(Message("attrition_smallest_p"), "number", 1.0),
    )
    rows: list[Row] = []
    for panel in part.panels:
        heading = {"measure": names.measure(panel.measure), "unit": change_unit(panel.unit)}
        rows.append(Row((Message("measure_with_unit", heading),), "group"))
        tables = {
            "fielded_row": panel.fielded,
            "more_respondents": panel.by_respondents,
            "more_places": panel.by_places,
        }
        rows += [
            _row(Message(f"power_{kind}"), row, panel)
            for kind, table in tables.items()
            for _, row in table.iterrows()
        ]
    return Table(
        Message("power_table_caption", values), columns, tuple(rows), (Message("power_note"),)
    )


def _row(kind: Phrase, row: pd.Series, panel: PowerPanel) -> Row:
    arms = {
        "treated": Number(row["treated"], "count"),
        "comparison": Number(row["comparison"], "count"),
    }
    return Row(
        (
            kind,
            Message("power_arms", arms),
            Number(row["respondents"], "count"),
            level_of(row["mde"], panel.unit),
            level_of(row["mde_cautious"], panel.unit),
            Number(row["mde"] / panel.std_dev, "ratio"),
            Number(row["smallest_p"], "p_value"),
        )
    )
