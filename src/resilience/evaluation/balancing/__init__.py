"""Comparison groups made like the treated: weights that balance, and doubly robust differences."""
