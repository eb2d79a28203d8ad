"""Counts from elsewhere beside the waves."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

import resilience as rs
from resilience.definitions.assignment import Event, MonthCount
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def study():
    """Return a study whose waves are the second months of 2025 and 2026, roughly."""
    plain = rs.load_study(ROOT / "surveys" / "lebanon")
    starts = [wave.fieldwork.start for wave in plain.waves]
    first, last = starts[0], starts[1]
    months = 12 * (last.year - first.year) + last.month - first.month

    def named(number: int) -> str:
        year, month = divmod(12 * first.year + first.month - 1 + number, 12)
        return f"{year}-{month + 1:02}"

    counts = [
        *(MonthCount(month=named(n), count=2, site="port_city") for n in range(-months, 0)),
        *(MonthCount(month=named(n), count=5, site="port_city") for n in range(months)),
        *(MonthCount(month=named(n), count=1) for n in range(months)),
    ]
    incidents = Event(
        id="incidents",
        title={"en": "Incidents reported"},
        kind="incident",
        start=first - dt.timedelta(days=31 * months),
        series=tuple(counts),
    )
    return plain.model_copy(update={"events": (*plain.events, incidents)}), months


def test_counts_between_waves_stand_beside_as_many_months_before(study):
    changed, months = study
    series = rs.contribution_of(changed).series

    here = series[(series["site"] == "port_city") & (series["reference"] == "baseline")].iloc[0]
    assert here["months"] == months
    assert here["before"] == 2 * months
    assert here["between"] == 5 * months


def test_months_that_are_not_listed_are_not_known(study):
    changed, months = study
    series = rs.contribution_of(changed).series

    everywhere = series[(series["site"] == "") & (series["reference"] == "baseline")].iloc[0]
    assert np.isnan(everywhere["before"])
    assert everywhere["between"] == months
    later = series[series["reference"] == "midline"]
    assert later["between"].isna().all()


def test_a_series_is_context_and_no_rival(study):
    changed, _ = study
    story = rs.contribution_of(changed)

    assert "incidents" in set(story.timeline["id"])
    assert "incidents" not in set(story.rivals["event"])


def test_an_evaluation_holds_the_series(study):
    changed, _ = study
    plan = rs.load_analysis_plan(ROOT / "surveys" / "lebanon")

    found = rs.evaluate(plan.model_copy(update={"loaded_study": changed}))

    assert "series" in found.frames()
    assert "series" not in rs.evaluate(plan).frames()
