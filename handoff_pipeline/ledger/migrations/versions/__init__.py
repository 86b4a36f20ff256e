"""One module per migration, in order of its number; a released one is never edited."""
