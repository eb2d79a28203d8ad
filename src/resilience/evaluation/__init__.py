"""Says what changed: verdicts from intervals, families of tests, targets."""
