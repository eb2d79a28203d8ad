"""The brief: in the plan's order, with no word that ranks, in both languages."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pandas as pd
import pytest

import resilience as rs
from resilience.evaluation.brief import BriefResults
from resilience.reporting.localised import localise
from tests.briefs import brief_workspace
from tests.reporting.conftest import HOSTILE, LANGUAGES, write
from tests.reporting.pages import charts_of, numbers_in, parsed, rows_of, runs_of, said, words_of
from tests.running import run_command

COMPARING = re.compile(
    r"\b(higher|lower|highest|lowest|best|worst|better|worse|larger|smaller|stronger|weaker|more"
    r"|less|most|least|ahead|behind|top|bottom|leads?|outperforms?|versus|than|whereas)\b",
    re.IGNORECASE,
)
GROUP = {"programme": "Programme places", "comparison": "Comparison places"}


@pytest.fixture(scope="module")
def brief(tmp_path_factory):
    return rs.run_brief(brief_workspace(tmp_path_factory.mktemp("brief") / "workspace"))


@pytest.fixture(scope="module")
def told(brief):
    """The brief by language."""
    report = rs.build_brief(brief)
    return {language: write(report, language) for language in LANGUAGES}


def _words(content):
    return re.sub(r"\s+", " ", " ".join(text for text, _ in runs_of(content)))


def _countries(content):
    return [part for part in content["sections"] if part["id"].startswith("country-")]


def _table(section):
    (table,) = (block for block in section["blocks"] if block["type"] == "table")
    return table


def _content(file, language="en"):
    return localise(rs.build_brief(rs.run_brief(file)), language).content


# No ranking


def test_countries_stand_in_the_plans_order_whatever_their_results(tmp_path, brief):
    turned = BriefResults(brief.plan, brief.countries[::-1])

    def order(results):
        content = localise(rs.build_brief(results), "en").content
        return [said(part["title"]) for part in _countries(content)]

    assert order(brief) == ["Norland", "Sudland"]
    assert order(turned) == ["Sudland", "Norland"]


@pytest.mark.parametrize("raised", ["example", "second"])
def test_the_order_is_kept_when_the_values_are_turned_round(tmp_path, raised):
    file = brief_workspace(tmp_path / "w")
    data = file.parents[1] / "surveys" / raised / "data" / "endline.csv"
    answers = pd.read_csv(data, dtype=str, keep_default_na=False)
    answers["fair"], answers["worse"] = "5", "1"
    answers.to_csv(data, index=False)

    sections = _countries(_content(file))

    levels = [rows_of(_table(part))["Fairness, points", "Programme places"][1] for part in sections]
    assert [said(part["title"]) for part in sections] == ["Norland", "Sudland"]
    assert [level.startswith("100.0") for level in levels] == [
        raised == "example",
        raised == "second",
    ]


def test_no_country_is_named_in_another_ones_section(told):
    for language, names in (
        ("en", ("Norland", "Sudland")),
        ("ar", ("البلد الأول", "البلد الثاني")),
    ):
        first, second = _countries(told[language].content)
        assert names[0] in _words(first)
        assert names[1] not in _words(first)
        assert names[1] in _words(second)
        assert names[0] not in _words(second)


def test_no_word_compares(told):
    # What the note says of the fewest respondents behind a row compares no results.
    for section in _countries(told["en"].content):
        words = _words(section).replace("respondents behind the row", "")
        assert "n = " in words
        assert COMPARING.findall(words) == []


def test_the_verdict_on_comparability_stands_on_the_cover_and_before_the_first_number(told):
    content = told["en"].content
    first = content["sections"][0]

    for words in (_words(content["cover"]), _words(first["blocks"][0])):
        assert "has not been tested (verdict on comparability: not tested)" in words
        assert "countries are not ranked" in words
    assert "لا مقارنة بين البلدان ولا ترتيب لها" in _words(told["ar"].content["cover"])


def test_no_table_or_chart_holds_results_of_two_countries(told):
    content = told["en"].content
    overview = _table(content["sections"][0])

    assert [block["type"] for block in content["sections"][0]["blocks"]].count("figure") == 0
    assert not any(
        "." in number
        for row in overview["rows"]
        for cell in row["cells"]
        for number in numbers_in(said(cell))
    )
    for section in _countries(content):
        kinds = [block["type"] for block in section["blocks"]]
        assert kinds.count("table") == kinds.count("figure") == 1


# Numbers and reasons


def test_every_number_of_a_country_stands_in_its_table(brief, told):
    for country, section in zip(brief.countries, _countries(told["en"].content), strict=True):
        rows = rows_of(_table(section))
        assert len(rows) == 6
        titles = {
            name: part.title["en"] for name, part in country.results.responses.measures.items()
        }
        for group, part in country.groups.items():
            for protected, column in ((part.levels, None), (part.changes, 2)):
                low, high = protected.estimates.interval(level=0.95)
                for at, row in protected.estimates.rows.iterrows():
                    scale = 100 if protected.estimates.unit[at] == "share" else 1
                    unit = "%" if scale == 100 else "points"
                    cells = rows[f"{titles[row['variable']]}, {unit}", GROUP[group]]
                    here = cells[
                        ["baseline", "endline"].index(row["wave"]) if column is None else 2
                    ]
                    found = [float(n.replace("−", "-")) for n in numbers_in(here)]
                    wanted = [protected.estimates.values[at], low[at], high[at]]
                    assert found == pytest.approx([scale * float(w) for w in wanted], abs=0.0501)


def test_what_was_named_in_advance_is_marked_and_told_in_a_sentence(told):
    first, second = _countries(told["en"].content)

    assert "Cohesion, programme places: " in _words(first)
    reading = rows_of(_table(first))["Cohesion, points", "Programme places"][-1]
    assert reading.endswith("named in advance")
    assert "named in advance" not in _words(_table(second)["rows"])


def test_a_measure_that_is_another_score_has_the_reason_in_its_place(tmp_path):
    def second(definition):
        for wave in definition["waves"]:
            wave["not_asked"] = ["worse"]

    def change(plan):
        plan["studies"][1]["planned"] = ["fairness"]

    file = brief_workspace(tmp_path / "w", second=second, brief=change)
    for language, words in (
        (
            "en",
            "not the score that goes by this name in the section on Norland: "
            "Treated worse (worse) not asked in Sudland.",
        ),
        ("ar", "البلد الأول"),
    ):
        _, country = _countries(_content(file, language))
        remarks = [row for row in _table(country)["rows"] if row["kind"] == "remark"]
        assert len(remarks) == 2  # fairness, and cohesion, which is made of it
        assert words in said(remarks[0]["cells"][0])
        (finding,) = (block for block in country["blocks"] if block.get("kind") == "finding")
        assert words in _words(finding)


def test_a_change_between_two_scores_is_refused_within_the_country(tmp_path):
    def second(definition):
        definition["waves"][0]["not_asked"] = ["worse"]

    _, country = _countries(_content(brief_workspace(tmp_path / "w", second=second)))
    rows = rows_of(_table(country))

    baseline, endline, change, n, _ = rows["Fairness, points", "Programme places"]
    assert all(map(numbers_in, (baseline, endline, n)))
    assert change == "not compared"
    assert "Fairness is not compared between waves" in _words(_table(country))


def test_too_few_respondents_are_not_shown(tmp_path):
    def second(definition):
        definition["policy"] = {"minimum_n": 1000, "low_precision_n": 1000}

    first, country = _countries(_content(brief_workspace(tmp_path / "w", second=second)))

    assert numbers_in(rows_of(_table(first))["Cohesion, points", "Programme places"][0])
    for cells in rows_of(_table(country)).values():
        assert cells[:4] == ["n < 1,000"] * 4


# Simulated data


def test_all_that_is_simulated_is_named_on_the_cover_in_the_footer_and_in_charts(told):
    content = told["en"].content

    assert "data of these countries are simulated: Norland and Sudland" in _words(content["cover"])
    assert "Simulated data (Norland and Sudland)" in _words(content["footer"])
    assert all("Simulated data" in words_of(svg) for svg in charts_of(parsed(told["en"].html)))


def test_of_a_mixed_brief_only_what_is_simulated_is_called_so(brief):
    first, second = brief.countries
    study = second.results.study.model_copy(update={"data": "collected"})
    plan = second.results.plan.model_copy(update={"loaded_study": study})
    collected = replace(second, results=replace(second.results, plan=plan))
    report = rs.build_brief(BriefResults(brief.plan, (first, collected)))
    page = write(report, "en")

    assert "Simulated data (Norland) –" in _words(page.content["footer"])
    stamped = ["Simulated data" in words_of(svg) for svg in charts_of(parsed(page.html))]
    assert stamped == [True, False]
    assert "Collected from respondents" in _words(_countries(page.content)[1])


# Languages and hostile texts


def test_both_languages_have_the_same_numbers(told):
    for one, other in zip(*(_countries(told[name].content) for name in LANGUAGES), strict=True):
        pairs = zip(_table(one)["rows"], _table(other)["rows"], strict=True)
        for english, arabic in pairs:
            assert [numbers_in(said(c)) for c in english["cells"]] == [
                numbers_in(said(c)) for c in arabic["cells"]
            ]


def test_no_sentence_of_our_own_is_in_latin_letters_in_arabic(told):
    latin = {
        word
        for text, apart in runs_of(told["ar"].content)
        if not apart
        for word in re.findall("[A-Za-z]+", text.replace("SHA-256", ""))
    }

    assert latin == set()
    assert told["ar"].content["direction"] == "rtl"


def test_hostile_texts_are_shown_as_they_are(tmp_path, pages_of):
    texts = itertools.cycle(HOSTILE)

    def change(plan):
        plan["title"] = next(texts)
        for part in plan["studies"]:
            part["country"] = next(texts)

    for name, start in (("a", 0), ("b", 7), ("c", 14)):
        texts = itertools.cycle(HOSTILE[start:])
        report = rs.build_brief(rs.run_brief(brief_workspace(tmp_path / name, brief=change)))
        for language in LANGUAGES:
            written = write(report, language)
            page = parsed(written.html)
            assert page.all("script", "iframe") == []
            assert [e for e in page if any(key.startswith("on") for key in e.attributes)] == []
            heading = [element.text for element in page.all("h1")]
            assert heading == [" ".join(HOSTILE[start].split())]
            assert len(pages_of(written.pdf)) > 4


# The command


def test_report_writes_a_brief_and_check_checks_it(tmp_path):
    file = brief_workspace(tmp_path / "w")

    checked = run_command("check", file, "--quiet")
    assert checked.code == 0
    assert checked.out.startswith("BriefPlan two_countries: 3 measures, 2 studies\n")
    assert checked.out.count("SurveyDesign ") == 2
    assert checked.out.endswith("No problems found.\n")
    printed = run_command("check", file, "--quiet", "--format", "csv").out
    assert printed.splitlines()[0].startswith("study,wave,variable,")

    written = run_command("report", file, "--quiet", "--language", "en", "--format", "html")
    assert written.code == 0
    assert (file.parent / "out" / "two_countries-en.html").is_file()


@pytest.mark.parametrize("command", ["check", "report"])
def test_a_brief_takes_no_folder_of_data(tmp_path, command):
    file = brief_workspace(tmp_path / "w")

    assert run_command(command, file, "--data", tmp_path).code == 2
