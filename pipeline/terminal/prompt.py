"""The prompt of ``openrouter-usage sql``: statements one after the other, asked of the published file.

Belongs here: editing, completing, remembering and dispatching what is typed. Not here: how the file is opened and locked
(``store.reader``), how rows are drawn (``show``). Commands that begin with a dot read contracts and files of SQL, no more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import PygmentsLexer
from pygments.lexers.sql import SqlLexer  # type: ignore[import-untyped]

from pipeline import store, wording
from pipeline.contracts.tables import MACROS, TABLES
from pipeline.failures import PermanentFailure, PipelineFailure
from pipeline.publish import saved_queries
from pipeline.settings import Settings
from pipeline.store.open import open_store
from pipeline.terminal import show

SHOWN_ROWS = 200

_WORD = re.compile(r"[\w.]+$")
_KEY = re.compile(r"sk-or-", re.IGNORECASE)

COMMANDS = {
    ".tables": "every table and as-of macro, each in a sentence",
    ".schema": "the columns of a table, and what they mean: .schema marts.m2_usage_daily",
    ".queries": "questions that are written down, to be read with .read",
    ".read": "ask what a file of SQL holds: .read NAME of .queries, or .read FILE.sql",
    ".help": "this list",
    ".quit": "leave, as exit and Ctrl-D do; Ctrl-C ends a statement that takes too long",
}


def converse(settings: Settings, form: str = "table") -> None:
    """Ask and answer until the reader leaves."""
    conversation = Conversation(settings, form)
    try:
        conversation.begin()
        prompt = _session(settings)
        while True:
            try:
                text = prompt.prompt("SIMULATED> " if settings.data_dir.is_simulated else "usage> ")
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if _says_quit(text):
                return
            conversation.answer(text)
    finally:
        conversation.close()


class Conversation:
    """The published file, opened anew whenever another build has taken its place."""

    def __init__(self, settings: Settings, form: str = "table") -> None:
        self._data_dir, self._form = settings.data_dir, form
        self._commands: dict[str, Callable[[str], None]] = {
            ".tables": self._tables,
            ".schema": self._schema,
            ".queries": self._queries,
            ".read": self._read,
            ".help": self._help,
        }
        self._open()

    def _open(self) -> None:
        self._build = self._standing_build()
        self._reader = open_store(self._data_dir).reader()
        self._con = self._reader.__enter__()

    def close(self) -> None:
        self._reader.__exit__(None, None, None)

    def _standing_build(self) -> tuple[int, int] | None:
        """What tells one published file from the next, which is swapped in whole."""
        path = self._data_dir.published
        return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None

    def begin(self) -> None:
        """Say which file this is, and as of when."""
        show.line(f"{self._data_dir.published}, {self._as_of()}")
        if self._data_dir.is_simulated:
            show.warning("SIMULATED data, not OpenRouter's")
        show.line("Read-only. A statement ends with ; and may take several lines. .help lists what else there is.")

    def _as_of(self) -> str:
        [build] = store.rows(self._con, store.read_sql("internal/newest_build")) or [{"built_at": None}]
        cited = store.rows(self._con, store.read_sql("report/citations"))
        newest = max((row["as_of"] for row in cited), default=None)
        return f"built {_instant(build['built_at'])}, of readings as of {_instant(newest)}"

    def answer(self, text: str) -> None:
        """What a statement or a dot-command says; a failure is one line, and the conversation goes on."""
        try:
            if text.lstrip().startswith("."):
                name, _, rest = text.strip().partition(" ")
                command = self._commands.get(name)
                if command is None:
                    raise PermanentFailure(f"there is no {name}: .help lists what there is")
                command(rest.strip().rstrip(";"))
            elif text.strip(" \t\n;"):
                self._ask(text)
        except PipelineFailure as failure:
            show.error(str(failure))
        except KeyboardInterrupt:
            show.line("stopped")

    def _ask(self, statement: str) -> None:
        self._follow_builds()
        if self._form != "table":
            show.rows(*store.ask(self._con, statement), self._form)
            return
        names, rows = store.ask(self._con, statement, at_most=SHOWN_ROWS + 1)
        (names_shown, rows_shown), citations = saved_queries.without_citations(names, rows[:SHOWN_ROWS])
        if names_shown:
            show.rows(names_shown, rows_shown, "table")
        for citation in citations:
            show.line(citation)
        if len(rows) > SHOWN_ROWS:
            show.line(f'The first {SHOWN_ROWS} rows; all of them: openrouter-usage sql --format csv "…" > file.csv')

    def _follow_builds(self) -> None:
        """Another build may have been published since: statements ask the newest."""
        standing = self._standing_build()
        if standing is None or standing == self._build:
            return
        self.close()
        self._open()
        show.line(f"A newer build was published meanwhile, and is asked from here on: {self._as_of()}")

    def _tables(self, _: str) -> None:
        show.rows(("table", "what it holds"), [*_descriptions().items()], "table")

    def _schema(self, name: str) -> None:
        if not name:
            described = [(table.full_name, ", ".join(column.name for column in table.columns)) for table in TABLES.values()]
            show.rows(("table", "columns"), described, "table")
            return
        if (macro := name.removeprefix("main.").partition("(")[0]) in MACROS:
            show.line(MACROS[macro].description)
            name = MACROS[macro].table
        table = TABLES.get(name) or next((one for one in TABLES.values() if one.name == name), None)
        if table is None:
            raise PermanentFailure(f"there is no table {name}: .tables lists them")
        show.line(f"{table.full_name}: {table.description} Key: {', '.join(table.key)}.")
        rows = [
            (column.name, column.type, "" if column.name in table.required else "may be NULL", column.description)
            for column in table.columns
        ]
        show.rows(("column", "type", "", "meaning"), rows, "table")

    def _queries(self, _: str) -> None:
        show.rows(("name", "question"), [(one.path.stem, one.asked) for one in saved_queries.questions()], "table")

    def _read(self, name: str) -> None:
        known = {one.path.stem: one for one in saved_queries.questions()}
        if name in known:
            show.line(known[name].asked)
            self._ask(known[name].sql)
            show.line(f"Does not show: {known[name].not_shown}")
        elif name.endswith(".sql"):
            self._ask(saved_queries.read_query(Path(name).expanduser()))
        else:
            raise PermanentFailure(
                f".read takes a name that .queries lists, or a file that ends in .sql, not {name or 'nothing'}"
            )

    def _help(self, _: str) -> None:
        show.rows(("command", "what it does"), [*COMMANDS.items()], "table")


def _instant(instant: object) -> str:
    return "–" if instant is None else wording.text(instant).partition(".")[0].removesuffix("Z").replace("T", " ") + " UTC"


def _descriptions() -> dict[str, str]:
    tables = {name: table.description for name, table in TABLES.items()}
    return tables | {f"{name}(ts)": macro.description for name, macro in MACROS.items()}


# --- the line that is typed ----------------------------------------------------------------------------------------------


def _session(settings: Settings) -> PromptSession[str]:
    keys = KeyBindings()

    @Condition
    def is_open() -> bool:
        return not _is_finished(session.default_buffer.text)

    @keys.add("enter", filter=is_open)
    def _another_line(event: KeyPressEvent) -> None:
        event.current_buffer.newline(copy_margin=False)

    session: PromptSession[str] = PromptSession(
        history=_history(settings.state_dir / "sql_history"),
        lexer=PygmentsLexer(SqlLexer),
        completer=NamesCompleter(),
        complete_while_typing=False,
        key_bindings=keys,
        multiline=False,
        prompt_continuation=lambda width, number, is_wrapped: "· ".rjust(width),
    )
    return session


def _is_finished(text: str) -> bool:
    """Whether Enter asks: a dot-command, a closed statement, nothing at all."""
    return not text.strip() or text.lstrip().startswith(".") or store.is_whole(text) or _says_quit(text)


def _says_quit(text: str) -> bool:
    """Also below a statement that was begun: whoever forgot its ``;`` is not kept."""
    is_command = text.strip().rpartition("\n")[2].strip() in (".quit", ".exit")
    return is_command or text.rstrip("; \t\n").lstrip().lower() in ("exit", "quit")


class _NoKeys(FileHistory):
    """Remembers every statement but one in which a key of the source seems to stand."""

    def store_string(self, string: str) -> None:
        if not _KEY.search(string):
            super().store_string(string)


def _history(path: Path) -> History:
    """The file in which statements are remembered, readable for its owner alone; memory where there can be none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.open("ab").close()
    except OSError:
        return InMemoryHistory()
    return _NoKeys(str(path))


class NamesCompleter(Completer):
    """Tables, macros, columns of the tables that the statement names (else of all); dot-commands by themselves."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        before = document.text_before_cursor
        begun = _WORD.search(before)
        word = begun.group() if begun else ""
        if not word and not before.startswith("."):
            return
        for name, about in self._candidates(document.text, before):
            if name.startswith(word.lower()) or (word and f".{word.lower()}" in name):
                yield Completion(name, start_position=-len(word), display_meta=about)

    def _candidates(self, text: str, before: str) -> Iterator[tuple[str, str]]:
        if before.startswith(".") and " " not in before:
            yield from COMMANDS.items()
            return
        if before.startswith(".read"):
            yield from ((one.path.stem, one.asked) for one in saved_queries.questions())
            return
        yield from ((name, table.description) for name, table in TABLES.items())
        if before.startswith("."):
            return
        yield from ((f"{name}(", macro.description) for name, macro in MACROS.items())
        named = [table for name, table in TABLES.items() if name in text or f"{table.name}_as_of(" in text]
        columns = {column.name: column.description for table in named or TABLES.values() for column in table.columns}
        yield from columns.items()
