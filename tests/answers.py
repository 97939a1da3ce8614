"""``make answers``: writes the answers beside the questions of ``warehouse/queries``, asked of the project's recording.

Belongs here: which database is asked. Not here: how a page looks (``pipeline.publish.saved_queries``).
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline import store
from pipeline.landing import Landing
from pipeline.publish import saved_queries
from pipeline.settings import DataDir
from tests.support import RECORDINGS, load_and_build


def wanted(con: store.Connection) -> dict[Path, str]:
    """Every page as it should be, by its path."""
    passed_on = [row["table_name"] for row in store.rows(con, store.read_sql("report/citations")) if row["may_republish"]]
    return saved_queries.pages(lambda query: store.ask(con, query), passed_on)


def main() -> None:
    with TemporaryDirectory() as folder:
        data_dir = DataDir(Path(folder))
        for _ in Landing(data_dir).import_recorded(RECORDINGS):
            pass
        load_and_build(data_dir)
        with store.connect(data_dir.build, read_only=True) as con:
            for path, page in wanted(con).items():
                path.write_text(page)


if __name__ == "__main__":
    main()
