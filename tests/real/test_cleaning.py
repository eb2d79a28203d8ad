"""The cleaned twin of a real Kobo export is its raw data with the log applied."""

from __future__ import annotations

import pytest

import resilience as rs
from resilience.errors import ValidationError
from resilience.responses.coding import plain_labels
from tests.running import parse_here

pytestmark = pytest.mark.real

NAMES = {"respondent_id": "X_uuid", "question": "questions"}
# Made after cleaning from columns that are not published; neither form nor log has them.
DERIVED = ["socio_eco_division", "water_sector"]


@pytest.fixture(autouse=True)
def _parsed_here(monkeypatch):
    parse_here(monkeypatch)


@pytest.fixture
def kobo(real_data):
    parts = ("raw_data", "cleaning_log", "clean_data")
    return [rs.read_survey(real_data / "kobo" / f"cleaningtools_{part}.csv") for part in parts]


def plain(frame):
    """Return answers as text; one file writes truths as True, the other as 1."""
    texts = frame.set_index("X_uuid").sort_index().apply(plain_labels)
    return texts.replace({"True": "1", "False": "0"}).fillna("")


def test_the_log_makes_the_clean_data_from_the_raw_ones(kobo):
    raw, log, clean = kobo

    cleaned = rs.apply_cleaning_log(raw, log, **NAMES, unstated_old_values="apply")

    ours, theirs = plain(cleaned.frame), plain(clean.frame)
    assert len(ours) == 578
    assert [name for name in theirs if name not in ours] == DERIVED
    assert ours.index.equals(theirs.index)
    differences = (ours != theirs[ours.columns]).sum()
    assert differences[differences > 0].to_dict() == {}
    assert cleaned.notes[-1].startswith("49 answers changed and 54 interviews removed")


def test_changes_that_do_not_say_what_they_change_are_refused(kobo):
    raw, log, _ = kobo

    with pytest.raises(ValidationError) as caught:
        rs.apply_cleaning_log(raw, log, **NAMES)

    (issue,) = caught.value.issues
    assert issue.found.startswith("38 rows (data rows 689,")
