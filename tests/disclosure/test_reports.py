"""A group of six in a report cannot be recovered from the other rows and the total."""

from __future__ import annotations

import re

import numpy as np
import pytest

import resilience as rs
from resilience.disclosure.linear_bounds import audit_tables
from resilience.errors import DefinitionError
from resilience.reporting.localised import localise
from tests.workspaces import example_workspace

FEW = 6


def _study(definition):
    definition["variables"].append(
        {
            "id": "faith",
            "title": "Faith",
            "values": [
                {"code": code, "id": f"faith_{code}", "title": f"Faith {code}"}
                for code in (1, 2, 3, 4)
            ],
        }
    )


def _data(wave, answers):
    answers = answers.assign(faith=[str(1 + at % 3) for at in range(len(answers))])
    answers.loc[answers.index[5 : 5 + FEW], "faith"] = "4"
    return answers


def _report(report):
    def measures():
        return {"measures": ["cohesion", "belonging"]}

    report["blocks"] = [
        {"block": "findings"},
        {"block": "change", **measures(), "by": "faith"},
        {"block": "change", **measures()},
        {"block": "profile", **measures(), "by": "faith", "wave": "endline"},
        {"block": "method"},
    ]
    report["planned"] = []


def _made(folder, **policy):
    def study(definition):
        _study(definition)
        definition["policy"].update(policy)

    plan = example_workspace(folder, study=study, report=_report, data=_data)
    return rs.run_plan(plan)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return _made(tmp_path_factory.mktemp("six") / "workspace")


@pytest.fixture(scope="module")
def primary(tmp_path_factory):
    return _made(tmp_path_factory.mktemp("primary") / "workspace", suppress="primary")


def _recovered(results):
    """Return between which counts the report's own numbers place the six, in each wave."""
    blocks = [part for block, part in results.blocks if block.block == "change"]
    by_faith, everybody = (part.levels for part in blocks)
    bounds = []
    for wave in ("baseline", "endline"):
        shown = {}
        rows = by_faith.estimates.rows
        here = (rows["variable"] == "cohesion") & (rows["wave"].astype(str) == wave)
        for at in np.flatnonzero(here):
            if by_faith.showable[at]:
                shown[str(rows["faith"].iloc[at])] = by_faith.estimates.n[at]
        total = everybody.estimates.n[
            np.flatnonzero(
                (everybody.estimates.rows["variable"] == "cohesion")
                & (everybody.estimates.rows["wave"].astype(str) == wave)
            )[0]
        ]
        names = [f"faith_{code}" for code in (1, 2, 3)]
        hidden = [name for name in names if name not in shown]
        rest = total - sum(shown.values())
        counts = [*(shown.get(name, (rest - FEW) / max(len(hidden), 1)) for name in names), FEW]
        cells = np.vstack([np.eye(4, dtype=bool), np.ones(4, bool)])
        known = np.array([*(name in shown for name in names), False, True])
        found = audit_tables(cells, np.array(counts, float), known, minimum=10)
        six = found.groups[:, 3] & (found.groups.sum(axis=1) == 1)
        bounds.append((found.low[six][0], found.high[six][0]))
    return bounds


def test_the_six_cannot_be_recovered_from_the_other_rows_and_the_total(results):
    for low, high in _recovered(results):
        assert low <= 1
        assert high >= 10


def test_with_primary_suppression_only_they_are(primary):
    assert _recovered(primary) == [(FEW, FEW)] * 2


def _text(results):
    content = localise(rs.build_report(results), "en").content
    return str(content)


def test_no_mark_tells_which_group_is_the_small_one_and_it_is_not_named(results):
    text = _text(results)

    assert "n < 10" not in re.sub(r"\s+", " ", text)
    assert "Faith 4" not in text
    assert "Groups of which nothing may be shown are not listed" in text
    assert "Faith 1" in text


def test_rounding_applies_to_what_is_published(tmp_path):
    results = _made(tmp_path / "workspace", rounding={"n": 5, "percent": 5})
    (part, *_) = (part for block, part in results.blocks if block.block == "change")

    assert set(part.levels.n % 5) == {0.0}
    assert set(part.levels.estimates.n % 5) != {0.0}
    assert "rounded to multiples of" in _text(results)


@pytest.mark.parametrize(
    ("policy", "message"),
    [({"minimum_n": 5}, "looser than the study"), ({"suppress": "primary"}, "policy.suppress")],
)
def test_a_report_may_not_be_looser_than_its_study(tmp_path, policy, message):
    def report(definition):
        definition["policy"] = policy

    plan = example_workspace(tmp_path / "workspace", report=report)
    with pytest.raises(DefinitionError) as refused:
        rs.load_report_plan(plan)
    assert message in str(refused.value)


def test_a_report_may_be_stricter(tmp_path):
    def report(definition):
        definition["policy"] = {"minimum_n": 40, "low_precision_n": 60}

    plan = rs.load_report_plan(example_workspace(tmp_path / "workspace", report=report))

    assert (plan.rules.minimum_n, plan.rules.low_precision_n) == (40, 60)
    assert plan.rules.suppress == "secondary"
