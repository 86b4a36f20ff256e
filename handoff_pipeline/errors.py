"""The product's errors: a small tree in which every message names what was wrong and `fix` says what to do.

Errors of one room (HaloPSA, the warehouse) that need more than these live in that room and derive from `HandoffError`.
A message never carries a secret, a token or a customer's free text.
"""

from __future__ import annotations


class HandoffError(Exception):
    """Anything that the product refuses or cannot do. `fix` is the next step for the person who reads it."""

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        """The message and, where there is one, the fix."""
        return f"{self.message} Fix: {self.fix}" if self.fix else self.message


class SettingsError(HandoffError):
    """A setting is missing or cannot be used."""


class PolicyError(HandoffError):
    """handoff.yaml says something that cannot be right: names the key, the value and the fix."""


class WarehouseError(HandoffError):
    """The warehouse file, its inbox or its ledger is not in the state that the pipeline needs."""


class LeaseHeld(WarehouseError):
    """Another run holds the warehouse file."""


class PublishError(WarehouseError):
    """What was built cannot be published; what was published before stays untouched."""
