"""The rooms of the simulation: a population, who is drawn from it, how they are interviewed."""
