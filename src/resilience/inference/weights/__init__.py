"""Fits weights to margins: kernels, margins on a sample, and the history of weights."""
