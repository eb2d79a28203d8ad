"""One report, one set of numbers: in results, in every language, in every format."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

import resilience as rs
from resilience.evaluation.results import AnswersResult, ChangeResult, ProfileResult
from resilience.reporting import rendering
from tests.reporting.pages import numbers_in, parsed, rows_of, said, tables_of

ROUNDING = 0.05 + 1e-9  # one decimal is printed
MINUS = str.maketrans("−", "-", ",%")


def _values(text):
    """Return the numbers of a text as numbers."""
    return [float(number.translate(MINUS)) for number in numbers_in(text)]


def _expected(protected, row):
    """Return what a cell with an estimate and its interval has to say."""
    estimates = protected.estimates
    low, high = estimates.interval(level=0.95)
    scale = 100 if estimates.unit[row] == "share" else 1
    return [scale * float(part[row]) for part in (estimates.values, low, high)]


def _table(written, section):
    return rows_of(tables_of(written["en"].content)[section])


def _only(results, kind, at=0):
    return [part for _, part in results.blocks if isinstance(part, kind)][at]


def _title(results, name):
    return results.responses.measures[name].title["en"]


# Results and report


def test_the_table_of_changes_holds_the_numbers_of_the_results(results, written):
    part = _only(results, ChangeResult)
    sites = {site.id: site.title["en"] for site in results.study.sites}
    waves = ["baseline", "midline", "endline"]
    cells = _table(written, "change-4")
    levels = part.levels.estimates.rows

    for row, told in part.levels.estimates.rows.iterrows():
        here = cells[f"{_title(results, told['variable'])}, points", sites[told["site"]]]
        shown = _values(here[waves.index(told["wave"])])
        assert shown == pytest.approx(_expected(part.levels, row), abs=ROUNDING)
    for row, told in part.changes.estimates.rows.iterrows():
        *_, change, n, reading = cells[
            f"{_title(results, told['variable'])}, points", sites[told["site"]]
        ]
        assert _values(change) == pytest.approx(_expected(part.changes, row), abs=ROUNDING)
        place = (told["variable"], told["site"])
        behind = [
            n
            for name, site, n in zip(
                levels["variable"], levels["site"], part.levels.estimates.n, strict=True
            )
            if (name, site) == place
        ]
        assert _values(n) == [min([part.changes.estimates.n[row], *behind])]
        assert reading.lower().replace(" ", "_") == part.verdicts.verdicts[row]


def test_the_table_of_indicators_holds_the_numbers_of_the_results(results, written):
    cells = _table(written, "indicators")
    group = "Port City and Hill City, target for Endline"
    status = {
        "met": "Yes",
        "not_met": "No",
        "not_shown": "Cannot be decided",
        "not_estimable": "Not estimable",
    }

    for part in results.targets:
        unit, baseline, target, actual, change, n, judged = cells[
            group, _title(results, part.target.measure)
        ]
        share = unit == "%"
        assert _values(baseline) == pytest.approx(_expected(part.baseline, 0), abs=ROUNDING)
        assert _values(actual) == pytest.approx(_expected(part.actual, 0), abs=ROUNDING)
        assert _values(change) == pytest.approx(_expected(part.change, 0), abs=ROUNDING)
        assert _values(target) == pytest.approx([part.target.value * (100 if share else 1)])
        assert _values(n) == [part.baseline.estimates.n[0], part.actual.estimates.n[0]]
        assert judged == status[part.status]


def test_the_table_of_profiles_holds_the_numbers_of_the_results(results, written):
    part = _only(results, ProfileResult)
    sites = [site.id for site in results.study.sites]
    cells = _table(written, "profile-5")

    for row, told in part.levels.estimates.rows.iterrows():
        shown = cells["", f"{_title(results, told['variable'])}, points"][sites.index(told["site"])]
        assert _values(shown) == pytest.approx(_expected(part.levels, row), abs=ROUNDING)


@pytest.mark.parametrize(("at", "section"), [(0, "answers-6"), (1, "answers-7")])
def test_the_tables_of_answers_hold_the_numbers_of_the_results(results, written, at, section):
    part = _only(results, AnswersResult, at)
    items = results.study.questionnaire.items_by_id
    cells = _table(written, section)

    for row, told in part.shares.estimates.rows.iterrows():
        here = cells["", items[told["variable"]].title["en"]]
        share = 100 * part.shares.estimates.values[row]
        assert _values(here[int(told["answer"]) - 1]) == pytest.approx([share], abs=ROUNDING)
        assert _values(here[5]) == [part.shares.estimates.n[row]]
        missing = [part.missing[told["variable"]][r] for r in ("refused", "dont_know")]
        shown = [_values(cell)[0] for cell in here[6:8]]
        assert shown == pytest.approx([100 * share for share in missing], abs=ROUNDING)


def test_the_table_of_missing_answers_holds_the_numbers_of_the_results(results, written):
    waves = {wave.title["en"]: wave.id for wave in results.study.waves}
    effects = results.rule_effects.to_frame(level=0.95)
    rows = _table(written, "missing")

    assert len(rows) == 3 * 15
    for (measure, wave), cells in rows.items():
        here = results.coverage[results.coverage["wave"] == waves[wave]]
        (told,) = (row for _, row in here.iterrows() if _title(results, row["variable"]) == measure)
        expected = [told["items"], told["n"], 100 * told["share_scored"]]
        assert [_values(cell)[0] for cell in cells[:3]] == pytest.approx(expected, abs=ROUNDING)
        at = (effects["variable"] == told["variable"]) & (effects["wave"] == waves[wave])
        (effect,) = effects.loc[at, ["estimate", "conf_low", "conf_high"]].to_numpy()
        assert _values(cells[-1]) == pytest.approx(effect, abs=ROUNDING)


def test_the_table_of_waves_holds_the_facts_of_the_sample(results, written):
    method = tables_of(written["en"].content)["method"]
    waves = {wave.title["en"]: wave.id for wave in results.study.waves}

    for (_, wave), cells in rows_of(method).items():
        facts = results.sample.waves[waves[wave]]
        expected = [facts.n, facts.psus, facts.strata, facts.weight_low, facts.weight_high]
        shown = [value for cell in cells[2:6] for value in _values(cell)]
        assert shown == pytest.approx(expected, abs=0.005)
        assert _values(cells[6]) == pytest.approx([facts.weight_effect], abs=0.005)


# Languages


def test_both_languages_have_the_same_numbers_in_every_cell(written):
    tables = {
        language: [
            block
            for section in part.content["sections"]
            for block in section["blocks"]
            if block["type"] == "table"
        ]
        for language, part in written.items()
    }

    assert len(tables["en"]) == len(tables["ar"]) == 20
    for english, arabic in zip(tables["en"], tables["ar"], strict=True):
        kinds = [column["kind"] for column in english["columns"]]
        assert kinds == [column["kind"] for column in arabic["columns"]]
        for one, other in zip(english["rows"], arabic["rows"], strict=True):
            pairs = zip(one["cells"], other["cells"], kinds, strict=False)
            for cell, same, kind in pairs:
                if kind == "number":
                    assert numbers_in(said(cell)) == numbers_in(said(same))


# Formats


def test_every_writer_is_given_the_same_content(report, monkeypatch, tmp_path):
    given = {}

    def recorder(name):
        def write(localised):
            given[name, localised.content["language"]] = localised
            return b""

        return write

    monkeypatch.setattr(
        rendering, "_WRITERS", {name: recorder(name) for name in rendering._WRITERS}
    )
    short = replace(report, sections=report.sections[:2])
    rs.render(short, tmp_path, formats=["html", "pdf"], languages=["en", "ar"])

    assert set(given) == {(name, lang) for name in ("html", "pdf") for lang in ("en", "ar")}
    for language in ("en", "ar"):
        assert given["html", language] is given["pdf", language]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_number_of_the_pages_tables_stands_in_the_pdf_as_often(written, pages_of, language):
    page = parsed(written[language].html)
    cells = [
        cell
        for table in page.all("table")
        for row in table.all("tbody")[0].all("tr")
        for cell in row.all("th", "td")
        if cell.attributes.get("class") == "number"
    ]
    in_page = Counter(number for cell in cells for number in numbers_in(cell.text))

    in_pdf = Counter(numbers_in("\n".join(pages_of(written[language].pdf))))

    assert in_page.total() > 900
    assert in_page - in_pdf == Counter()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_number_of_the_findings_stands_in_the_pdf(written, pages_of, language):
    (findings,) = (
        part for part in written[language].content["sections"] if part["id"] == "findings"
    )
    told = [
        said(lines)
        for block in findings["blocks"]
        for lines in ([block["text"]] if block["type"] == "paragraph" else block["items"])
    ]
    wanted = {number for text in told for number in numbers_in(text)}

    assert len(wanted) > 15
    assert wanted - set(numbers_in("\n".join(pages_of(written[language].pdf)))) == set()
