"""Balance, attrition, power and sensitive questions, as a report's plan asks for them."""
