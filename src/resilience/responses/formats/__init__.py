"""One module for each family of file formats; each is the only one to import its library."""
