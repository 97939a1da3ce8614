"""How an op fails: the first line that the UI shows of a failed run is what was refused, and why.

Belongs here: handing our own failures to Dagster so. Not here: deciding that something failed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import Failure

from pipeline.failures import PipelineFailure
from pipeline.run.findings import FAILURE


@contextmanager
def said_in_one_line() -> Iterator[None]:
    """Failures of ours, as Dagster shows them without "Error occurred while executing op" before them."""
    try:
        yield
    except PipelineFailure as failure:
        raise Failure(description=str(failure), metadata={FAILURE: str(failure)}, allow_retries=False) from failure
