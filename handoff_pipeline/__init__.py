"""Handoff Pipeline: from HaloPSA's won opportunities to scored handoffs and KPI tables, every night."""

__version__ = "0.1.0"
