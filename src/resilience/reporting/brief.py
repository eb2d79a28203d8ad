"""Put a brief together: each country by itself, in the plan's order. Nothing is computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.reporting.document import (
    Bullets,
    Callout,
    Column,
    Facts,
    Report,
    Row,
    Section,
    Table,
)
from resilience.reporting.names import Names
from resilience.reporting.phrases import Day, Label, Listing, Message, Number
from resilience.reporting.sections.country import BriefWords, country_section
from resilience.reporting.sections.method import method_blocks

if TYPE_CHECKING:
    from resilience.evaluation.brief import BriefResults, CountryResult
    from resilience.reporting.document import Block
    from resilience.reporting.phrases import Phrase

__all__ = ["build_brief"]


def build_brief(results: BriefResults) -> Report:
    """Arrange a brief's results as a report that ranks nothing.

    Parameters
    ----------
    results : BriefResults
        From `run_brief`.

    Returns
    -------
    Report
        In no language yet; `render` writes it in several.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.build_brief(rs.run_brief("reports/four-country-brief.yaml"))
    <Report four_countries: simulated data, 9 sections>
    """
    plan = results.plan
    words = _words(results)
    countries = words.countries
    simulated = tuple(countries[part.part.study] for part in _simulated(results))
    said = {"countries": Listing(simulated)}
    sections = [_reading_section(results)]
    sections += [
        country_section(part, words, number)
        for number, part in enumerate(results.countries, start=1)
    ]
    sections += [_annex(part, number) for number, part in enumerate(results.countries, start=1)]
    cover: list[Block] = []
    if simulated:
        text = Message("brief_simulated_text", said)
        cover.append(Callout("simulated", Message("simulated_title"), (text,)))
    return Report(
        name=plan.brief,
        title=Label(plan.title),
        subtitle=Listing(tuple(countries.values()), "comma"),
        cover=(*cover, *_cover(results)),
        sections=tuple(sections),
        date=plan.date,
        simulated=bool(simulated),
        languages=tuple(plan.languages),
        formats=tuple(plan.formats),
        footer=Message("brief_footer_simulated", said) if simulated else None,
        source_language=plan.language,
    )


def _words(results: BriefResults) -> BriefWords:
    """Return what the brief calls its countries and measures, the first study's words first."""
    titles: dict[str, Label] = {}
    for study in results.plan.loaded_studies:
        known = study.questionnaire
        for index in known.indices_by_id.values():
            titles.setdefault(index.id, Label(index.title))
        for indicator in known.indicators_by_id.values():
            titles.setdefault(indicator.id, Label(indicator.title))
    measures = {name: titles[name] for name in results.plan.measures}
    countries = {part.study: Label(part.country) for part in results.plan.studies}
    return BriefWords(measures, countries)


def _simulated(results: BriefResults) -> tuple[CountryResult, ...]:
    return tuple(part for part in results.countries if part.results.study.data == "simulated")


def _cover(results: BriefResults) -> tuple[Block, ...]:
    studies = tuple(
        Message(
            "brief_cover_study",
            {"country": Label(part.part.country), "study": Label(part.results.study.title)},
        )
        for part in results.countries
    )
    pairs: tuple[tuple[Phrase, Phrase], ...] = (
        (Message("fact_studies"), Listing(studies, "line")),
        (Message("fact_date"), Day(results.plan.date)),
    )
    verdict = _not_compared(results)
    return (verdict, Facts(pairs))


def _not_compared(results: BriefResults) -> Callout:
    """Return the verdict on comparing countries, as nobody can miss it."""
    title = Message("brief_not_compared_title")
    return Callout("caution", title, (Message(f"brief_{results.comparability}"),))


def _reading_section(results: BriefResults) -> Section:
    """Return what must be known before the first number."""
    statements: list[Phrase] = [
        Message("brief_order"),
        Message("brief_own_design"),
        Message("caution_change"),
    ]
    instruments = {
        part.status
        for country in results.countries
        for part in country.results.study.questionnaire.instruments
    }
    if "unvalidated_draft" in instruments:
        statements.append(Message("brief_draft"))
    blocks = (_not_compared(results), Bullets(tuple(statements)), _studies_table(results))
    return Section("reading", Message("brief_reading_title"), blocks)


def _studies_table(results: BriefResults) -> Table:
    columns = (
        Column(Message("column_country"), width=1.2),
        Column(Message("column_waves"), width=1.3),
        Column(Message("column_mode"), width=1.2),
        Column(Message("column_selection"), width=2.2),
        Column(Message("column_respondents_first"), "number", 1.2),
        Column(Message("column_respondents_last"), "number", 1.2),
        Column(Message("column_data"), width=1.1),
    )
    rows = tuple(map(_study_row, results.countries))
    return Table(Message("brief_studies_caption"), columns, rows)


def _study_row(part: CountryResult) -> Row:
    study = part.results.study
    pair = (part.part.baseline, part.part.wave)
    asked = [study.waves_by_id[wave].fieldwork for wave in pair]
    modes = dict.fromkeys(f"mode_{said.mode}" if said else "not_stated" for said in asked)
    counts = (Number(part.results.sample.waves[wave].n, "count") for wave in pair)
    return Row(
        (
            Label(part.part.country),
            Listing(tuple(Label(study.waves_by_id[wave].title) for wave in pair), "comma"),
            Listing(tuple(map(Message, modes)), "comma"),
            Message(f"selection_{study.design.selection}"),
            *counts,
            Message(f"data_{study.data}"),
        )
    )


def _annex(part: CountryResult, number: int) -> Section:
    """Return a country's annex on sample, method, missing answers and sources."""
    results = part.results
    title = Message("brief_method_title", {"country": Label(part.part.country)})
    names = Names(results.study, results.responses.measures)
    *sample, missing, sources = method_blocks(results, names)
    shown = results.rule_effects is not None
    blocks = (*sample, missing, sources) if shown else (*sample, sources)
    return Section(f"method-{number}", title, blocks, annex=True, new_page=number == 1)
