"""Turns answers into indices and indicators."""
