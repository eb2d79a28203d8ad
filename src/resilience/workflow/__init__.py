"""Runs plans from definitions to results and files."""
