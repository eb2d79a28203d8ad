"""The sections of a report: each from one kind of result, none computes a number."""
