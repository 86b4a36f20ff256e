"""Governance: decisions over rows, as pure functions of frames, policy and clock. Nothing here reads a file or calls anybody."""
