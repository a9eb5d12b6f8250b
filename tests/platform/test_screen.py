"""Tables on terminals of any width and in pipes: nothing that people copy is broken in pieces."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from pipelines.commands import screen

ROWS = [("winter-warmth-81376246ee", "2026-12-02 09:32", 12_345, "Waits until a person decides on messages to them.")]
COLUMNS = ("campaign", "due (UTC)", "people", "reason")


@pytest.mark.parametrize("width", [120, 90, 60, 45])
def test_an_id_a_moment_and_a_number_stay_whole(monkeypatch, width):
    terminal = Console(file=io.StringIO(), force_terminal=True, width=width, no_color=True, soft_wrap=True)
    monkeypatch.setattr(screen, "out", terminal)
    screen.print_table("Waiting", COLUMNS, ROWS)
    said = Text.from_ansi(terminal.file.getvalue()).plain
    for whole in ("winter-warmth-81376246ee", "2026-12-02 09:32", "12,345"):
        assert whole in said
    assert max(len(line) for line in said.splitlines()) <= width


def test_a_row_in_a_pipe_is_one_line(capsys):
    screen.print_table("Waiting", COLUMNS, ROWS)
    [line] = [line for line in capsys.readouterr().out.splitlines() if "winter" in line]
    assert ROWS[0][3] in line


@pytest.mark.parametrize("width", [120, 20])
def test_a_name_steers_no_terminal_and_is_no_mark_up(monkeypatch, width):
    terminal = Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None, soft_wrap=True)
    monkeypatch.setattr(screen, "out", terminal)
    screen.print_table("For [/b] Ltd", ("name",), [("[red]A[/i]",), ("\x1b[2J\x9b1mB\u202e",)])
    said = terminal.file.getvalue()
    assert "[/b]" in said
    assert "[red]A[/i]" in said
    assert not {"\x9b", "\u202e"} & set(said)
    assert "\x1b[2J" not in said
