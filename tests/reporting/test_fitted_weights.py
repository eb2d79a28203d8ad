"""Where weights were made to fit margins, the annex names the source and what it did."""

from __future__ import annotations

from dataclasses import replace

import pytest

import resilience as rs
from resilience.evaluation.weighting import weighting_facts
from resilience.reporting.document import Bullets
from resilience.reporting.localising import Localiser
from resilience.reporting.names import Names
from resilience.reporting.sections.method import method_blocks


@pytest.fixture(scope="module")
def raked(design):
    shares = {"female": 0.55, "male": 0.45}
    return rs.rake(design, rs.Margin(variable="sex", shares=shares, source="Census 2022, table 3"))


def statements(results, language: str) -> list[str]:
    localiser = Localiser(language)
    (bullets,) = [
        part
        for part in method_blocks(results, Names(results.study, results.responses.measures))
        if isinstance(part, Bullets)
    ]
    return [localiser.say(statement) for statement in bullets.items]


def test_facts_are_those_of_the_diagnostics(design, raked):
    facts = weighting_facts(raked)

    table = rs.weight_diagnostics(raked, by="wave").set_index(["wave", "step"])["kish_effect"]
    assert weighting_facts(design) is None
    assert [source["en"] for source in facts.sources] == ["Census 2022, table 3"]
    for wave, fitted in facts.waves.items():
        assert fitted.effect_before == pytest.approx(table[(wave, 0)])
        assert fitted.effect_after == pytest.approx(table[(wave, 1)])


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_annex_names_source_effect_and_passes(results, raked, language):
    fitted = replace(results, sample=replace(results.sample, weighting=weighting_facts(raked)))

    said = [text for text in statements(fitted, language) if "Census 2022" in text]

    assert len(said) == 3  # one for each wave
    assert not [text for text in statements(results, language) if "Census 2022" in text]
