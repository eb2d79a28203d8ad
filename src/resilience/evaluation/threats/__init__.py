"""What may stand between a difference and the programme's impact."""
