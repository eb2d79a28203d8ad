"""The annex on sample and method: what a careful reader needs to judge every number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resilience.definitions.instrument import MISSING_REASONS
from resilience.reporting.document import Bullets, Column, Facts, Row, Section, Table
from resilience.reporting.names import fieldwork_period
from resilience.reporting.phrases import (
    Interval,
    Label,
    Listing,
    Message,
    Number,
    Verbatim,
)
from resilience.reporting.sections.fieldwork import interviewer_tables, mode_shifts

if TYPE_CHECKING:
    from resilience.definitions.study import Policy
    from resilience.evaluation.results import Results
    from resilience.reporting.document import Block
    from resilience.reporting.names import Names
    from resilience.reporting.phrases import Phrase

__all__ = ["method_blocks", "method_sections"]

_SHOWN_REASONS = ("refused", "dont_know", "never_heard", "not_applicable")


def method_sections(results: Results, names: Names) -> tuple[Section, ...]:
    """Return the annexes on sample, method and sources."""
    *sample, missing, sources = method_blocks(results, names)
    annexes = [Section("method", Message("method_title"), tuple(sample), annex=True)]
    if results.rule_effects is not None:
        annexes.append(Section("missing", Message("missing_title"), (missing,), annex=True))
    annexes.append(Section("sources", Message("sources_title"), (sources,), annex=True))
    return tuple(annexes)


def method_blocks(results: Results, names: Names) -> tuple[Block, ...]:
    """Return what the annexes say: facts, waves and method, then missing answers, then sources."""
    return (
        _sample_facts(results),
        _waves_table(results),
        *interviewer_tables(results),
        Bullets(_method(results, names)),
        _coverage_table(results, names),
        _sources(results, names),
    )


def _sample_facts(results: Results) -> Facts:
    study = results.study
    pairs: list[tuple[Phrase, Phrase]] = [
        (Message("fact_population"), Label(study.population)),
        (Message("fact_selection"), Message(f"selection_{study.design.selection}")),
    ]
    if study.design.weighting:
        pairs.append((Message("fact_weighting"), Label(study.design.weighting)))
    elif study.roles.weight == "none":
        pairs.append((Message("fact_weighting"), Message("weight_none")))
    if study.roles.psu in ("none", "not_published"):
        pairs.append((Message("fact_psu"), Message(f"psu_{study.roles.psu}")))
    return Facts(tuple(pairs))


def _waves_table(results: Results) -> Table:
    columns = (
        Column(Message("column_wave"), width=1.2),
        Column(Message("column_fieldwork"), width=2.4),
        Column(Message("column_mode"), width=1.2),
        Column(Message("column_respondents"), "number", 1.1),
        Column(Message("column_psus"), "number", 1.0),
        Column(Message("column_strata"), "number", 0.8),
        Column(Message("column_weights"), "number", 1.6),
        Column(Message("column_weight_effect"), "number", 1.2),
    )
    roles = results.study.roles
    clustered = roles.psu not in ("none", "not_published")
    weighted = roles.weight != "none"
    rows = []
    for wave in results.study.waves:
        here = results.sample.waves[wave.id]
        rows.append(
            Row(
                (
                    Label(wave.title),
                    fieldwork_period(wave),
                    Message(f"mode_{wave.fieldwork.mode}" if wave.fieldwork else "not_stated"),
                    Number(here.n, "count"),
                    Number(here.psus, "count") if clustered else Verbatim("–"),
                    Number(here.strata, "count") if roles.stratum else Verbatim("–"),
                    Interval(here.weight_low, here.weight_high, "ratio")
                    if weighted
                    else Verbatim("–"),
                    Number(here.weight_effect, "ratio") if weighted else Verbatim("–"),
                )
            )
        )
    notes = (Message("note_weights"),) if weighted else ()
    return Table(Message("waves_caption"), columns, tuple(rows), notes)


def _method(results: Results, names: Names) -> tuple[Phrase, ...]:
    """Return how numbers were made, in statements."""
    study, plan = results.study, results.plan
    level = Number(plan.level, "coverage")
    relation = study.design.waves
    unknown = "_without_psu" if study.roles.psu == "not_published" else ""
    statements: list[Phrase] = [
        Message("method_scores"),
        Message("method_unweighted" if study.roles.weight == "none" else "method_weighted"),
        *_fitted_weights(results, names),
        *mode_shifts(results, names),
        Message(f"method_intervals{unknown}", {"level": level}),
    ]
    if isinstance(relation, str):
        statements.append(Message(f"method_{relation}"))
    elif relation:
        statements.append(Message("method_relations"))
    statements += _asked_again(results, names)
    if study.design.assumed_design_effect > 1:
        effect = Number(study.design.assumed_design_effect, "ratio")
        statements.append(Message("method_assumed_effect", {"effect": effect}))
    statements.append(
        Message(
            f"method_df{unknown}",
            {"df": Number(results.sample.df_design, "count")},
        )
    )
    if len(study.waves) > 1:
        statements.append(Message("method_planned"))
    statements += [
        *_small_numbers(plan.rules),
        Message("method_comparability"),
    ]
    return (*statements, *_equivalences(results, names))


def _fitted_weights(results: Results, names: Names) -> list[Phrase]:
    """Return how weights were made to fit margins, for each wave that was."""
    fitted = results.sample.weighting
    if fitted is None:
        return []
    return [
        Message(
            "method_fitted_weights",
            {
                "wave": names.wave(wave),
                "source": Listing(tuple(map(Label, fitted.sources))),
                "iterations": Number(facts.iterations, "count"),
                "before": Number(facts.effect_before, "ratio"),
                "after": Number(facts.effect_after, "ratio"),
            },
        )
        for wave, facts in fitted.waves.items()
    ]


def _small_numbers(rules: Policy) -> list[Phrase]:
    """Return what is not shown of few respondents, and how numbers are rounded."""
    minimum, low = Number(rules.minimum_n, "count"), Number(rules.low_precision_n, "count")
    told: list[Phrase] = [Message("method_suppression", {"minimum": minimum, "low": low})]
    if rules.suppress == "secondary":
        told.append(Message("method_secondary"))
    if rules.rounding.n > 1:
        told.append(Message("method_rounding_n", {"base": Number(rules.rounding.n, "count")}))
    if rules.rounding.percent is not None:
        base = Number(rules.rounding.percent, "count")
        told.append(Message("method_rounding_percent", {"base": base}))
    return told


def _asked_again(results: Results, names: Names) -> list[Phrase]:
    """Return how many respondents of a panel answered in two waves, for each two."""
    return [
        Message(
            "method_asked_again",
            {
                "before": names.wave(before),
                "wave": names.wave(wave),
                "again": Number(again, "count"),
                "n": Number(results.sample.waves[wave].n, "count"),
            },
        )
        for (before, wave), again in results.sample.asked_again.items()
    ]


def _equivalences(results: Results, names: Names) -> list[Phrase]:
    """Return which answer labels are taken to mean the same, and the reasons given."""
    return [
        Message(
            "labels_equivalent",
            {
                "item": names.item(part.item),
                "wave": names.wave(part.wave),
                "reason": Label(part.equivalent_because),
            },
        )
        for part in results.responses.asked
        if part.equivalent_because
    ]


def _coverage_table(results: Results, names: Names) -> Table:
    coverage = results.coverage
    indices = (
        []
        if results.rule_effects is None
        else list(dict.fromkeys(results.rule_effects.rows["variable"]))
    )
    reasons = [
        reason
        for reason in MISSING_REASONS
        if reason in _SHOWN_REASONS or coverage[reason].gt(0).any()
    ]
    reasons = [reason for reason in reasons if coverage[reason].gt(0).any()]
    columns = [
        Column(Message("column_wave"), width=1.2),
        Column(Message("column_items"), "number", 0.8),
        Column(Message("column_respondents"), "number", 1.0),
        Column(Message("column_scored"), "number", 0.9),
        *(Column(Message(f"reason_{reason}"), "number", 1.0) for reason in reasons),
        Column(Message("column_rule_effect"), "number", 2.0),
    ]
    effects = _rule_effects(results)
    rows: list[Row] = []
    for name in indices:
        rows.append(Row((names.measure(name),), "group"))
        for _, part in coverage[coverage["variable"] == name].iterrows():
            rows.append(
                Row(
                    (
                        names.wave(str(part["wave"])),
                        Number(float(part["items"]), "count"),
                        Number(float(part["n"]), "count"),
                        Number(float(part["share_scored"]), "percent"),
                        *(Number(float(part[reason]), "percent") for reason in reasons),
                        effects.get((name, str(part["wave"]))),
                    )
                )
            )
    level = Number(results.plan.level, "coverage")
    notes = (Message("note_coverage"), Message("note_rule_effect", {"level": level}))
    return Table(Message("missing_caption"), tuple(columns), tuple(rows), notes)


def _rule_effects(results: Results) -> dict[tuple[str, str], Phrase]:
    effects = results.rule_effects
    if effects is None:
        return {}
    low, high = effects.interval(level=results.plan.level)
    minimum = results.plan.rules.minimum_n
    return {
        (str(name), str(wave)): Message(
            "with_interval",
            {
                "estimate": Number(float(effects.values[row]), "points_change"),
                "interval": Interval(float(low[row]), float(high[row]), "points_change"),
            },
        )
        if effects.n[row] >= minimum
        else Message("suppressed", {"minimum": Number(minimum, "count")})
        for row, (name, wave) in enumerate(
            zip(effects.rows["variable"], effects.rows["wave"], strict=True)
        )
    }


def _sources(results: Results, names: Names) -> Facts:
    pairs: list[tuple[Phrase, Phrase]] = [
        (
            Message("fact_file", {"wave": names.wave(wave)}),
            Listing(
                (
                    Message(
                        "file_facts",
                        {"file": Verbatim(source.name), "rows": Number(source.rows, "count")},
                    ),
                    Message("file_checksum", {"checksum": Verbatim(source.sha256)}),
                ),
                "line",
            ),
        )
        for wave, source in results.responses.sources.items()
    ]
    pairs += [
        (
            Message("fact_instrument"),
            Message(
                "instrument_facts",
                {
                    "title": Label(instrument.title),
                    "version": Verbatim(instrument.version),
                    "status": Message(f"status_{instrument.status}"),
                    "licence": Verbatim(instrument.licence),
                },
            ),
        )
        for instrument in results.study.questionnaire.instruments
    ]
    if results.study.acknowledgement:
        pairs.append((Message("fact_acknowledgement"), Label(results.study.acknowledgement)))
    software = Verbatim(f"resilience {results.version}")
    pairs.append((Message("fact_software"), software))
    return Facts(tuple(pairs))
