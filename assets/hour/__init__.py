"""The hour's look: what changed at HaloPSA since the night, judged on a copy of the work file, so that a gap mended by day counts by day.

What follows from it is `acting`'s. The one thing to know: nothing is published by an hour and nothing of it is in the next night's way.
"""

from __future__ import annotations
