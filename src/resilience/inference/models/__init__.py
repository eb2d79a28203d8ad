"""Regressions, ordinal models and tests of tables that know the design."""
