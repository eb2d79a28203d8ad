"""Put a report together from results. Nothing is computed here, only chosen and arranged."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from resilience.disclosure.suppression import protect
from resilience.evaluation.credibility import (
    AttritionResult,
    BalanceResult,
    PowerResult,
    SensitiveResult,
)
from resilience.evaluation.results import (
    AnswersResult,
    ChangeResult,
    ContributionResult,
    EvaluationResult,
    ProfileResult,
)
from resilience.reporting.cells import EstimateCells
from resilience.reporting.document import Callout, Column, Facts, Report, Row, Section, Table
from resilience.reporting.names import Names, fieldwork_period
from resilience.reporting.phrases import Day, Label, Listing, Message, Number, Verbatim
from resilience.reporting.sections.activities import activities_section
from resilience.reporting.sections.answers import answers_section
from resilience.reporting.sections.attrition import attrition_section
from resilience.reporting.sections.balance import balance_section
from resilience.reporting.sections.change import change_section
from resilience.reporting.sections.contribution import contribution_section
from resilience.reporting.sections.findings import findings_section
from resilience.reporting.sections.impact import impact_sections
from resilience.reporting.sections.indicators import indicators_section
from resilience.reporting.sections.method import method_sections
from resilience.reporting.sections.power import power_section
from resilience.reporting.sections.profile import profile_section
from resilience.reporting.sections.questionnaire import questionnaire_section
from resilience.reporting.sections.sensitive import sensitive_section

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from resilience.definitions.report import Block as PlanBlock
    from resilience.evaluation.results import BlockResult, Results
    from resilience.inference.results.estimates import Estimates
    from resilience.reporting.document import Block
    from resilience.reporting.phrases import Phrase

__all__ = ["build_report"]


def build_report(results: Results, *, extra: Mapping[str, Estimates] | None = None) -> Report:
    """Arrange results as a report.

    Parameters
    ----------
    results : Results
        From `run_plan`.
    extra : mapping of name to Estimates, optional
        Further results, each shown as a table in an annex, under its name. The study's rule
        for small numbers applies to them too.

    Returns
    -------
    Report
        In no language yet; `render` writes it in several.

    Examples
    --------
    >>> import resilience as rs
    >>> rs.build_report(rs.run_plan("reports/lebanon-donor.yaml"))
    <Report lebanon_donor: simulated data, 16 sections>
    """
    names = Names(results.study, results.responses.measures)
    sections: list[Section] = []
    for number, (block, part) in enumerate(results.blocks, start=1):
        sections += _sections(results, block, part, names, number)
    if extra:
        tables = tuple(_estimates_table(name, part, results) for name, part in extra.items())
        sections.append(Section("extra", Message("extra_title"), tables, annex=True))
    sections = _with_own_ids(sections)
    study, plan = results.study, results.plan
    simulated = study.data == "simulated"
    return Report(
        name=plan.report,
        title=Label(plan.title),
        subtitle=Label(study.title),
        cover=_cover(results),
        sections=tuple(sorted(sections, key=lambda section: section.annex)),
        date=plan.date,
        simulated=simulated,
        languages=tuple(plan.languages),
        formats=tuple(plan.formats),
        footer=Message("footer_simulated") if simulated else None,
        source_language=plan.language,
    )


def _with_own_ids(sections: Sequence[Section]) -> list[Section]:
    """Return sections of which a repeated id carries a number."""
    used: Counter[str] = Counter()
    renamed = []
    for section in sections:
        used[section.id] += 1
        times = used[section.id]
        renamed.append(section if times == 1 else replace(section, id=f"{section.id}-{times}"))
    return renamed


def _sections(
    results: Results, block: PlanBlock, part: BlockResult | None, names: Names, number: int
) -> tuple[Section, ...]:
    """Return the sections of a block: from its own result, or from all of them."""
    if part is not None:
        made = _FROM_OWN_RESULT[type(part)](results, part, names, number)
    else:
        made = _FROM_ALL_RESULTS[block.block](results, names)
    return made if isinstance(made, tuple) else (made,)


_FROM_OWN_RESULT: Mapping[
    type, Callable[[Results, Any, Names, int], Section | tuple[Section, ...]]
] = {
    ChangeResult: change_section,
    ProfileResult: profile_section,
    AnswersResult: answers_section,
    EvaluationResult: impact_sections,
    ContributionResult: contribution_section,
    BalanceResult: balance_section,
    AttritionResult: attrition_section,
    PowerResult: power_section,
    SensitiveResult: sensitive_section,
}

_FROM_ALL_RESULTS: Mapping[str, Callable[[Results, Names], Section | tuple[Section, ...]]] = {
    "findings": findings_section,
    "indicators": indicators_section,
    "activities": activities_section,
    "method": method_sections,
    "questionnaire": questionnaire_section,
}


def _cover(results: Results) -> tuple[Block, ...]:
    study, plan = results.study, results.plan
    waves = tuple(
        Message(
            "cover_wave",
            {
                "wave": Label(wave.title),
                "period": fieldwork_period(wave),
                "n": Number(results.sample.waves[wave.id].n, "count"),
            },
        )
        for wave in study.waves
    )
    pairs: list[tuple[Phrase, Phrase]] = [
        (Message("fact_population"), Label(study.population)),
        (Message("fact_waves"), Listing(waves, "line")),
    ]
    for role in ("programme", "comparison"):
        sites = tuple(Label(site.title) for site in study.sites if site.role == role)
        if sites:
            pairs.append((Message(f"fact_{role}"), Listing(sites, "comma")))
    pairs.append((Message("fact_date"), Day(plan.date)))
    blocks: list[Block] = []
    if study.data == "simulated":
        text = Message("simulated_text")
        blocks.append(Callout("simulated", Message("simulated_title"), (text,)))
    return (*blocks, Facts(tuple(pairs)))


def _estimates_table(name: str, estimates: Estimates, results: Results) -> Table:
    """Return any estimates as a table; small numbers are withheld here too."""
    changes = "reference" in estimates.rows
    cells = EstimateCells(
        protect(estimates, results.plan.rules), results.plan.level, changes=changes
    )
    keys = [column for column in estimates.rows if column != "measure"]
    columns = [Column(Verbatim(str(column))) for column in keys]
    columns += [
        Column(Message("column_unit"), width=0.7),
        Column(Message("column_estimate"), "number", 1.4),
        Column(Message("column_n"), "number", 0.8),
    ]
    rows = tuple(
        Row(
            (
                *(Verbatim(str(estimates.rows[column].iloc[row])) for column in keys),
                Message(f"unit_{unit}") if (unit := estimates.unit[row]) else Verbatim("–"),
                cells.both(row),
                cells.n(row),
            )
        )
        for row in range(len(estimates))
    )
    level = Number(results.plan.level, "coverage")
    notes = (Message("note_intervals", {"level": level}), *cells.notes())
    return Table(Verbatim(name), tuple(columns), rows, notes)
