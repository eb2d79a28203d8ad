"""A draft from every real file loads without edits, and proposes the missing codes there are."""

from __future__ import annotations

import pytest

import resilience as rs
from resilience.definitions.document import read_document
from resilience.errors import ResilienceError
from resilience.responses.formats.parsed import is_extended
from tests.running import parse_here

pytestmark = pytest.mark.real

FILES = (
    "labelled/*.sav",
    "labelled/*.zsav",
    "labelled/*.por",
    "labelled/*.dta",
    "afrobarometer/*.sav",
    "arab_barometer/*.csv",
    "evaluation/*.csv",
    "extracts/*/*.csv",
    "kobo/*.csv",
    "xlsform/*.xlsx",
)
LOWEST_SHARE = 0.95
# The codes for missing answers that Afrobarometer's code books list, with the words by which
# its files label them: the same code is an answer where it is labelled otherwise.
LISTED = {
    -1: ("missing",),
    7: ("not applicable", "no experience"),
    8: ("refused",),
    9: ("don't know", "can't determine"),
    97: ("not applicable",),
    98: ("refused",),
    99: ("don't know",),
    997: ("not applicable", "n/a", "not asked"),
    998: ("refused", "will not say"),
    999: ("don't know",),
}


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


def test_a_draft_from_every_real_file_loads_and_so_do_its_data(real_data, tmp_path):
    failed = {}
    drafted = 0
    for path in sorted(path for pattern in FILES for path in real_data.glob(pattern)):
        folder = tmp_path / path.parent.name / path.name
        try:
            paths = rs.draft_definitions([path], folder, name="drafted")
            rs.load_report_plan(paths[3])
            rs.load_responses(rs.load_study(paths[1]), data=path.parent)
            drafted += 1
        except ResilienceError as error:
            failed[path.name] = str(error)

    assert failed == {}
    assert drafted >= 110


@pytest.mark.filterwarnings("ignore::resilience.errors.ResilienceWarning")
@pytest.mark.parametrize("country", ["kenya", "senegal"])
def test_missing_codes_of_three_rounds_are_proposed(real_data, tmp_path, country):
    files = [real_data / "afrobarometer" / f"afrobarometer_{country}_r{r}.sav" for r in (2, 3, 4)]

    paths = rs.draft_definitions(files, tmp_path, name="drafted")

    study = rs.load_study(paths[1])
    proposed, listed = 0, 0
    for wave, file in zip(study.waves, files, strict=True):
        labels = rs.read_survey(file).value_labels
        drafted = {
            study.column_of(wave.id, name): missing_of(study, name)
            for name in (*study.items_asked(wave.id), *study.variables_by_id)
        }
        for column, told in labels.items():
            codes = {int(code) for code, text in told.items() if is_listed(code, text)}
            listed += len(codes)
            proposed += len(codes & drafted.get(column, set()))
    print(f"{country}: {proposed} of {listed}")
    assert listed == 2422
    assert proposed / listed >= LOWEST_SHARE


def is_listed(code, label):
    """Return whether a code is one of the listed ones, with the label it has as such."""
    if is_extended(code) or isinstance(code, str):
        return False
    return label.strip().casefold().startswith(LISTED.get(int(code), ("\n",)))


def missing_of(study, name):
    if name in study.variables_by_id:
        return {int(code) for code in study.variables_by_id[name].missing}
    return {part.code for part in study.questionnaire.scale_of(name).missing}


@pytest.mark.filterwarnings("ignore::resilience.errors.ResilienceWarning")
def test_what_differs_between_real_rounds_is_told(real_data, tmp_path):
    files = [real_data / "afrobarometer" / f"afrobarometer_kenya_r{r}.sav" for r in (3, 4)]

    paths = rs.draft_definitions(files, tmp_path, name="drafted")

    told = paths[2].read_text("utf-8")
    assert "`Q49G`, renamed and reworded: 'q55h' before" in told  # trust in the police
    assert "`Q71`, recoded: 1 'Completely free and fair'" in told  # a scale turned round
    assert read_document(paths[1]).data["roles"]["weight"] == "withinwt"


def test_the_real_kobo_export_is_drafted_with_its_form(real_data, tmp_path):
    folder = real_data / "kobo"
    form = rs.read_form(
        folder / "cleaningtools_survey.csv", choices=folder / "cleaningtools_choices.csv"
    )

    paths = rs.draft_definitions(
        [folder / "cleaningtools_raw_data.csv"], tmp_path, name="drafted", form=form
    )

    study = rs.load_study(paths[1])
    frame = rs.load_responses(study, data=folder).frame
    raw = rs.read_survey(folder / "cleaningtools_raw_data.csv").frame
    assert len(frame) == 632
    assert study.roles.respondent_id == "X_uuid"
    assert frame["gender_hoh"].eq(1).sum() == raw["gender_hoh"].eq("male").sum()
    piped = "water_sources_piped"
    assert frame[piped].eq(1).sum() == raw["water_sources.piped"].eq("True").sum() > 0
    assert study.questionnaire.scale_of("hh_hosted").answers[1] == {"en": "Yes", "ar": "نعم"}
    left_out = paths[2].read_text("utf-8")
    assert "values that are no choices of the form: `neighbourhood`, `pay_water" in left_out


def test_the_clean_twin_contradicts_itself_where_cleaning_changed_one_column_only(
    real_data, tmp_path
):
    folder = real_data / "kobo"
    form = rs.read_form(
        folder / "cleaningtools_survey.csv", choices=folder / "cleaningtools_choices.csv"
    )
    file = folder / "cleaningtools_clean_data.csv"
    paths = rs.draft_definitions([file], tmp_path, name="drafted", form=form)

    with pytest.raises(ResilienceError) as caught:
        rs.load_responses(rs.load_study(paths[1]), data=folder)

    told = {issue.what.split(" (")[0]: issue.found.split(" (")[0] for issue in caught.value.issues}
    assert told == {
        "columns 'water_sources' and 'water_sources.borehole'": "2 rows",
        "columns 'treat_drink_water_how' and 'treat_drink_water_how.filter'": "1 row",
        "columns 'treat_drink_water_how' and 'treat_drink_water_how.expose_sunlight'": "1 row",
    }
