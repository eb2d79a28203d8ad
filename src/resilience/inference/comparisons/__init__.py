"""What is made of estimates: changes, trends, joint tests, imputations, flags."""
