"""Drafting a policy: rows of a tenant in, a commented handoff.yaml with its evidence out. Pure; nothing here asks HaloPSA.

The one thing to know: a draft is a proposal. Everything that is not told by HaloPSA itself is marked GUESS with the counts behind it, and
what cannot be guessed is left as a commented block for a person.
"""

from handoff_pipeline.governance.drafting.document import Draft, draft_policy

__all__ = ["Draft", "draft_policy"]
