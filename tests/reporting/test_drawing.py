"""Charts: the same every time, nothing in them that may not be shown, no text as a formula."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from matplotlib import font_manager

from resilience import reporting
from resilience.reporting.charts import (
    AnswerBar,
    AnswerChart,
    ChangeChart,
    ChangePanel,
    Point,
    ProfileChart,
    ProfilePanel,
)
from resilience.reporting.drawing.drawing import draw
from resilience.reporting.drawing.figure import in_style
from resilience.reporting.localising import Localiser
from resilience.reporting.phrases import Label, Number
from tests.reporting.conftest import HOSTILE
from tests.reporting.pages import charts_of, parsed, words_of

NAN = float("nan")
BLUE = "#0072b2"


def label(text):
    return Label({"en": text, "ar": text})


def point(value=50.0, half=3.0, *, filled=True):
    return Point(value, value - half, value + half, filled)


def change_chart(places=2, waves=3, panels=1, level=point, change=point):
    """Return a chart on change in which every point is made alike."""
    return ChangeChart(
        places=tuple(label(f"Place {number}") for number in range(places)),
        emphasised=(True,) * places,
        waves=tuple(label(f"Wave {number}") for number in range(waves)),
        panels=tuple(
            ChangePanel(
                title=label(f"Index {number}"),
                levels=tuple(tuple(level() for _ in range(waves)) for _ in range(places)),
                changes=tuple(change() for _ in range(places)),
                level_style="points",
                change_style="points_change",
            )
            for number in range(panels)
        ),
        level_title=label("Levels"),
        change_title=label("Changes"),
    )


def profile_chart(places=2, measures=3, made=point):
    return ProfileChart(
        measures=tuple(label(f"Index {number}") for number in range(measures)),
        panels=tuple(
            ProfilePanel(label(f"Place {number}"), tuple(made() for _ in range(measures)))
            for number in range(places)
        ),
        style="points",
        axis_title=label("Points"),
    )


def answer_chart(bars=2, answers=5, shares=None):
    given = shares if shares is not None else (1 / answers,) * answers
    return AnswerChart(
        answers=tuple(label(f"Answer {number}") for number in range(answers)),
        bars=tuple(
            AnswerBar(label(f"Item {number}"), given or None, Number(1200, "count"))
            for number in range(bars)
        ),
        count_title=label("n"),
    )


def svg_of(chart, language="en", **settings):
    return draw(chart, Localiser(language), **settings).decode()


def marks_of(svg):
    """Return how many marks of points a chart has: uses of a marker in a strong colour."""
    root = ElementTree.fromstring(svg)  # noqa: S314 - our own
    uses = [element for element in root.iter() if element.tag.endswith("}use")]
    return sum(BLUE in (use.get("style") or "") for use in uses)


CHARTS = {
    "change, all there": change_chart(),
    "change, one place": change_chart(places=1),
    "change, one wave": change_chart(waves=1),
    "change, one place and wave": change_chart(places=1, waves=1),
    "change, many places": change_chart(places=12),
    "change, several panels": change_chart(panels=3),
    "change, no changes": change_chart(change=lambda: None),
    "change, no levels": change_chart(level=lambda: None),
    "change, nothing": change_chart(level=lambda: None, change=lambda: None),
    "change, no intervals": change_chart(
        level=lambda: Point(50, NAN, NAN), change=lambda: Point(1, NAN, NAN)
    ),
    "change, exactly none": change_chart(change=lambda: Point(0.0, NAN, NAN, filled=False)),
    "profile, all there": profile_chart(),
    "profile, one place": profile_chart(places=1),
    "profile, one measure": profile_chart(measures=1),
    "profile, nothing": profile_chart(made=lambda: None),
    "profile, no intervals": profile_chart(made=lambda: Point(53, NAN, NAN)),
    "profile, exactly on a line of the grid": profile_chart(made=lambda: Point(50, NAN, NAN)),
    "profile, at the scale's end": profile_chart(made=lambda: Point(100, 100, 100)),
    "answers, all there": answer_chart(),
    "answers, one item": answer_chart(bars=1),
    "answers, nothing": answer_chart(shares=()),
    "answers, everybody alike": answer_chart(shares=(0.0, 0.0, 0.0, 0.0, 1.0)),
} | {f"answers, {size} answers": answer_chart(answers=size) for size in (2, 3, 4, 6, 7, 10, 11)}


@pytest.mark.parametrize("name", list(CHARTS))
def test_every_chart_can_be_drawn(name):
    root = ElementTree.fromstring(svg_of(CHARTS[name]))  # noqa: S314 - our own

    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_long_titles_of_panels_stand_in_lines_beside_each_other():
    chart = profile_chart(places=4)
    named = replace(
        chart,
        panels=tuple(
            replace(panel, title=label(f"The commune of the place {number}"))
            for number, panel in enumerate(chart.panels)
        ),
    )
    words = words_of(svg_of(named))

    assert not any("The commune of the place" in text for text in words)
    assert words.count("The commune of") == 4
    assert {f"the place {number}" for number in range(4)} <= set(words)


@pytest.mark.parametrize("kind", ["change", "profile", "answers"])
@pytest.mark.parametrize("what", ["all there", "nothing"])
def test_every_kind_of_chart_can_be_drawn_from_right_to_left(kind, what):
    root = ElementTree.fromstring(svg_of(CHARTS[f"{kind}, {what}"], "ar"))  # noqa: S314 - our own

    assert root.tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("chart", [change_chart(), profile_chart(), answer_chart()])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_same_chart_is_the_same_bytes(chart, language):
    assert draw(chart, Localiser(language)) == draw(chart, Localiser(language))


FONTS = Path(reporting.__file__).parent / "fonts"


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_the_fonts_are_the_packages_own_whatever_the_machine_has(language, weight):
    with in_style(language):
        families = list(mpl.rcParams["font.family"])
    found = [
        font_manager.findfont(
            font_manager.FontProperties(family=[family], weight=weight), fallback_to_default=False
        )
        for family in families
    ]

    assert {Path(file).parent for file in found} == {FONTS}
    assert {Path(file).stem.partition("-")[0] for file in found} == {"NotoSans", "NotoNaskhArabic"}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_letter_is_drawn_from_those_fonts(language):
    chart = replace(change_chart(), level_title=label("مستوى Level"))

    glyphs = re.findall(r'<path id="([A-Za-z]+)-[A-Za-z]+-', svg_of(chart, language))

    assert set(glyphs) == {"NotoSans", "NotoNaskhArabic"}


def test_no_date_and_no_program_is_written_into_a_chart():
    told = svg_of(change_chart())

    assert "dc:date" not in told
    assert "dc:creator" not in told
    assert "Matplotlib" not in told


# What may not be shown is not there


@pytest.mark.parametrize("hidden", [0, 1, 2])
def test_a_level_that_may_not_be_shown_has_no_mark(hidden):
    full = change_chart(places=1)
    (panel,) = full.panels
    shown = list(panel.levels[0])
    shown[hidden] = None
    part = replace(full, panels=(replace(panel, levels=(tuple(shown),)),))

    assert marks_of(svg_of(full)) - marks_of(svg_of(part)) == 1


def test_a_change_that_may_not_be_shown_has_no_mark():
    full, part = change_chart(places=1), change_chart(places=1, change=lambda: None)

    assert marks_of(svg_of(full)) - marks_of(svg_of(part)) == 1


def test_a_chart_with_nothing_to_show_has_no_marks():
    empty = change_chart(level=lambda: None, change=lambda: None)

    assert marks_of(svg_of(change_chart())) > 0
    assert marks_of(svg_of(empty)) == 0
    assert marks_of(svg_of(profile_chart(made=lambda: None))) == 0


def test_shares_that_may_not_be_shown_are_not_drawn():
    shown, hidden = answer_chart(bars=1), answer_chart(bars=1, shares=())

    assert words_of(svg_of(shown)).count("20") == 5
    assert "20" not in words_of(svg_of(hidden))
    assert "1,200" in words_of(svg_of(hidden))


def test_a_change_that_is_not_clear_is_drawn_hollow():
    clear = svg_of(change_chart(places=1))
    open_ = svg_of(change_chart(places=1, change=lambda: point(filled=False)))

    hollow = f"fill: #ffffff; stroke: {BLUE}"
    assert (hollow in clear, hollow in open_) == (False, True)


# Words


@pytest.fixture(scope="module")
def hostile_charts():
    """Return the words of a chart of each kind in which every word is a hostile text."""
    texts = tuple(label(text) for text in HOSTILE)
    size = len(texts)
    change = replace(change_chart(places=size, waves=1), places=texts)
    profile = replace(profile_chart(places=1, measures=size), measures=texts)
    bars = tuple(AnswerBar(text, (0.4, 0.6), Number(100, "count")) for text in texts)
    charts = {
        "change": [change],
        "profile": [profile],
        "items": [replace(answer_chart(answers=2), bars=bars)],
        "answers": [
            replace(answer_chart(answers=3), answers=texts[at : at + 3]) for at in range(0, size, 3)
        ],
    }
    return {
        kind: [words for chart in drawn for words in words_of(svg_of(chart))]
        for kind, drawn in charts.items()
    }


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", ["change", "profile", "items", "answers"])
def test_a_hostile_text_is_drawn_as_text(hostile_charts, kind, text):
    as_comment = text.replace("--", "- -")

    assert as_comment in hostile_charts[kind]


def test_the_stamp_stands_in_the_picture_itself():
    assert "Simulated data" in words_of(svg_of(change_chart(), stamp="Simulated data"))
    assert "Simulated data" not in words_of(svg_of(change_chart()))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_chart_of_a_simulated_study_is_stamped(written, language):
    stamp = {"en": "Simulated data", "ar": "بيانات محاكاة"}[language]

    charts = charts_of(parsed(written[language].html))

    assert len(charts) == 10
    assert all(stamp in words_of(svg) for svg in charts)


def test_numbers_on_axes_have_a_true_minus_and_a_sign():
    words = words_of(svg_of(change_chart(change=lambda: point(-5.0, 10.0))))

    assert "−10" in words
    assert "+10" in words
    assert "0" in words
    assert not [word for word in words if word.startswith("-")]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_letters_of_every_language_of_definitions_are_in_the_fonts(language):
    names = ("доверба ѓ ќ љ Ѝ", "besim ç ë Ë", "où œuvre î ÿ É", "ثقة الناس", "uaminifu ng'ombe")
    chart = replace(profile_chart(places=1, measures=5), measures=tuple(map(label, names)))

    assert set(names) <= set(words_of(svg_of(chart, language)))


LONG = "People of this town trust those who came from other places"


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("kind", ["change", "profile", "answers", "key"])
def test_long_words_stand_within_the_picture(kind, language):
    long = label(LONG)
    bars = (AnswerBar(long, (0.2,) * 5, Number(100, "count")),)
    chart = {
        "change": replace(change_chart(), places=(long, label("Place"))),
        "profile": replace(profile_chart(places=4), measures=(long,) * 3),
        "answers": replace(answer_chart(), bars=bars),
        "key": replace(
            answer_chart(), answers=(label("I neither agree nor disagree with this opinion"),) * 5
        ),
    }[kind]

    svg = svg_of(chart, language)

    width = float(re.search(r'viewBox="0 0 ([\d.]+)', svg)[1])
    starts = [at for _, at in _places_of(svg)]
    assert len(starts) > 5
    assert min(starts) >= 0
    assert max(starts) <= width


def test_a_letter_that_no_font_has_does_not_stop_a_chart():
    told = svg_of(replace(profile_chart(measures=1), measures=(label("Towns 😀"),)))

    assert "Towns 😀" in words_of(told)


def test_arabic_panels_stand_from_right_to_left_and_numbers_run_as_in_english():
    chart = replace(change_chart(places=1), level_title=label("مستوى"), change_title=label("تغير"))

    places = {language: dict(_places_of(svg_of(chart, language))) for language in ("en", "ar")}

    assert places["en"]["مستوى"] < places["en"]["تغير"]
    assert places["ar"]["مستوى"] > places["ar"]["تغير"]
    for found in places.values():
        assert found["Wave 0"] < found["Wave 1"] < found["Wave 2"]
        assert found["+20"] < found["+40"]


def _places_of(svg):
    """Return each text of a chart and how far from the left it stands."""
    found = re.findall(r"<!--(.*?)-->\s*<g [^>]*transform=\"translate\(([-\d.]+)", svg)
    return [(words.strip(), float(at)) for words, at in found]
