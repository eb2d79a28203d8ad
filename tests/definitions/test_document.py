from __future__ import annotations

import pytest

from resilience.definitions.document import read_document
from resilience.errors import DefinitionError
from tests.editing import lacking

ANCHOR = "a: &x 1\nb: *x\n"
LAUGHS = "a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n"

REFUSED = {
    "anchor": (ANCHOR, 1, "an anchor or alias"),
    "alias of aliases": (LAUGHS, 1, "an anchor or alias"),
    "alias of nothing": ("a: 1\nb: *x\n", 2, "an anchor or alias"),
    "merge key": ("a: 1\nb:\n  <<: *x\n", 3, "an anchor or alias"),
    "tag": ("a: 1\nb: !!str 1\n", 2, "the tag"),
    "tag of a language": ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "the tag"),
    "tag of one's own": ("a: !here\n  b: 1\n", 1, "the tag"),
    "key twice": ("a: 1\nb: 2\na: 3\n", 3, "the key 'a' twice"),
    "key twice below": ("a:\n  b: 1\n  b: 2\n", 3, "the key 'b' twice"),
    "number and text as key": ("1: a\n'1': b\n", 2, "the key '1' twice"),
    "list as key": ("a: 1\n? [b]\n: 2\n", 2, "the key ['b']"),
    "nothing as key": ("a: 1\nnull: 2\n", 2, "the key None"),
    "decimal as key": ("a: 1\n1.5: 2\n", 2, "the key 1.5"),
    "truth value as key": ("a: 1\ntrue: 2\n", 2, "the key True"),
    "two documents": ("a: 1\n---\nb: 2\n", 2, "a second document"),
    "deep mappings": ("".join(f"{' ' * i}a:\n" for i in range(30)), 21, "very deep nesting"),
    "deep lists": ("a: " + "[" * 50_000, 1, "very deep nesting"),
}

NO_YAML = {
    "tab": ("a:\n\tb: 1\n", 2),
    "open bracket": ("a: 1\nb: [1, 2\n", 3),
    "open quote": ('a: 1\nb: "x\n', 3),
    "two colons": ("a: 1\nb: c: d\n", 2),
    "indentation": ("a: 1\n b: 2\n", 2),
    "at sign": ("a: 1\nb: @x\n", 2),
}

WRONG_FILES = {
    "empty": b"",
    "comments only": b"# nothing here\n",
    "list": b"- a\n- b\n",
    "text": b"only text\n",
    "control characters": b"a: \x07\n",
    "Latin-1": "a: é\n".encode("latin-1"),
    "UTF-16": "a: 1\n".encode("utf-16"),
    "zero bytes": b"a: \x00\n",
    "too large": b"a: 1\n" + b"# filling\n" * 100_001,
}


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "definition.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-3", -3),
        ("+5", 5),
        ("0", 0),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        ("007", "007"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1:30", "1:30"),
        ("12345678901234567890", "12345678901234567890"),
        ("2025-02-03", "2025-02-03"),
        ("true", True),
        ("false", False),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("True", "True"),
        ("null", None),
        ("~", None),
        ("", None),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ('"1"', "1"),
        ("'true'", "true"),
        ('""', ""),
        ("مدينة", "مدينة"),
        ("[1, a, [true]]", [1, "a", [True]]),
        ("{1: a, b: 2}", {1: "a", "b": 2}),
    ],
)
def test_values_are_those_of_the_core_schema(write, text, value):
    data = read_document(write(f"key: {text}\n")).data

    assert data == {"key": value}
    assert type(data["key"]) is type(value)


def test_folded_and_literal_text_is_text(write):
    document = read_document(write("a: >-\n  one\n  two\nb: |\n  1\n"))

    assert document.data == {"a": "one two", "b": "1\n"}


def test_a_byte_order_mark_is_passed_over(write):
    assert read_document(write(b"\xef\xbb\xbfa: 1\n")).data == {"a": 1}


def test_every_key_and_entry_knows_its_line(write):
    document = read_document(write("# head\na: 1\nb:\n  - x\n  - c: 2\n    d: 3\n5: z\n"))

    assert document.lines == {
        (): 2,
        ("a",): 2,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 1): 5,
        ("b", 1, "c"): 5,
        ("b", 1, "d"): 6,
        (5,): 7,
    }


@pytest.mark.parametrize(
    ("place", "line"),
    [((), 1), (("b",), 2), (("b", "c"), 3), (("b", "c", "unknown", 7), 3), (("unknown",), 1)],
)
def test_a_place_is_told_by_its_deepest_known_part(write, place, line):
    path = write("a: 1\nb:\n  c: 2\n")

    assert read_document(path).where(place) == f"{path}:{line}"


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_clever_is_refused_where_it_stands(write, case):
    text, line, found = REFUSED[case]
    path = write(text)

    with pytest.raises(DefinitionError) as caught:
        read_document(path)

    (issue,) = caught.value.issues
    twice = found.endswith("twice")
    assert issue.what == ("a key is written twice" if twice else "definitions are plain data")
    assert issue.where == f"{path}:{line}"
    assert found in issue.found
    assert issue.expected
    assert issue.remedy


@pytest.mark.parametrize("case", NO_YAML)
def test_what_is_no_yaml_is_refused_where_the_reader_stumbled(write, case):
    text, line = NO_YAML[case]
    path = write(text)

    with pytest.raises(DefinitionError) as caught:
        read_document(path)

    (issue,) = caught.value.issues
    assert issue.what == "the file is not valid YAML"
    assert issue.where == f"{path}:{line}"
    assert all((issue.found, issue.expected, issue.remedy))


@pytest.mark.parametrize("escape", ["\\U00110000", "\\ud800"])
def test_escapes_that_are_no_character_are_refused(write, escape):
    path = write(f'a: 1\nb: "{escape}"\n')

    with pytest.raises(DefinitionError) as caught:
        read_document(path)

    assert caught.value.issues[0].where == f"{path}:2"


@pytest.mark.parametrize("case", WRONG_FILES)
def test_what_is_no_definition_is_refused(write, case):
    path = write(WRONG_FILES[case])

    with pytest.raises(DefinitionError) as caught:
        read_document(path)

    (issue,) = caught.value.issues
    assert issue.where.startswith(str(path))


def test_every_such_file_is_told_with_found_expected_and_remedy(write):
    findings = []

    for content in WRONG_FILES.values():
        with pytest.raises(DefinitionError) as caught:
            read_document(write(content))
        findings += caught.value.issues

    assert lacking(findings) == []


@pytest.mark.parametrize("name", ["none.yaml", "."])
def test_a_file_that_is_not_there_is_told(tmp_path, name):
    with pytest.raises(DefinitionError) as caught:
        read_document(tmp_path / name)

    (issue,) = caught.value.issues
    assert issue.what == "the definition file is not there"
    assert all((issue.where, issue.found, issue.expected, issue.remedy))
