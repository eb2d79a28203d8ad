"""Every example in a docstring runs and prints what it says."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import resilience

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(resilience.__path__, "resilience.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run_as_written(name):
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

    outcome = doctest.testmod(import_module(name), optionflags=flags)

    assert outcome.failed == 0


def test_every_public_verb_and_noun_has_an_example():
    without = [
        name
        for name in resilience.__all__
        if ">>>" not in (getattr(resilience, name).__doc__ or "")
    ]

    assert without == []
