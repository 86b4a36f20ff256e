"""The ledger's migrations, applied at every open (ledger/engine.py)."""
