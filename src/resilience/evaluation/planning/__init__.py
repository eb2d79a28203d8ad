"""What a survey can show: power before fieldwork, detectable effects and equivalence after."""
