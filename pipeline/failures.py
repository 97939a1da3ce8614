"""Failures, classified by what to do next.

Belongs here: the few exception classes every layer raises. A message is one line: what was tried, what happened,
what to do next. Not here: handling (the command line prints them, Dagster records them).
"""


class PipelineFailure(Exception):  # noqa: N818 - the word of this project: what is reported to a person
    """Something that is reported in one line to the person who runs the pipeline.

    ``stops_asking`` says that every further request of this run would fail the same way: the key is rejected, the source
    cannot be reached, the budget is spent. ``unreachable`` is the host that could not be reached.
    """

    def __init__(self, message: str, *, stops_asking: bool = False, unreachable: str | None = None) -> None:
        super().__init__(message)
        self.stops_asking = stops_asking
        self.unreachable = unreachable


class PermanentFailure(PipelineFailure):
    """Trying again changes nothing: a request, a key, a file or the code has to change first."""


class TransientFailure(PipelineFailure):
    """The same step may work later: nothing has to change, and nothing is lost."""
