from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import resilience as rs
from resilience.definitions.instrument import MISSING_REASONS, Scale
from resilience.definitions.study import Category
from resilience.responses.coding import (
    ANSWERED,
    AS_DEFINED,
    REASON_CODES,
    Unread,
    decode_answers,
    decode_categories,
    label_signature,
    plain_labels,
)
from resilience.responses.words import category_words

MISSING = {97: "never_heard", 98: "dont_know", 99: "refused"}


@pytest.fixture
def scale():
    return Scale.model_validate(
        {
            "answers": {
                1: {"en": "Not at all", "ar": "أبدا"},
                2: {"en": "Some", "ar": "إلى حد ما"},
                3: {"en": "A lot", "ar": "كثيرا"},
            }
        }
    )


def test_every_reason_has_a_number_and_none_is_that_of_an_answer():
    assert list(REASON_CODES) == list(MISSING_REASONS)
    assert len({ANSWERED, *REASON_CODES.values()}) == len(MISSING_REASONS) + 1


@pytest.mark.parametrize("kind", ["numbers", "text"])
def test_answers_stay_and_others_have_their_reason(scale, kind):
    codes = ["1", "3", "97", "98", "99", "4", None]
    column = pd.Series(codes, dtype="str") if kind == "text" else pd.Series(codes).astype(float)

    decoded = decode_answers(column, scale, MISSING)

    np.testing.assert_array_equal(decoded.values, [1, 3, *[np.nan] * 5])
    assert decoded.reasons.tolist() == [
        *(ANSWERED, ANSWERED),
        REASON_CODES["never_heard"],
        REASON_CODES["dont_know"],
        REASON_CODES["refused"],
        REASON_CODES["out_of_range"],
        REASON_CODES["system"],
    ]
    assert decoded.outside == {4.0: 1}
    assert decoded.unread == Unread()


def test_blank_text_is_missing_without_a_reason_given(scale):
    decoded = decode_answers(pd.Series(["", "  ", " 2 "], dtype="str"), scale, MISSING)

    assert decoded.reasons.tolist() == [REASON_CODES["system"], REASON_CODES["system"], ANSWERED]


def test_words_of_no_answer_are_counted_and_out_of_range(scale):
    decoded = decode_answers(pd.Series(["1", "NA", "nan", "NA"], dtype="str"), scale, MISSING)

    assert decoded.unread.rows == 3
    assert decoded.unread.rows == 3
    assert len(decoded.unread.unknown) == 2
    assert "NA" not in repr(decoded.unread)
    assert decoded.outside == {}
    assert decoded.reasons[1:].tolist() == [REASON_CODES["out_of_range"]] * 3


@pytest.mark.parametrize("code", [0.0, 1.5, -1.0, 100.0, np.inf, 1e300])
def test_codes_outside_the_scale_are_counted(scale, code):
    decoded = decode_answers(pd.Series([1.0, code, code]), scale, MISSING)

    assert decoded.outside == {code: 2}
    assert decoded.reasons.tolist()[1:] == [REASON_CODES["out_of_range"]] * 2


def test_a_column_without_any_answer_is_decoded(scale):
    decoded = decode_answers(pd.Series([np.nan, np.nan]), scale, {})

    assert decoded.reasons.tolist() == [REASON_CODES["system"]] * 2


def test_decoding_leaves_the_column_as_it_was(scale):
    column = pd.Series([1.0, 99.0])

    decode_answers(column, scale, MISSING)

    assert column.tolist() == [1.0, 99.0]


def test_decoded_answers_are_not_shown(scale):
    decoded = decode_answers(pd.Series([1.0, 2.0, 3.0]), scale, MISSING)

    assert "array" not in repr(decoded)


def test_categories_are_found_by_number_or_text():
    codes = {1: "north", "2": "south"}

    numbers = decode_categories(pd.Series([1.0, 2.0, np.nan]), codes).values
    words = decode_categories(pd.Series(["1", " 2 ", ""], dtype="str"), codes).values

    assert list(numbers) == list(words) == ["north", "south", np.nan]
    assert list(numbers.categories) == ["north", "south"]


def test_codes_that_are_no_category_are_counted_unless_they_are_missing():
    found = decode_categories(pd.Series([1.0, 7.0, 7.0, 9.0, np.nan]), {1: "a", 2: "b"}, [9])

    assert found.unknown == 2
    assert found.unread == Unread()


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([12.0, np.nan], ["12", None]),
        ([12.5, -3.0], ["12.5", "-3"]),
        ([123456789012345.0], ["123456789012345"]),
        ([" a ", "", None], ["a", None, None]),
        (["007", "7"], ["007", "7"]),
    ],
)
def test_identifiers_are_plain_text(values, labels):
    found = plain_labels(pd.Series(values))

    assert [None if pd.isna(label) else label for label in found] == labels


