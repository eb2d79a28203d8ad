"""Makes other weights, or replicates, for a design."""
