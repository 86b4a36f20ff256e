"""Checks of the published tables: contracts (pandera), relations between tables, and expectations of the KPIs (Great Expectations).

Pure: frames in, violations out; wrapping them as asset checks is the work of assets.
The one thing to know: a violation names table, column, rule, count and a few keys, and never a value, which might be personal data.
"""

from __future__ import annotations