def test_long_numbers_that_differ_stay_different():
    ids = pd.Series([1234567890123456.0, 1234567890123457.0])

    assert plain_labels(ids).tolist() == ["1234567890123456", "1234567890123457"]


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {1.0: "Not at all", 2.0: "Some", 3.0: "A lot"},
        {1.0: "NOT AT ALL", 2.0: "some", 3.0: "A Lot"},
        {1.0: "1. Not at all", 2.0: "2) Some", 3.0: "3: A lot"},
        {1.0: "1 = Not at all", 2.0: "2 - Some", 3.0: "3 – A lot"},
        {1.0: " Not  at all. ", 2.0: "Some", 3.0: "A lot."},
        {1.0: "أبدا", 2.0: "إلى حد ما", 3.0: "كثيرا"},
        {1.0: "Not at all", 3.0: "A lot"},
        {1.0: "Not at all", 2.0: "Some", 3.0: "A lot", 98.0: "Don't know", 99.0: "Refused"},
        {99.0: "Refused"},
    ],
)
def test_labels_that_say_what_the_definition_says_are_as_defined(scale, labels):
    assert label_signature(labels, scale) == AS_DEFINED


@pytest.mark.parametrize(
    ("labels", "signature"),
    [
        (
            {1.0: "A lot", 2.0: "Some", 3.0: "Not at all"},
            "1 a lot; 2 some; 3 not at all",
        ),
        ({3.0: "Very much", 1.0: "Not at all"}, "1 not at all; 3 very much"),
        ({1.0: "Not at all", 2.0: "إلى حد ما"}, "1 not at all; 2 إلى حد ما"),
        ({1.0: "Pas du tout"}, "1 pas du tout"),
    ],
)
def test_other_words_are_spelt_out(scale, labels, signature):
    assert label_signature(labels, scale) == signature


def test_numbers_that_are_part_of_an_answer_are_not_numbering():
    scale = Scale.model_validate({"answers": {1: "2 times", 2: "5 times"}})

    assert label_signature({1.0: "2 times", 2.0: "5 times"}, scale) == AS_DEFINED
    assert label_signature({1.0: "3 times", 2.0: "9 times"}, scale) != AS_DEFINED


def test_the_files_of_the_simulated_study_are_labelled_as_defined(lebanon):
    survey = rs.read_survey(lebanon.path.parent / "data" / "baseline.sav", columns=["bel1", "con1"])

    assert {
        label_signature(survey.value_labels[item], lebanon.questionnaire.scale_of(item))
        for item in ("bel1", "con1")
    } == {AS_DEFINED}


# Words in place of codes


@pytest.fixture
def worded():
    """A scale with words in four languages, those for missing answers included."""
    return Scale.model_validate(
        {
            "answers": {
                1: {"en": "Bad", "ar": "سيئ", "mk": "Лошо", "sq": "Keq"},
                2: {"en": "Fair", "ar": "مقبول", "mk": "Просечно", "sq": "Mesatar"},
                3: {"en": "Good", "ar": "جيد", "mk": "Добро", "sq": "Mirë"},
            },
            "missing": [
                {
                    "code": 98,
                    "reason": "dont_know",
                    "label": {"en": "Don't know", "ar": "لا أعرف", "mk": "Не знам"},
                },
                {"code": 99, "reason": "refused", "label": {"en": "Refused", "mk": "Одбива"}},
                {"code": 997, "reason": "refused", "label": {"en": "Refused"}},
            ],
        }
    )


def _decoded(texts, scale, missing=None, **options):
    known = {part.code: part.reason for part in scale.missing} if missing is None else missing
    return decode_answers(pd.Series(texts, dtype="str"), scale, known, **options)


@pytest.mark.parametrize(
    "texts",
    [
        ["Bad", "Fair", "Good", "Don't know"],
        ["BAD", " fair ", "Good.", "DON\u2019T  KNOW"],
        ["1. bad", "2) Fair", "3 - Good", "98: Don't know"],
        ["1.bad", "Fair", "3", "98"],
        ["سيئ", "مقبول", "جيد", "لا أعرف"],
        ["1. سيئ", "2. مقبول", "3. جيد", "98. لا أعرف"],
        ["Лошо", "ПРОСЕЧНО", "добро", "не знам"],
        ["Keq", "mesatar", "MIRE\u0308", "Don't know"],
    ],
)
def test_words_of_any_language_are_answers(worded, texts):
    decoded = _decoded(texts, worded)

    np.testing.assert_array_equal(decoded.values, [1, 2, 3, np.nan])
    assert decoded.reasons.tolist() == [0, 0, 0, REASON_CODES["dont_know"]]
    assert decoded.unread == Unread()
    assert decoded.words == {}


