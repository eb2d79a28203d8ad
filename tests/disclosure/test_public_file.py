"""A public file is safe, or refused with the smallest recoding that makes it so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

import resilience as rs
from resilience.cli.app import app
from resilience.definitions.policy import PublicFile
from resilience.errors import DefinitionError, DisclosureError
from resilience.workflow.public_file import public_responses, smallest_recoding
from tests.workspaces import PLACES, example_workspace

KEYS = ("site", "sex", "age_group", "nationality")
MERGES = {
    "age_group": ({"under_50": ("age_18_29", "age_30_49")},),
    "site": ({"coast": ("port_city", "river_city"), "inland": ("hill_city", "plain_city")},),
    "nationality": ({"not_lebanese": ("syrian", "palestinian")},),
}


@pytest.fixture(scope="module")
def responses(lebanon):
    return rs.load_responses(lebanon)


def _with(responses, **public):
    study = responses.study.model_copy(update={"public": PublicFile(**public)})
    return replace(responses, study=study)


def _recoded(responses, recode, **public):
    return _with(responses, recode=recode, **public)


WIDE = {
    "quasi_identifiers": KEYS,
    "merges": MERGES,
    "items": ("bel1", "bel2"),
    "population": 400_000,
}


def test_an_unsafe_file_is_refused_and_the_recoding_it_names_passes(responses, tmp_path):
    asked = _with(responses, **WIDE)
    with pytest.raises(DisclosureError) as refused:
        rs.write_public_file(asked, tmp_path / "public.csv")
    (remedy,) = {issue.remedy for issue in refused.value.issues}
    recode = yaml.safe_load(remedy.split("write '")[1].rstrip("'"))["recode"]

    risk = rs.write_public_file(_recoded(responses, recode, **WIDE), tmp_path / "public.csv")

    assert "k = " in refused.value.issues[0].found
    assert risk.k >= 5
    assert risk.global_risk < 0.03
    assert (tmp_path / "public.csv").exists()


def test_nothing_is_written_when_it_is_refused(responses, tmp_path):
    with pytest.raises(DisclosureError):
        rs.write_public_file(_with(responses, **WIDE), tmp_path / "public.csv")

    assert list(tmp_path.iterdir()) == []


def test_no_smaller_recoding_passes(responses):
    best = smallest_recoding(_with(responses, **WIDE))

    assert "left_out" not in best.values()
    for name, step in best.items():
        finer = {**best, name: step - 1}
        with pytest.raises(DisclosureError):
            public_responses(_recoded(responses, finer, **WIDE))


def test_a_risk_of_3_percent_is_refused_where_k_alone_would_pass(responses):
    third = replace(
        responses,
        frame=responses.frame.iloc[::3].reset_index(drop=True),
        reasons=responses.reasons.iloc[::3].reset_index(drop=True),
    )
    keys = {"quasi_identifiers": ("site", "sex", "age_group"), "items": ()}

    assert public_responses(_with(third, **keys, population=400_000)).frame.shape[0] > 0
    with pytest.raises(DisclosureError, match="chance of being recognised") as refused:
        public_responses(_with(third, **keys, population=100))
    assert "k = " not in str(refused.value)


def test_alike_respondents_who_all_say_the_same_are_refused(responses):
    frame = responses.frame.copy()
    frame.loc[(frame["sex"] == "female") & (frame["site"] == "hill_city"), "bel1"] = 4.0
    changed = replace(responses, frame=frame)
    public = {"quasi_identifiers": ("site", "sex"), "items": ("bel1",), "sensitive": ()}

    public_responses(_with(changed, **public))
    with pytest.raises(DisclosureError, match="all say the same of 'bel1'"):
        public_responses(_with(changed, **{**public, "sensitive": ("bel1",)}))


SAFE = {
    "quasi_identifiers": ("site", "sex"),
    "merges": {"site": MERGES["site"]},
    "recode": {"site": 1},
    "items": ("bel1", "bel2"),
    "sensitive": ("nationality",),
}


def test_the_file_holds_what_is_declared_and_nothing_else(responses, tmp_path):
    rs.write_public_file(_with(responses, **SAFE), tmp_path / "public.csv", seed=1)
    written = pd.read_csv(tmp_path / "public.csv")

    assert set(written) == {
        *("respondent_id", "wave", "weight", "site", "sex", "nationality"),
        *("bel1", "bel2", "bel1_reason", "bel2_reason"),
    }
    assert set(written["site"]) == {"coast", "inland"}
    assert written["respondent_id"].tolist() == list(range(1, len(responses.frame) + 1))


@pytest.mark.parametrize("suffix", [".sav", ".dta", ".xlsx", ".parquet"])
def test_every_format_takes_it(responses, tmp_path, suffix):
    rs.write_public_file(_with(responses, **SAFE), tmp_path / f"public{suffix}", seed=1)

    assert rs.read_survey(tmp_path / f"public{suffix}").frame.shape[0] == len(responses.frame)


def test_rows_are_in_another_order_by_seed_and_by_default_in_nobodys(responses):
    asked = _with(responses, **SAFE)
    one, again, other, unknown = (
        public_responses(asked, seed=seed).frame["bel1"] for seed in (1, 1, 2, None)
    )

    pd.testing.assert_series_equal(one, again)
    assert not one.equals(other)
    assert not one.equals(unknown)
    assert not one.equals(responses.frame["bel1"])


def test_weights_are_shared_and_keep_their_sums(responses):
    frame = public_responses(_with(responses, **SAFE), seed=1).frame
    before = responses.frame.groupby("wave", observed=True)["weight"].sum()
    after = frame.groupby("wave", observed=True)["weight"].sum()
    sizes = frame.groupby(["wave", "weight"], observed=True).size()

    assert after.to_numpy() == pytest.approx(before.to_numpy())
    assert sizes.min() >= 5
    assert len(sizes) <= 30


def test_weighted_means_hardly_change(responses):
    frame = public_responses(_with(responses, **SAFE), seed=1).frame
    means = []
    for table in (responses.frame, frame):
        known = table["bel1"].notna()
        means.append(np.average(table.loc[known, "bel1"], weights=table.loc[known, "weight"]))

    assert means[1] == pytest.approx(means[0], abs=0.02)


def test_numbers_are_written_in_bands_with_open_ends():
    from resilience.disclosure.recoding import _banded

    banded, values = _banded(pd.Series([17.0, 18, 29, 30, 59, 60, 104, np.nan]), (18, 30, 60))

    told = banded.astype("str").where(banded.notna()).tolist()
    assert told[:7] == ["band_1"] * 3 + ["band_2"] * 2 + ["band_3"] * 2
    assert banded.isna().tolist() == [False] * 7 + [True]
    assert [value.title["en"] for value in values] == ["under 30", "30 to under 60", "60 and over"]


def test_the_command_writes_or_refuses(tmp_path):
    def study(definition):
        definition["public"] = {"quasi_identifiers": ["site", "sex"], "items": ["home"]}

    folder = tmp_path / "workspace"
    example_workspace(folder, study=study)
    told = CliRunner().invoke(
        app,
        [
            *("export", str(folder / PLACES["study"]), "--public", "--quiet"),
            *("--output", str(tmp_path / "out.csv"), "--seed", "1"),
        ],
    )

    assert told.exit_code == 0, told.output
    assert "k = " in told.output
    assert (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("public", "message"),
    [
        ({"quasi_identifiers": ["sexx"]}, "did you mean 'sex'"),
        ({"quasi_identifiers": ["sex"], "recode": {"sex": 1}}, "has no step 1"),
        ({"quasi_identifiers": ["sex"], "merges": {"sex": [{"all": ["femal"]}]}}, "femal"),
        ({"quasi_identifiers": ["sex"], "bands": {"sex": [[1, 2]]}}, "is no number"),
        ({"quasi_identifiers": ["sex"], "k": 4}, "'public.k'"),
        ({"quasi_identifiers": ["sex"], "risk": 0.05}, "'public.risk'"),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place(tmp_path, public, message):
    def study(definition):
        definition["public"] = public

    example_workspace(tmp_path / "workspace", study=study)
    with pytest.raises(DefinitionError, match=r"study\.yaml") as refused:
        rs.load_study(tmp_path / "workspace" / PLACES["study"])
    assert message in str(refused.value)


def test_a_study_that_says_nothing_of_a_public_file_has_none(responses, tmp_path):
    with pytest.raises(DisclosureError, match="does not say what a public file may hold"):
        rs.write_public_file(responses, tmp_path / "public.csv")
