"""Keeps results from exposing respondents."""
