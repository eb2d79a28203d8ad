"""The house keeps its floors, its sizes and its one door to each library."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import resilience

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "resilience"
MODULES = sorted(SOURCE.rglob("*.py"))
LONGEST_MODULE, LONGEST_FUNCTION = 400, 40

# Each file format and each library for output is imported in one place.
HOMES = {
    "pyreadstat": {"responses/formats/readstat.py"},
    "python_calamine": {"responses/formats/spreadsheets.py"},
    "xlsxwriter": {"responses/formats/spreadsheets.py"},
    "pyarrow": {"responses/formats/parquet.py"},
    "matplotlib": {"reporting/drawing/figure.py"},
    "typst": {"reporting/pdf.py"},
    "jinja2": {"reporting/html.py"},
    "babel": {"reporting/localising.py"},
    "yaml": {"definitions/document.py"},
    "csv": {"responses/formats/delimited.py"},
    "rich": {"cli/printing.py"},
    "statsmodels": {"inference/models/fitting.py"},
    "diff_diff": {"evaluation/balancing/staggered_extra.py"},
}
KERNELS = [
    "inference/designs/sample.py",
    "inference/designs/replicate_weights.py",
    "inference/designs/resampling.py",
    "inference/results/factor.py",
    "inference/statistics/totals.py",
    "inference/statistics/linearisation.py",
    "inference/results/intervals.py",
    "inference/results/sorted_shares.py",
    "inference/statistics/domain_rows.py",
    "inference/models/generalised_linear.py",
    "inference/models/cumulative_logit.py",
    "inference/comparisons/table_statistics.py",
    "inference/weights/raking.py",
    "inference/weights/calibration.py",
    "inference/weights/projection.py",
    "evaluation/families/adjustments.py",
    "evaluation/planning/components.py",
    "evaluation/planning/detectable.py",
    "disclosure/linear_bounds.py",
    "disclosure/individual_risk.py",
    "evaluation/threats/regions.py",
    "evaluation/threats/trimming.py",
    "scoring/items.py",
    "responses/simulated/answering.py",
    "evaluation/balancing/entropy.py",
]
KERNEL_LIBRARIES = {
    "numpy",
    "scipy",
    "resilience.errors",
    "resilience.inference.designs.sample",
    "resilience.inference.designs.replicate_weights",
    "resilience.inference.weights.raking",
}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "core", "base", "misc"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}


def named(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def imports_of(path: Path) -> set[str]:
    """Return what a module imports when it runs; the standard library's parts are left out."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def tree_of(path: Path) -> ast.Module:
    """Return a module's code without its imports for types only."""
    tree = ast.parse(path.read_text("utf-8"))
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    return tree


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    start = first.end_lineno if documented else function.lineno
    return (function.end_lineno or 0) - (start or 0)


def test_imports_point_down_and_there_is_no_circle():
    command = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([str(command)], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_is_a_room_of_limited_size(path):
    lines = len(path.read_text("utf-8").splitlines())
    functions = {
        node.name: body_length(node)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert lines <= LONGEST_MODULE
    assert {name: n for name, n in functions.items() if n > LONGEST_FUNCTION} == {}
    assert path.stem not in FORBIDDEN_NAMES


@pytest.mark.parametrize("library", HOMES)
def test_each_library_has_one_door(library):
    users = {
        named(path)
        for path in MODULES
        if any(name.split(".")[0] == library for name in imports_of(path))
    }

    assert users == HOMES[library]


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_need_arrays_only(name):
    outside = {
        module
        for module in imports_of(SOURCE / name)
        if module.split(".")[0] not in sys.stdlib_module_names
    }

    roots = {m if m.startswith("resilience") else m.split(".")[0] for m in outside}
    assert roots <= KERNEL_LIBRARIES


def test_the_room_of_few_clusters_needs_arrays_only():
    room = "resilience.evaluation.few_clusters"
    outside = {
        module if module.startswith("resilience") else module.split(".")[0]
        for path in (SOURCE / "evaluation" / "few_clusters").glob("*.py")
        for module in imports_of(path)
        if module.split(".")[0] not in sys.stdlib_module_names and not module.startswith(room)
    }

    assert outside == {"numpy", "scipy", "resilience.errors", "resilience.progress"}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_nothing_runs_text_as_code(path):
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    assert calls & FORBIDDEN_CALLS == set()
    assert not {"pickle", "marshal", "shelve", "joblib"} & imports_of(path)


def test_templates_escape_everything():
    template = (SOURCE / "reporting" / "templates" / "report.html").read_text("utf-8")

    filters = re.findall(r"\|\s*(\w+)", template)
    assert set(filters) == {"length", "base64"}
    assert "autoescape" not in template


def test_the_face_is_what_it_says():
    typed = {
        alias.name
        for node in ast.parse((SOURCE / "__init__.pyi").read_text("utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert resilience.__all__ == sorted(resilience.__all__)
    assert set(resilience.__all__) == set(resilience._HOMES) == typed
    assert all(hasattr(resilience, name) for name in resilience.__all__)
    with pytest.raises(AttributeError, match="no attribute 'estimate'"):
        _ = resilience.estimate


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, resilience; print(*sorted({m.split('.')[0] for m in sys.modules}))"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    heavy = {"numpy", "pandas", "scipy", "pydantic", "matplotlib", "typst", "yaml", "babel"}
    assert heavy & set(loaded) == set()


def test_only_simulated_data_are_part_of_the_project():
    """Data files of a study are those that a simulation recorded, byte for byte."""
    import json

    from resilience.files import sha256_of

    files = [
        path
        for path in (ROOT / "surveys").rglob("*")
        if path.is_file() and path.suffix not in (".yaml", ".json", ".md")
    ]
    recorded = {
        truth.parent / name: checksum
        for truth in (ROOT / "surveys").glob("*/data/truth.json")
        for name, checksum in json.loads(truth.read_text("utf-8"))["files"].items()
    }

    assert files
    assert {path: sha256_of(path) for path in files} == recorded
