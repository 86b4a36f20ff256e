"""The policy: handoff.yaml as typed models, and the same as small tables for SQL.

What an MSP means by won, signed, kicked off or scope change is decided here and nowhere else. Nothing here reads HaloPSA or the warehouse.
"""

from handoff_pipeline.policy.load import load_policy, parse_policy, read_text
from handoff_pipeline.policy.models import Policy

__all__ = ["Policy", "load_policy", "parse_policy", "read_text"]
