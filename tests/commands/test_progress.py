"""Progress: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io

from rich.console import Console
from rich.progress import Progress

from handoff_pipeline.commands.progress import Bars, Lines, shown


def test_elsewhere_a_step_is_one_line_at_its_start_and_one_at_its_end(capsys):
    with shown() as report:
        report("opportunity", 0, 120)
        for done in (100, 120, 120):
            report("opportunity", done, 120)
        report("action", 10, None)
        report("action", 30, None)
        report("client", 0, 0)
    assert capsys.readouterr().err.splitlines() == [
        "opportunity ...",
        "opportunity: 120 of 120",
        "action ...",
        "client: nothing to do",
        "action: 30",
    ]


def test_progress_is_never_on_standard_output(capsys):
    with shown() as report:
        report("opportunity", 1, 1)
    assert capsys.readouterr().out == ""


def test_a_name_of_a_step_is_shown_and_not_obeyed():
    written = io.StringIO()
    Lines(Console(file=written, width=100))("[red]x\x1b[31m", 1, 1)
    assert written.getvalue() == "[red]x[31m: 1 of 1\n"


def test_on_a_terminal_each_step_has_one_bar():
    progress = Progress(console=Console(file=io.StringIO(), force_terminal=True), auto_refresh=False)
    bars = Bars(progress)
    bars("opportunity", 0, None)
    bars("opportunity", 50, 120)
    bars("client", 1, 1)
    assert [(task.description, task.completed, task.total) for task in progress.tasks] == [("opportunity", 50, 120), ("client", 1, 1)]
