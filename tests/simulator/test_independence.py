"""The simulator must be wrong independently of the product: it imports nothing of it."""

from __future__ import annotations

import ast
from pathlib import Path

import handoff_pipeline.simulator as package

OWN = "handoff_pipeline.simulator"


def test_the_simulator_imports_nothing_of_the_product() -> None:
    for module in Path(package.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert all(name.startswith(OWN) for name in names if name.startswith("handoff_pipeline")), module.name
