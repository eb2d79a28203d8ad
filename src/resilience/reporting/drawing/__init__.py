"""Draws chart records: one module a kind of chart, one that knows the library."""
