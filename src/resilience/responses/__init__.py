"""What people answered: reading, validation, harmonisation, stacking, simulation."""
