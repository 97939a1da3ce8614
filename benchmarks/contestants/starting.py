"""What starting costs: ``python -m benchmarks.contestants.starting``.

All modules that a run imports before it loads, in both of its processes, as a run does it, and nothing done with them.
"""

from __future__ import annotations

import os

from pipeline import cli, execute  # noqa: F401 - importing is all there is to do
from pipeline.worker import submit, warm_up


def main() -> None:
    warm_up()
    import pipeline.definitions  # noqa: F401 - as above

    submit(os.getpid).result()  # comes after the imports of that process


if __name__ == "__main__":
    main()
