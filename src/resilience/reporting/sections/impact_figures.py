"""The charts of a section on impact, and the table of its outcomes."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from resilience.reporting.charts import Point
from resilience.reporting.charts_impact import (
    ArmsChart,
    ArmsPanel,
    ForestChart,
    ForestRow,
    PlaceChart,
    PlacePanel,
)
from resilience.reporting.document import Column, Figure, Row, Table
from resilience.reporting.phrases import (
    Day,
    Label,
    Listing,
    Message,
    Number,
    change_style,
    level_style,
)
from resilience.reporting.sections.impact_words import COMPARED, MOST_LISTED, TREATED, known, limits

if TYPE_CHECKING:
    from resilience.definitions.analysis import Family
    from resilience.evaluation.results import Comparison
    from resilience.reporting.phrases import Phrase
    from resilience.reporting.sections.impact_words import ImpactWords

__all__ = ["arms_figure", "forest_figure", "outcomes_table", "places_figures"]

_PANELS = 3  # beside each other
_KNOWN = ("intended", "contrary")


def arms_figure(words: ImpactWords) -> Figure | None:
    """Return levels of both arms by wave; None where nothing of them may be shown."""
    levels = words.part.levels
    if levels is None or "wave" not in levels.estimates.rows:
        return None
    there = set(levels.estimates.rows["wave"].astype("str"))
    waves = [wave.id for wave in words.results.study.waves if wave.id in there]
    panels = [_arms_panel(row, waves, words) for row in words.leading]
    panels = [panel for panel in panels if any((*panel.treated, *panel.compared))]
    if not panels:
        return None
    chart = ArmsChart(
        waves=tuple(map(words.names.wave, waves)),
        panels=tuple(panels),
        treated=Message("group_programme"),
        compared=Message("group_comparison"),
        parallel=Message("impact_parallel"),
    )
    values: dict[str, Phrase] = {
        "level": Number(words.level, "coverage"),
        "measures": Listing(tuple(panel.title for panel in panels)),
    }
    return Figure(
        chart,
        Message("impact_arms_caption", values),
        Message("impact_arms_alternative", values),
        (Message("impact_parallel_note"),) if words.part.counterfactual else (),
    )


def _arms_panel(row: dict[str, Any], waves: list[str], words: ImpactWords) -> ArmsPanel:
    name, cells = str(row["variable"]), words.cells("levels")

    def points(arm: str) -> tuple[Point | None, ...]:
        at = [words.rows.get(("levels", name, arm, wave)) for wave in waves]
        return tuple(cells.point(r) if cells and r is not None else None for r in at)

    own = words.cells("counterfactual")
    at = [words.rows.get(("counterfactual", name, wave)) for wave in waves]
    assumed = [own.point(r) if own and r is not None else None for r in at]
    return ArmsPanel(
        title=words.measure(name),
        treated=points(TREATED),
        compared=points(COMPARED),
        parallel=tuple(point.value if point else None for point in assumed),
        style=level_style(row["unit"]),
    )


def places_figures(words: ImpactWords) -> list[Figure]:
    """Return the change of each place for the leading outcomes, a few panels a figure."""
    protected, cells = words.part.by_unit, words.cells("by_unit")
    if protected is None or cells is None:
        return []
    rows = protected.estimates.rows
    arms = dict(zip(rows["unit"].astype("str"), rows["arm"].astype("str"), strict=True))
    units = sorted(words.in_order(arms), key=lambda unit: arms[unit] != TREATED)
    if len(units) > 2 * MOST_LISTED:
        return []
    panels = []
    for outcome in words.leading:
        name = str(outcome["variable"])
        at = [words.rows.get(("by_unit", name, unit)) for unit in units]
        points = tuple(cells.point(row) if row is not None else None for row in at)
        kind = (
            protected.estimates.unit[next(row for row in at if row is not None)]
            if any(row is not None for row in at)
            else "points"
        )
        title = Message(
            "measure_with_unit",
            {"measure": words.measure(name), "unit": Message(f"unit_change_{kind or 'points'}")},
        )
        if any(points):
            panels.append(PlacePanel(title, points, change_style(kind)))
    shown = [panels[at : at + _PANELS] for at in range(0, len(panels), _PANELS)]
    return [_places_figure(words, units, arms, tuple(part)) for part in shown]


def _places_figure(
    words: ImpactWords, units: list[str], arms: dict[str, str], panels: tuple[PlacePanel, ...]
) -> Figure:
    chart = PlaceChart(
        places=tuple(map(words.unit, units)),
        treated=tuple(arms[unit] == TREATED for unit in units),
        panels=panels,
        names=(Message("group_programme"), Message("group_comparison")),
    )
    values: dict[str, Phrase] = {
        "level": Number(words.level, "coverage"),
        "measures": Listing(tuple(panel.title for panel in panels)),
        "places": Listing(chart.places),
    }
    return Figure(
        chart,
        Message("impact_places_caption", values),
        Message("impact_places_alternative", values),
        (Message("impact_places_note"),),
    )


def forest_figure(words: ImpactWords) -> Figure | None:
    """Return the effects on all outcomes in standard deviations; None where there are none."""
    rows: list[ForestRow] = []
    for family in words.part.plan.families:
        rows.append(ForestRow(Label(family.title), group=True))
        rows += [_forest_row(row, words) for row in words.outcomes if row["family"] == family.id]
    if not any(row.point for row in rows):
        return None
    chart = ForestChart(tuple(rows), Message("impact_forest_axis"), Message("impact_margin_band"))
    values: dict[str, Phrase] = {
        "level": Number(words.level, "coverage"),
        "measures": Listing(tuple(words.measure(str(row["variable"])) for row in words.outcomes)),
    }
    return Figure(
        chart,
        Message("impact_forest_caption", values),
        Message("impact_forest_alternative", values),
        (Message("impact_forest_note"),),
    )


def _forest_row(row: dict[str, Any], words: ImpactWords) -> ForestRow:
    value, low, high = (float(row[name]) for name in ("sd_estimate", "sd_low", "sd_high"))
    point = Point(value, low, high, words.reading(row) in _KNOWN) if isfinite(value) else None
    margin = float(row["margin_sd"]) if isfinite(float(row["margin_sd"])) else None
    return ForestRow(words.measure(str(row["variable"])), point, margin)


def outcomes_table(words: ImpactWords, comparison: Comparison) -> Table:
    """Return all planned outcomes, family by family."""
    columns = (
        Column(Message("impact_column_outcome"), width=2.2),
        Column(Message("column_unit"), width=1.1),
        Column(Message("impact_column_difference"), "number", 1.5),
        Column(Message("impact_column_p"), "number", 1.0),
        Column(Message("impact_column_smallest_p"), "number", 1.0),
        Column(Message("impact_column_detectable"), "number", 1.2),
        Column(Message("impact_column_margin"), "number", 1.1),
        Column(Message("column_reading"), width=1.4),
    )
    rows: list[Row] = []
    for family in words.part.plan.families:
        rows.append(Row((_family(family),), "group"))
        rows += [_row(row, words) for row in words.outcomes if row["family"] == family.id]
    return Table(
        Message("impact_outcomes_caption"), columns, tuple(rows), _notes(words, comparison)
    )


def _family(family: Family) -> Phrase:
    values: dict[str, Phrase] = {
        "family": Label(family.title),
        "role": Message(f"impact_role_{family.role}"),
        "correction": Message(f"impact_correction_{family.correction}"),
    }
    return Message("impact_family", values)


def _row(row: dict[str, Any], words: ImpactWords) -> Row:
    measure, unit = words.measure(str(row["variable"])), row["unit"]
    verdict = Message(f"impact_verdict_{words.reading(row)}")
    if not isfinite(float(row["estimate"])):
        return Row((measure, None, None, None, None, None, words.margin(row), verdict))
    estimate = known(row["estimate"], change_style(unit))
    interval = limits(float(row["conf_low"]), float(row["conf_high"]), unit)
    p_values = tuple(known(row[name], "p_value") for name in ("p_value", "p_adjusted"))
    return Row(
        (
            measure,
            Message(f"unit_change_{unit or 'points'}"),
            Listing((estimate, interval), "line"),
            Listing(p_values, "line"),
            known(row["smallest_p"], "p_value"),
            known(row["minimum_detectable"], level_style(unit)),
            words.margin(row),
            verdict,
        )
    )


def _notes(words: ImpactWords, comparison: Comparison) -> tuple[Phrase, ...]:
    registered = words.part.plan.registered
    reference = _reference(comparison)
    planned = (
        Message("impact_note_planned", {"date": Day(registered)})
        if registered
        else Message("impact_note_not_dated")
    )
    return (
        Message("note_intervals", {"level": Number(words.level, "coverage")}),
        Message(f"impact_headline_{comparison.headline}"),
        Message("impact_note_p"),
        Message(
            "impact_note_smallest_p",
            {"reference": reference, "n": Number(comparison.assignments, "count")},
        ),
        Message("impact_note_detectable"),
        Message("impact_note_reading"),
        planned,
    )


def _reference(comparison: Comparison) -> Phrase:
    random = comparison.assignment.mechanism != "non_random"
    return Message("impact_inference_randomisation" if random else "impact_inference_placebo")
