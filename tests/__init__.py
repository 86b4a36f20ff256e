"""Tests mirror the rooms; every folder is a package so that none shadows a room of the same name."""
