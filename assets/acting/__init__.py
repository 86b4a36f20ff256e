"""Acting: from what is published to what is proposed, asked, approved and delivered, and the jobs that run it.

What is decided is governance's, what is sent channels'; here rows are fetched, handed over and written to the ledger. The one thing to
know: nothing in this folder opens the work file, so acting by day never stands in a night's way.
"""

from __future__ import annotations
