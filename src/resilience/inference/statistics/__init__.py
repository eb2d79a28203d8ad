"""Estimates statistics of a population from a design."""
