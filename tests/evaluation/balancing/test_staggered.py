"""Staggered adoption: without the extra, with unsound wishes, with cohorts that are none."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.errors import EvaluationError
from resilience.evaluation.balancing import staggered_extra
from resilience.evaluation.balancing.staggered_extra import PINNED


def towns() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    start = np.repeat(["never", "w2", "w3"], [20, 10, 10])
    frame = pd.DataFrame(
        [
            {"wave": wave, "town": town, "start": start[town], "y": rng.normal(50, 5)}
            for wave in ("w1", "w2", "w3")
            for town in range(40)
        ]
    )
    order = pd.CategoricalDtype(["w1", "w2", "w3"], ordered=True)
    return frame.assign(wave=frame["wave"].astype(order))


def designed(frame: pd.DataFrame, **roles) -> rs.SurveyDesign:
    return rs.SurveyDesign(frame, wave="wave", waves="panel", respondent_id="town", **roles)


ASKED = {"first_treated": "start", "never": "never", "unit": "town"}


@pytest.fixture
def installed(monkeypatch):
    """Pretend that the extra is there; what is refused is refused before it is used."""
    monkeypatch.setattr(staggered_extra.metadata, "version", lambda _: PINNED)


@pytest.fixture
def extra():
    try:
        found = metadata.version("diff-diff")
    except metadata.PackageNotFoundError:
        found = "none"
    if found != PINNED:
        pytest.skip(f"needs the extra 'did': diff-diff {PINNED}, found {found}")


@pytest.mark.parametrize("found", [None, "3.12.0"])
def test_without_the_pinned_extra_it_tells_the_command(monkeypatch, found):
    def version(name: str) -> str:
        if found is None:
            raise metadata.PackageNotFoundError(name)
        return found

    monkeypatch.setattr(staggered_extra.metadata, "version", version)

    with pytest.raises(EvaluationError) as error:
        rs.estimate_staggered(designed(towns()), "y", **ASKED)

    (issue,) = error.value.issues
    assert issue.remedy == "python -m pip install 'resilience-surveys[did]'"
    assert PINNED in issue.expected


def test_the_extra_is_pinned_to_the_version_that_was_checked():
    import tomllib

    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]

    assert extras["did"] == [f"diff-diff=={PINNED}"]


def test_relative_magnitudes_are_refused_with_the_reason():
    with pytest.raises(EvaluationError, match="too narrow"):
        rs.estimate_staggered(designed(towns()), "y", **ASKED, violations="relative_magnitude")


@pytest.mark.parametrize(
    ("change", "call", "words"),
    [
        ({"start": "w2"}, {}, "nobody with 'never'"),
        ({"start": None}, {}, "missing"),
        ({}, {"never": "no"}, "does not tell when"),
        ({}, {"first_treated": "begin"}, "no column 'begin'"),
        ({}, {"unit": "village"}, "no column 'village'"),
    ],
)
@pytest.mark.usefixtures("installed")
def test_what_it_refuses(change, call, words):
    frame = towns().assign(**change)

    with pytest.raises(EvaluationError, match=words):
        rs.estimate_staggered(designed(frame), "y", **{**ASKED, **call})


@pytest.mark.usefixtures("installed")
def test_units_recur_and_cohorts_begin_after_the_first_wave():
    frame = towns()
    early = frame.assign(start=frame["start"].replace("w2", "w1"))

    with pytest.raises(EvaluationError, match="treated in the first wave, w1"):
        rs.estimate_staggered(designed(early), "y", **ASKED)
    with pytest.raises(EvaluationError, match="missing in a wave: 1"):
        rs.estimate_staggered(designed(frame.drop(index=5)), "y", **ASKED)


@pytest.mark.usefixtures("installed")
def test_designs_that_it_cannot_take_in():
    design = rs.as_replicates(designed(towns()), kind="bootstrap", n_replicates=20, seed=1)

    with pytest.raises(EvaluationError, match="replicates"):
        rs.estimate_staggered(design, "y", **ASKED)


@pytest.mark.usefixtures("extra")
def test_effects_come_in_columns_of_ours():
    effects = rs.estimate_staggered(
        designed(towns()), "y", **ASKED, cluster="town", bends=[0.0, 2.0]
    )

    frame = effects.to_frame(level=0.9)
    cells = frame[frame["measure"] == "group_time"]
    honest = frame[frame["measure"] == "honest"]
    assert list(zip(cells["cohort"], cells["wave"], cells["event_time"], strict=True)) == [
        ("w2", "w2", 0),
        ("w2", "w3", 1),
        ("w3", "w2", -1),
        ("w3", "w3", 0),
    ]
    assert (honest["conf_low"].diff().dropna() < 0).all()
    assert (cells["df"] == 39).all()
    wider = effects.to_frame(level=0.99)
    assert (wider["conf_low"][cells.index] < cells["conf_low"]).all()
    assert PINNED in repr(effects)
    assert "<table" in effects._repr_html_()


@pytest.mark.usefixtures("extra")
def test_repeated_cross_sections_say_what_they_assume():
    frame = towns().drop(columns="town")
    design = rs.SurveyDesign(frame, wave="wave", waves="independent")

    effects = rs.estimate_staggered(design, "y", first_treated="start", never="never")

    assert any("stationary" in note for note in effects.notes)
