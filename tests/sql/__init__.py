"""Tests of one room; see the file names."""
