"""Whether the parts of a definition fit each other: what one names, another must have."""
