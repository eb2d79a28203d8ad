"""One country of a brief: its sample, its findings, its levels and changes. No other's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from resilience.reporting.cells import EstimateCells
from resilience.reporting.charts import ChangeChart, ChangePanel
from resilience.reporting.document import (
    Bullets,
    Callout,
    Column,
    Facts,
    Figure,
    Paragraph,
    Row,
    Section,
    Table,
)
from resilience.reporting.names import Names, fieldwork_period
from resilience.reporting.phrases import (
    Label,
    Listing,
    Message,
    Number,
    change_style,
    level_style,
)
from resilience.reporting.sections.findings import (
    change_sentence,
    design_cautions,
    planned_sentence,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resilience.disclosure.suppression import Protected
    from resilience.evaluation.brief import CountryResult, Group
    from resilience.evaluation.results import ChangeResult
    from resilience.reporting.charts import Point
    from resilience.reporting.document import Block
    from resilience.reporting.phrases import Phrase

__all__ = ["BriefWords", "country_section"]


@dataclass(frozen=True, slots=True)
class BriefWords:
    """What a brief calls its measures, in its order, and the countries of its studies."""

    measures: Mapping[str, Label]
    countries: Mapping[str, Label]


def country_section(country: CountryResult, words: BriefWords, number: int) -> Section:
    """Return a country's section.

    Parameters
    ----------
    country : CountryResult
    words : BriefWords
        Of the whole brief.
    number : int
        Of the country.
    """
    view = _View(country, words)
    blocks: list[Block] = [view.facts()]
    if cautions := design_cautions(country.results):
        blocks.append(Callout("caution", Message("brief_sample_title"), cautions))
    blocks += [*view.findings(), view.table()]
    if view.shown:
        blocks.append(view.figure())
    return Section(f"country-{number}", Label(country.part.country), tuple(blocks), new_page=True)


@dataclass(frozen=True, slots=True)
class _Level:
    """Where a level stands."""

    cells: EstimateCells
    row: int


@dataclass(frozen=True)
class _View:
    """One country's results, and how to say them."""

    country: CountryResult
    words: BriefWords

    @cached_property
    def names(self) -> Names:
        return Names(self.country.results.study, self.country.results.responses.measures)

    @property
    def shown(self) -> tuple[str, ...]:
        """The measures that have numbers here."""
        return tuple(name for name in self.words.measures if name not in self.country.absent)

    @property
    def waves(self) -> tuple[str, str]:
        """The baseline and the wave that is compared with it."""
        return self.country.part.baseline, self.country.part.wave

    @property
    def interval_level(self) -> float:
        """The coverage of intervals."""
        return self.country.results.plan.level

    @property
    def change_title(self) -> Phrase:
        """From which wave to which."""
        baseline, wave = map(self.names.wave, self.waves)
        return Message("chart_changes", {"baseline": baseline, "wave": wave})

    # Sample

    def facts(self) -> Facts:
        """Return what must be known of the study beside its numbers."""
        study = self.country.results.study
        pairs: list[tuple[Phrase, Phrase]] = [
            (Message("fact_population"), Label(study.population)),
            (Message("fact_data"), Message(f"data_{study.data}_whole")),
            (Message("fact_selection"), Message(f"selection_{study.design.selection}")),
            (Message("fact_waves"), Listing(tuple(map(self.wave, self.waves)), "line")),
        ]
        for role, part in self.country.groups.items():
            if places := part.block.where.get("site"):
                named = places if isinstance(places, tuple) else (places,)
                titles = tuple(self.names.value("site", place) for place in named)
                pairs.append((Message(f"fact_{role}"), Listing(titles, "comma")))
        return Facts(tuple(pairs))

    def wave(self, name: str) -> Phrase:
        """Return when, how and whom a wave asked."""
        wave = self.country.results.study.waves_by_id[name]
        mode = f"mode_{wave.fieldwork.mode}" if wave.fieldwork else "not_stated"
        return Message(
            "brief_wave",
            {
                "wave": Label(wave.title),
                "period": fieldwork_period(wave),
                "mode": Message(mode),
                "n": Number(self.country.results.sample.waves[name].n, "count"),
            },
        )

    # Findings

    def findings(self) -> list[Block]:
        """Return the country's findings by rule: planned changes, then the others."""
        planned = [*self.planned(), *self.planned_but_absent()]
        blocks: list[Block] = []
        if planned:
            blocks.append(Callout("finding", Message("findings_planned"), tuple(planned)))
        judged = [part.verdicts for part in self.country.groups.values() if part.verdicts]
        if judged and not all(part.planned.all() for part in judged):
            clear = self.clear()
            counts: dict[str, Phrase] = {
                "section": Label(self.country.part.country),
                "n": Number(judged[0].family_size, "count"),
                "clear": Number(len(clear), "count"),
            }
            blocks.append(Paragraph(Message("further_changes", counts)))
            if clear:
                blocks.append(Bullets(tuple(clear)))
            blocks.append(Paragraph(Message("further_open")))
        return blocks

    def planned(self) -> list[Phrase]:
        """Return the changes that were named in advance in sentences."""
        (group, *_) = (*self.country.groups, "everybody")
        people = Message(f"people_{group}")
        results = self.country.results
        return [planned_sentence(part, results, self.names, people) for part in results.planned]

    def planned_but_absent(self) -> list[Phrase]:
        """Return why measures that were named in advance are not shown."""
        return [
            Message(
                "brief_absent_finding",
                {"measure": self.words.measures[name], "reason": self.absence(name)},
            )
            for name in self.country.part.planned
            if name in self.country.absent
        ]

    def clear(self) -> list[Phrase]:
        """Return the clear changes that were not named in advance in sentences."""
        return [
            change_sentence(
                part.changes,
                row,
                verdict,
                Message(f"people_{group}"),
                self.country.results,
                self.names,
            )
            for group, part in self.country.groups.items()
            if part.changes is not None and part.verdicts is not None
            for row, verdict in enumerate(part.verdicts.verdicts)
            if verdict in ("increase", "decrease") and not part.verdicts.planned[row]
        ]

    # Measures

    def absence(self, measure: str) -> Phrase:
        """Return why a measure has no numbers here."""
        absence = self.country.absent[measure]
        if absence.study is None:
            wave = self.names.wave(self.country.part.wave)
            return Message(f"brief_{absence.kind}", {"wave": wave})
        reasons = tuple(
            self.names.difference(reason, self.words.countries[reason.wave])
            for reason in absence.differences
        )
        values: dict[str, Phrase] = {
            "country": self.words.countries[absence.study],
            "reasons": Listing(reasons, "comma"),
        }
        return Message("brief_other_score", values)

    def unit(self, measure: str) -> str:
        """Return the unit of a measure."""
        return self.country.results.responses.measures[measure].unit or "points"

    # Numbers

    def table(self) -> Table:
        """Return levels and changes; a measure without numbers has its reason in their place."""
        baseline, wave = map(self.names.wave, self.waves)
        columns = (
            Column(Message("column_sites"), width=1.6),
            Column(baseline, "number", 1.3),
            Column(wave, "number", 1.3),
            Column(self.change_title, "number", 1.6),
            Column(Message("column_n"), "number", 0.7),
            Column(Message("column_reading"), width=1.5),
        )
        rows = [row for measure in self.words.measures for row in self.rows(measure)]
        caption = Message("brief_country_caption", {"country": Label(self.country.part.country)})
        return Table(caption, columns, tuple(rows), self.notes())

    def rows(self, measure: str) -> list[Row]:
        """Return a measure's title, and its rows or the reason why there are none."""
        if measure in self.country.absent:
            return [
                Row((self.words.measures[measure],), "group"),
                Row((self.absence(measure),), "remark"),
            ]
        unit = Message(f"unit_{self.unit(measure)}")
        title = Message(
            "measure_with_unit", {"measure": self.words.measures[measure], "unit": unit}
        )
        rows = [Row((title,), "group")]
        rows += [self.row(measure, group) for group in self.country.groups]
        refused = next(iter(self.country.groups.values())).refused.get(measure, ())
        if refused:
            reasons = Listing(tuple(map(self.names.difference, refused)), "comma")
            told: dict[str, Phrase] = {
                "measure": self.words.measures[measure],
                "reasons": reasons,
            }
            rows.append(Row((Message("refused_measure", told),), "remark"))
        return rows

    def row(self, measure: str, group: Group) -> Row:
        """Return one group's levels and change."""
        part = self.country.groups[group]
        baseline, last = (self.level(part, measure, wave) for wave in self.waves)
        cells = [
            level.cells.both(level.row) if level else Message("not_measured")
            for level in (baseline, last)
        ]
        head = Message(f"group_{group}")
        at = self.change(part, measure)
        if at is None or part.changes is None or part.verdicts is None:
            n = last.cells.n(last.row) if last else None
            return Row((head, *cells, Message("not_compared"), n, None))
        changed = EstimateCells(part.changes, self.interval_level, changes=True)
        verdict: Phrase = Message(f"verdict_{part.verdicts.verdicts[at]}")
        if part.verdicts.planned[at]:
            verdict = Listing((verdict, Message("brief_named")), "line")
        return Row((head, *cells, changed.both(at), changed.n(at), verdict))

    def level(self, part: ChangeResult, measure: str, wave: str) -> _Level | None:
        """Return where a wave's level stands: beside the others, or apart."""
        asked = wave in self.country.results.responses.measures[measure].signatures
        for protected in (part.levels, part.aside):
            at = _position(protected, measure, wave)
            if asked and protected is not None and at is not None:
                return _Level(EstimateCells(protected, self.interval_level), at)
        return None

    def change(self, part: ChangeResult, measure: str) -> int | None:
        """Return the row of a measure's change."""
        return _position(part.changes, measure, self.country.part.wave)

    def notes(self) -> tuple[Phrase, ...]:
        """Return what must be known to read the table."""
        level = Number(self.interval_level, "coverage")
        notes: list[Phrase] = [Message("note_intervals", {"level": level})]
        if any(self.unit(name) == "share" for name in self.shown):
            notes.append(Message("note_changes_of_shares"))
        judged = [part.verdicts for part in self.country.groups.values() if part.verdicts]
        if judged and not all(part.planned.all() for part in judged):
            family = Number(judged[0].family_size, "count")
            notes.append(Message("note_adjusted", {"n": family, "level": level}))
        for part in self.country.groups.values():
            for protected in (part.levels, part.changes):
                if protected and (marks := EstimateCells(protected, 0.0).notes()):
                    return (*notes, *marks)
        return tuple(notes)

    # Chart

    def figure(self) -> Figure:
        """Return the chart, on scales of this country's own."""
        groups = tuple(self.country.groups)
        chart = ChangeChart(
            places=tuple(Message(f"group_{group}") for group in groups),
            emphasised=tuple(group != "comparison" for group in groups),
            waves=tuple(map(self.names.wave, self.waves)),
            panels=tuple(map(self.panel, self.shown)),
            level_title=Message("chart_levels"),
            change_title=self.change_title,
        )
        values: dict[str, Phrase] = {
            "country": Label(self.country.part.country),
            "level": Number(self.interval_level, "coverage"),
            "measures": Listing(tuple(self.words.measures[name] for name in self.shown)),
        }
        return Figure(
            chart,
            Message("brief_figure_caption", values),
            Message("brief_figure_alternative", values),
            (Message("brief_own_scales"), Message("brief_filled")),
            simulated=self.country.results.study.data == "simulated",
        )

    def panel(self, measure: str) -> ChangePanel:
        """Return one measure's part of the chart."""
        parts = self.country.groups.values()
        return ChangePanel(
            title=self.words.measures[measure],
            levels=tuple(
                tuple(self.level_point(part, measure, wave) for wave in self.waves)
                for part in parts
            ),
            changes=tuple(self.change_point(part, measure) for part in parts),
            level_style=level_style(self.unit(measure)),
            change_style=change_style(self.unit(measure)),
        )

    def level_point(self, part: ChangeResult, measure: str, wave: str) -> Point | None:
        """Return a level as a point; one that stands apart is on no line."""
        at = _position(part.levels, measure, wave)
        return None if at is None else EstimateCells(part.levels, self.interval_level).point(at)

    def change_point(self, part: ChangeResult, measure: str) -> Point | None:
        """Return a change as a point, filled if it is clear."""
        at = self.change(part, measure)
        if at is None or part.changes is None or part.verdicts is None:
            return None
        clear = part.verdicts.verdicts[at] in ("increase", "decrease")
        return EstimateCells(part.changes, self.interval_level).point(at, filled=clear)


def _position(protected: Protected | None, measure: str, wave: str) -> int | None:
    """Return the row of a measure in a wave."""
    if protected is None:
        return None
    frame = protected.estimates.rows
    here = (frame["variable"].astype("str") == measure) & (frame["wave"].astype("str") == wave)
    found = here.to_numpy().nonzero()[0]
    return int(found[0]) if len(found) else None
