"""Lines and tables on narrow terminals: what is a word, a number or a date in a pipe is one there, too."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.terminal.layout import broken, fitted

NUMBER = re.compile(r"\d[\d.,:TZ+-]*")
STYLE = re.compile(r"\x1b\[[\d;]*m")
WIDTHS = (80, 60)


def drawn(*headers: str, rows: Sequence[tuple[str, ...]], width: int, optional: tuple[str, ...] = ()) -> list[str]:
    console = Console(width=width)
    with console.capture() as captured:
        for one in fitted(headers, rows, width, optional=optional)[0]:
            console.print(one)
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_table_that_fits_is_as_it_would_be() -> None:
    """Nothing is widened or narrowed for nothing."""
    assert drawn("a", "name", rows=[("1", "x y"), ("20", "z")], width=80) == [" a  name", " 1  x y", "20  z"]


def test_columns_of_figures_are_right_aligned() -> None:
    """Also with units, signs and gaps; dates, versions and mixed columns are not."""
    lines = drawn(
        "tokens", "change", "age", "day", "mixed",
        rows=[
            ("84,323,736,444", "+1.2 %", "117 days", "2025-11-11", "3.1.2"),
            ("1", "–", "36 h", "2025-11-12", "7"),
        ],
        width=80,
    )  # fmt: skip
    assert lines == [
        "        tokens  change       age  day         mixed",
        "84,323,736,444  +1.2 %  117 days  2025-11-11  3.1.2",
        "             1       –      36 h  2025-11-12  7",
    ]


def test_nothing_is_broken_in_a_pipe() -> None:
    """However wide a row is, it stays one line."""
    assert len(drawn("a", "b", rows=[("x " * 2000, "1"), ("y", "22")], width=sys.maxsize)) == 3


def test_sentences_give_way_to_numbers() -> None:
    """Where there is too little room, words go to the next line, each whole, and figures stay in one piece."""
    lines = drawn("day", "tokens", "why", rows=[("2025-11-11", "84323736444", "most tokens of any day")], width=40)
    assert lines[1:] == ["2025-11-11  84323736444  most tokens of", "                         any day"]


def test_a_figure_keeps_its_unit() -> None:
    """The column is as wide as the longest, and another gives way."""
    lines = drawn("age", "state", rows=[("117 days", "needs a key"), ("36 h", "never fetched")], width=17)
    assert lines == ["     age  state", "117 days  needs a", "          key", "    36 h  never", "          fetched"]


def test_columns_that_can_be_missed_are_left_out() -> None:
    """The first one named goes first, and no more than have to."""
    rows = [("a" * 20, "2025-01-01", "2026-01-01 06:30Z", "fresh")]
    assert drawn("series", "first", "since", "", rows=rows, width=42, optional=("first", "since"))[1].split() == [
        "a" * 20, "2026-01-01", "fresh",
    ]  # fmt: skip
    assert "2026" not in "".join(drawn("series", "first", "since", "", rows=rows, width=30, optional=("first", "since")))


def test_what_does_not_fit_beside_each_other_goes_below() -> None:
    """A row of many figures is a list of names and values; two columns of one name are two."""
    lines = drawn("a", "a", "total", rows=[("84323736444", "84323736445", "84323736446")] * 2, width=30)
    assert lines[:4] == ["a      84323736444", "a      84323736445", "total  84323736446", ""]
    assert len(lines) == 8


def test_an_answer_without_rows_names_its_columns() -> None:
    """Also where they do not fit beside each other."""
    assert drawn("first_column", "second_column", rows=[], width=20) == ["first_column", "second_column", ""]


def test_a_line_goes_on_below_its_value() -> None:
    """Between words, and a unit stays with its number."""
    said = "  M2         not listed in coding in the week of 2026-11-23, so at most 0.59 %, provisional"
    assert broken(said, 72).splitlines() == [
        "  M2         not listed in coding in the week of 2026-11-23, so at most",
        "             0.59 %, provisional",
    ]
    assert broken("They fit into the day: used in the last 24 h, 9781 will be left.", 42).splitlines()[1].startswith("24 h")


def on_a_terminal(command: list[str], width: int, home: Path) -> str:
    """What a command shows on a terminal of that width."""
    ours, its = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "COLUMNS": str(width), "TERM": "xterm"}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=its, stderr=its, env=environment) as process:
        os.close(its)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # the other end was closed
            pass
        process.wait(60)
    os.close(ours)
    return STYLE.sub("", shown.decode())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "--all"],
        ["plan"],
        ["sql", "select * from marts.m2_milestones"],
        ["sql", "select usage_date, model_permaslug, total_tokens from core.model_usage_daily limit 5"],
    ],
    ids=" ".join,
)
def test_f51_no_number_is_broken_on_a_narrow_terminal(
    published: Path, tmp_path: Path, arguments: list[str], width: int
) -> None:
    """Each figure, date and instant that is shown is one that a pipe gets, in one piece, and no line is too long."""
    command = [str(Path(sys.executable).parent / "openrouter-usage"), "--data-dir", str(published), *arguments]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def piped() -> Counter[str]:
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        return Counter(NUMBER.findall(ran.stdout))

    before, shown = piped(), on_a_terminal(command, width, tmp_path)
    assert max(map(len, shown.splitlines())) <= width
    in_pieces = Counter(NUMBER.findall(shown)) - before
    if in_pieces and arguments[0] == "status":
        in_pieces -= piped()  # it says what time it is, which a minute may have begun since
    in_pieces.pop(str(width), None)  # of the remark that columns are left out
    # How long ago something was may differ by the time that passed between the two.
    assert not [number for number in in_pieces if len(number) > 4], in_pieces
    if arguments[0] == "sql":
        assert Counter(NUMBER.findall(shown)) == before
