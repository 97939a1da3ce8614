"""All endpoints, by their path.

Belongs here: one line an endpoint, and finding the one that a request goes to. Not here: what there is to say of one (its
own file), what is fetched from it again and again (``series``).
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints.apps import APPS
from pipeline.openrouter.endpoints.benchmarks import BENCHMARKS
from pipeline.openrouter.endpoints.endpoint import Endpoint
from pipeline.openrouter.endpoints.models import MODELS
from pipeline.openrouter.endpoints.rankings import RANKINGS
from pipeline.openrouter.endpoints.request import PagedRequest, Request
from pipeline.openrouter.endpoints.session_cost import SESSION_COST
from pipeline.openrouter.endpoints.tasks import TASKS

ENDPOINTS: Mapping[str, Endpoint] = {
    endpoint.path: endpoint for endpoint in (RANKINGS, MODELS, TASKS, SESSION_COST, BENCHMARKS, APPS)
}


def next_page(request: Request, body: bytes) -> Request | None:
    """The request for the page after this response; None where it was the last page, or no further one is available."""
    endpoint = ENDPOINTS[request.path]
    if endpoint.paging is None or not isinstance(request, PagedRequest):
        return None
    try:
        answer = endpoint.read(body)
    except PermanentFailure:
        return None  # loading says so
    page = endpoint.page(request.params())
    offset = page.continues_at(answer)
    return None if offset is None or offset <= page.offset else request.from_row(offset)
