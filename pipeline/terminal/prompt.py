"""The prompt of ``openrouter-usage sql``: DuckDB's own client on the published file, which is all that it reaches.

Belongs here: how that program is started. Not here: one query (``store.reader``), how its rows are drawn (``show``).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import duckdb_cli  # type: ignore[import-untyped]

from pipeline import store
from pipeline.failures import PermanentFailure
from pipeline.series import TIME_ZONE
from pipeline.settings import Settings
from pipeline.store.open import open_store
from pipeline.terminal import show

PROGRAM = Path(duckdb_cli.__file__).with_name("duckdb")  # the package's own: the one on PATH is of any version

_START = (
    "Read-only: no other files, no network. A statement ends with ; and may take several lines.",
    ".tables lists the tables, `describe marts.m2_usage_daily;` its columns, `from duckdb_columns();` what they mean.",
    "Ctrl-C stops a statement, Ctrl-D leaves. A newer build is queried after the next start. .help lists all commands.",
)


def open_prompt(settings: Settings, form: str = "table") -> NoReturn:
    """Become DuckDB's client, so that nothing of this process is left. ``form`` is how it prints rows."""
    path, is_simulated = settings.data_dir.published, settings.data_dir.is_simulated
    show.line(f"{path}, {_age(settings)}")
    if is_simulated:
        show.warning("SIMULATED data, not OpenRouter's")
    for line in _START:
        show.line(line)
    commands = (
        ".highlight_mode mixed",  # readable on any background
        *(".startup_text none", f".prompt '{'SIMULATED' if is_simulated else 'usage'}> ' '· '"),
        *(f".mode {'duckbox' if form == 'table' else form}", f"set TimeZone = '{TIME_ZONE}'"),
        ".safe_mode",  # as an option it would come before the others, and lock the time zone of this machine
    )
    # Told that the background is dark, it does not ask the terminal, of which some never answer.
    options = ("-readonly", "-no-init", "-dark-mode", *(word for one in commands for word in ("-cmd", one)))
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execve(PROGRAM, ["duckdb", *options, str(path)], settings.prompt_environment())  # noqa: S606 - this very program, no shell
    except OSError as error:
        raise PermanentFailure(
            f"starting DuckDB's client {PROGRAM} failed ({error.strerror}): run `make setup` again, or give a query: "
            'openrouter-usage sql "from marts.m2_coding_share_weekly"'
        ) from error


def _age(settings: Settings) -> str:
    with open_store(settings.data_dir).reader() as con:
        [build] = store.rows(con, store.read_sql("internal/newest_build")) or [{"built_at": None, "as_of": None}]
    built, as_of = (f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "–" for at in (build["built_at"], build["as_of"]))
    return f"built {built}, as of {as_of}"
