"""What may not be passed on is not in the page that people are told to host."""

from __future__ import annotations

import pytest

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.publish.report import content, page
from pipeline.publish.report.section import Section
from pipeline.settings import Settings
from tests import support
from tests.failures.conftest import Answers


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A published file with prices and scores of the simulated source."""
    answers = Answers(tmp_path_factory.mktemp("priced"))
    for series in ("models/all", "benchmarks/artificial-analysis"):
        answers.land(series, "2025-11-19", "2025-11-19", "2025-11-19T07:00")
    answers.land("usage_day", "2025-11-10", "2025-11-18", "2025-11-19T07:00")
    answers.land("category_week/programming", "2025-10-27", "2025-11-16", "2025-11-19T07:00")
    support.load_and_build(answers.data_dir)
    files = store.Store(answers.data_dir)
    with files.writer() as con:
        build = {
            "run_id": "test", "built_at": support.instant("2025-11-20T06:31"), "version": "0.1.0", "git_commit": None,
            "reference_hashes": "{}", "is_simulated": True,
        }  # fmt: skip
        store.append_rows(con, TABLES["ops.builds"], [build])
    files.publish()
    return support.settings_for(answers.data_dir.path, simulated=True)


def sections(settings: Settings, *, is_local: bool) -> dict[str, Section]:
    [found] = content.read(settings, ["en"], is_local=is_local)
    return {section.key: section for section in found.sections}


def drawn(settings: Settings, *, is_local: bool) -> dict[str, int]:
    """How many rows each section holds that reads what may not be passed on."""
    [found] = content.read(settings, ["en"], is_local=is_local)
    kept = {row["table_name"] for row in found.citations if not row["may_republish"]}
    return {
        section.key: len(section.rows) + len(section.table_rows or [])
        for section in found.sections
        if kept & store.references(store.read_sql(f"report/{section.query}"))
    }


def test_prices_and_scores_are_in_the_local_page_alone(priced: Settings) -> None:
    """The page that is hosted says in a line what it leaves out and how to see it; the other one is for its maker."""
    assert set(drawn(priced, is_local=False)) <= {"price", "list_prices", "spend", "gateway", "claims"}
    assert drawn(priced, is_local=False)["price"] == drawn(priced, is_local=False)["list_prices"] == 0
    assert drawn(priced, is_local=True)["price"] > 10
    hosted, local = page.write(priced), page.write(priced, is_local=True)
    assert (hosted.name, local.name) == ("index.html", "local.html")
    assert "may not be passed on" in local.read_text()
    assert "Prices, and the scores of Artificial Analysis, are left out" in hosted.read_text()
    assert 'id="price"' in hosted.read_text()


def test_claims_about_prices_and_scores_are_not_hosted(priced: Settings) -> None:
    """A ratio of two prices is a figure of the prices, too."""
    shown = {is_local: sections(priced, is_local=is_local)["claims"] for is_local in (False, True)}
    measured = {row["unit"] for row in shown[False].rows if row["measured_value"] is not None}
    assert measured <= {"tokens a day", "rank", "change of share", "share of tokens", "ratio of tokens"}
    assert len(shown[True].rows) > len(shown[False].rows)
