"""Many outcomes: families of tests, and summary indices that make one outcome of several."""