def test_words_for_missing_answers_of_one_reason_may_have_several_codes(worded):
    decoded = _decoded(["Refused", "Одбива"], worded)

    assert decoded.reasons.tolist() == [REASON_CODES["refused"]] * 2


def test_words_for_missing_answers_keep_their_reason_where_a_wave_has_codes_of_its_own(worded):
    decoded = _decoded(
        ["Don't know", "98", "spoilt"], worded, {98: "refused"}, codes={"spoilt": 98}
    )

    words = [list(REASON_CODES)[code - 1] for code in decoded.reasons]
    assert words == ["dont_know", "refused", "refused"]


def test_words_with_the_number_of_other_words_are_not_read(worded):
    decoded = _decoded(["3. bad", "1. bad", "7. bad"], worded)

    assert decoded.values[1] == 1
    assert decoded.unread.contradictory == ("3. bad", "7. bad")
    assert decoded.reasons[0] == REASON_CODES["out_of_range"]


def test_words_that_two_codes_have_are_not_read_without_their_number():
    scale = Scale.model_validate({"answers": {1: "Yes", 2: "No", 3: "yes"}})

    decoded = _decoded(["Yes", "No", "3. Yes"], scale)

    assert decoded.unread.ambiguous == ("Yes",)
    assert decoded.unread.rows == 1
    np.testing.assert_array_equal(decoded.values, [np.nan, 2, 3])


def test_a_wave_declares_names_of_choices_and_other_words(worded):
    codes = {"very_bad": 1, "so so": 2, "Good": 1, "prefers not": 99}

    decoded = _decoded(["very_bad", "So so", "GOOD", "Prefers not", "fair"], worded, codes=codes)

    np.testing.assert_array_equal(decoded.values, [1, 2, 1, np.nan, 2])
    assert decoded.reasons[3] == REASON_CODES["refused"]


def test_a_wave_declares_a_scale_turned_round(worded):
    codes = {1: 3, 3: 1}

    numbers = decode_answers(pd.Series([1.0, 2.0, 3.0]), worded, {}, codes=codes)
    texts = _decoded(["1", "2", "3"], worded, codes={"1": 3, "3": 1})

    np.testing.assert_array_equal(numbers.values, [3, 2, 1])
    np.testing.assert_array_equal(texts.values, [3, 2, 1])


def test_texts_mean_what_the_file_labels_them(worded):
    labels = {"b": "Bad", "g": "3. Good", "x": "Awful"}

    decoded = _decoded(["b", "g", "x"], worded, labels=labels)

    np.testing.assert_array_equal(decoded.values, [1, 3, np.nan])
    assert decoded.unread.unknown == ("x",)


@pytest.mark.parametrize(
    ("texts", "codes", "words"),
    [
        (["very_bad"], {"very_bad": 1}, {}),
        (["So so"], {"so so": 2}, {2.0: "so so"}),
        (
            ["2. So so", "neither nor"],
            {"2. so so": 2, "Neither nor": 2},
            {2.0: "neither nor / so so"},
        ),
        (["So so", "Fair"], {"so so": 2}, {}),
        (["no answer"], {"no answer": 99}, {}),
    ],
)
def test_other_words_for_answers_are_told(worded, texts, codes, words):
    assert _decoded(texts, worded, codes=codes).words == words


def test_categories_are_found_by_their_titles_and_by_declared_names():
    towns = [
        Category.model_validate(
            {"code": 1, "id": "kumanovo", "title": {"en": "Kumanovo", "mk": "Куманово"}}
        ),
        Category.model_validate(
            {"code": 2, "id": "tetovo", "title": {"en": "Tetovo", "mk": "Тетово"}}
        ),
    ]
    words = category_words(towns, {"tet": 2, "abroad": 9})
    column = pd.Series(["куманово", "2. Tetovo", "tet", "1", "abroad", "3. Tetovo", "x"])

    found = decode_categories(column, {1: "kumanovo", 2: "tetovo"}, [9], words=words)

    expected = ["kumanovo", "tetovo", "tetovo", "kumanovo", *[np.nan] * 3]
    assert list(found.values) == expected
    assert found.unknown == 2
    assert found.unread.contradictory == ("3. Tetovo",)
    assert found.unread.unknown == ("x",)
