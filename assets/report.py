"""The page of charts, made of the published file.

Belongs here: when it is made, and what a run says of it. Not here: the page itself (``pipeline.report``).
"""

from collections.abc import Iterator

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MaterializeResult,
    MetadataValue,
    asset,
)

from assets.landing import WORKSPACE
from assets.published import PUBLISHED
from pipeline.workspace import Workspace

REPORT = AssetKey(["report", "index"])
IS_DRAWN = "is_drawn"


def build_assets() -> list[AssetsDefinition]:
    """The page. One that cannot be drawn warns: the tables are published all the same, and the page before stays."""

    @asset(
        key=REPORT,
        deps=[PUBLISHED],
        group_name="report",
        kinds={"html", "report"},
        output_required=False,
        check_specs=[AssetCheckSpec(IS_DRAWN, asset=REPORT, description="The page could be drawn from the published file.")],
        description="One page of charts, made of the published tables: a single file that works offline.",
        required_resource_keys=WORKSPACE,
    )
    def index(context: AssetExecutionContext) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        workspace: Workspace = context.resources.workspace
        workspace.say("drawing the page")
        cause = None
        try:
            from pipeline.report.page import write

            path = write(workspace.settings)
        except Exception as error:
            context.log.exception("the page was not drawn")
            said = (str(error).strip().splitlines() or [""])[0]
            cause = (
                f"drawing the page failed ({type(error).__name__}: {said}): the tables are published and the page is as it "
                "was; run `openrouter-usage --verbose report` for the traceback, and report it"
            )
        else:
            yield MaterializeResult(
                asset_key=REPORT, metadata={"path": MetadataValue.path(path), "dagster/size_bytes": path.stat().st_size}
            )
        yield AssetCheckResult(
            asset_key=REPORT,
            check_name=IS_DRAWN,
            passed=cause is None,
            severity=AssetCheckSeverity.WARN,
            metadata={} if cause is None else {"likely_cause": cause},
        )

    return [index]
