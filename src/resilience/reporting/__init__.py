"""Tells it: document model, sentences, tables, charts, languages, writers. Computes nothing."""
