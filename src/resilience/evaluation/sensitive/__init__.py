"""Sensitive questions: lists, endorsements, randomised answers, and what refusals may hide."""
