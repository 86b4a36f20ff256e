"""The ways out of the product: Teams, HaloPSA's write-back, later SharePoint and the event hooks; and the delivery that drains the outbox.

What is to be said or done is decided in governance and stands in the ledger's outbox. The one thing to know: nothing here decides; it
delivers what is approved, once, and says what it does not know.
"""

from __future__ import annotations
