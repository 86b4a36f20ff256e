"""The same tenant told in another way: what may move in the published tables, and that nothing else does."""
