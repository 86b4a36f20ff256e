"""Whole nights against the simulated HaloPSA, from the first request to the published tables."""
