"""A first draft of definitions from data files."""
