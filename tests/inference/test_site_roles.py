"""Programme places against comparison places, without a column of one's own."""

from __future__ import annotations

import pandas as pd
import pytest

import resilience as rs
from resilience.inference.designs.study_roles import with_site_roles


@pytest.fixture(scope="module")
def study():
    return rs.load_study("surveys/lebanon/study.yaml")


def test_places_are_told_by_their_part_in_the_programme(study):
    design = rs.SurveyDesign.from_responses(rs.score(rs.load_responses(study)))
    sites = {site.id for site in study.sites if site.role == "programme"}

    found = rs.estimate_mean(design, "cohesion", by="site_role", where={"wave": "endline"})
    pooled = rs.estimate_mean(design, "cohesion", where={"site": sorted(sites), "wave": "endline"})

    assert found.rows["site_role"].tolist() == ["programme", "comparison"]
    assert found.values[0] == pytest.approx(pooled.values[0])
    assert found.std_error[0] == pytest.approx(pooled.std_error[0])
    assert found.to_frame(labels="fr")["site_role"][0] == "Lieux du programme"


def test_a_place_without_a_part_is_in_no_group(study):
    first, *others = study.sites
    without = study.model_copy(
        update={"sites": (first.model_copy(update={"role": "none"}), *others)}
    )
    frame = pd.DataFrame({"site": [site.id for site in study.sites]})

    roles = with_site_roles(frame, without)["site_role"]

    assert roles.isna().tolist() == [True, False, False, False]


def test_a_study_without_a_programme_keeps_its_frame(study):
    none = tuple(site.model_copy(update={"role": "none"}) for site in study.sites)
    frame = pd.DataFrame({"site": [site.id for site in study.sites]})

    assert with_site_roles(frame, study.model_copy(update={"sites": none})) is frame
