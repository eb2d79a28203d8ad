"""The result: estimates, their joint covariance, intervals, and how they print."""
