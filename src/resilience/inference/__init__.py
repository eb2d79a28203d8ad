"""Says what samples mean for their population. Works on any data frame."""
