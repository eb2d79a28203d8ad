"""How a sample was drawn: strata, PSUs, stages, waves, replicates."""
