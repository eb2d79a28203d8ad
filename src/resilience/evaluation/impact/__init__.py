"""Did it change, and was it the programme: inferred at the level at which it was assigned."""
