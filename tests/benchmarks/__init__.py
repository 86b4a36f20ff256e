"""Measurements beside a peer in the same run: pull and landing, requests, memory, and eight probes of a misbehaving server.

A test here never asserts a time; it reports ratios. What must hold is asserted in the rooms' own tests and in the probes.
"""
