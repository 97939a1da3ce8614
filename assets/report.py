"""The page of charts and the feed of events, made of the published file.

Belongs here: when they are made, and what a run says of them. Not here: what they hold (``pipeline.publish.report``).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    asset,
)

from assets.landing import WORKSPACE
from assets.metadata import check_result
from assets.published import PUBLISHED
from pipeline import worker
from pipeline.publish import feed
from pipeline.run.session import Workspace
from pipeline.settings import Settings

REPORT = AssetKey(["report", "index"])
FEED = AssetKey(["report", "feed"])
IS_DRAWN = "is_drawn"
IS_WRITTEN = "is_written"


def _draw(settings: Settings) -> Path:
    try:
        return worker.submit(_draw_there, settings).result()
    except worker.WorkerDied:  # it may have been stopped long before, and nobody noticed
        return worker.submit(_draw_there, settings).result()


def _draw_there(settings: Settings) -> Path:
    path: Path = _page().write(settings)
    return path


def rehearse(settings: Settings) -> None:
    """Have the process prepare for drawing the page, while the tables are still built."""
    worker.submit(_rehearse_there, settings)


def _rehearse_there(settings: Settings) -> None:
    _page().rehearse(settings)


def _page() -> ModuleType:
    # What draws takes seconds and 300 MB to import: only the process that draws does.
    from pipeline.publish.report import page

    return page


def _write_feed(settings: Settings) -> Path:
    return feed.write(settings)


def _file(
    key: AssetKey,
    check: str,
    write: Callable[[Settings], Path],
    *,
    what: str,
    kind: str,
    doing: str,
    traceback: str,
    description: str,
) -> AssetsDefinition:
    """A file made of the published one. If it cannot be made that warns: the tables are published, and the file stays."""

    @asset(
        key=key,
        deps=[PUBLISHED],
        group_name="report",
        kinds={kind, "report"},
        output_required=False,
        check_specs=[AssetCheckSpec(check, asset=key, description=f"The {what} could be made from the published file.")],
        description=description,
        required_resource_keys=WORKSPACE,
    )
    def made(context: AssetExecutionContext) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        workspace: Workspace = context.resources.workspace
        workspace.say(f"{doing} the {what}")
        causes = {}
        try:
            path = write(workspace.settings)
        except Exception as error:
            context.log.exception(f"{doing} the {what} failed")
            said = (str(error).strip().splitlines() or [""])[0]
            causes[check] = (
                f"{doing} the {what} failed ({type(error).__name__}: {said}): the tables are published and the {what} is "
                f"unchanged; run `openrouter-usage --verbose {traceback}` for the traceback, and report it"
            )
        else:
            yield MaterializeResult(
                asset_key=key, metadata={"path": MetadataValue.path(path), "dagster/size_bytes": path.stat().st_size}
            )
        yield check_result(key, check, causes, metadata={})

    return made


def build_assets() -> list[AssetsDefinition]:
    """The page, and the feed beside it."""
    return [
        _file(
            REPORT,
            IS_DRAWN,
            _draw,
            what="page",
            kind="html",
            doing="drawing",
            traceback="report",
            description="The page of charts: one file that works offline, drawn from the published tables.",
        ),
        _file(
            FEED,
            IS_WRITTEN,
            _write_feed,
            what="feed",
            kind="xml",
            doing="writing",
            traceback="rebuild",
            description="Events as Atom feeds beside the page: the newest 50, all, and those of M2 and its successors.",
        ),
    ]
