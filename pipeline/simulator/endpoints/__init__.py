"""The simulated endpoints, one a file: a new file with an ``ENDPOINT`` is all that a further one takes.

Belongs here: what each accepts, refuses and answers, as a function of world, query and time; its body is what the
published contract says. Not here: keys and limits (server), the invented world (world, apps), the requests as we send them.
"""

from importlib import import_module
from pkgutil import iter_modules

from pipeline.simulator.queries import Endpoint

ENDPOINTS: dict[str, Endpoint] = {
    endpoint.path: endpoint
    for endpoint in (import_module(f"{__name__}.{module.name}").ENDPOINT for module in iter_modules(__path__))
}
