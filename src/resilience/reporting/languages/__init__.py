"""The report's own words, one catalogue a language."""
