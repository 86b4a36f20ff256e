"""The `handoff` command line: one module per command or group. It starts jobs and shows what was published; it decides nothing.

Heavy rooms (Dagster, the simulator, DuckDB) are imported inside a command, so that `--help` answers at once.
"""
