"""``python -m tests.hostile``: try every hostile answer, say in one line what became of them; exit 1 if one got through."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from pipeline.settings import DataDir
from tests.hostile.trial import report, try_all


def main() -> int:
    argparse.ArgumentParser(prog="tests.hostile", description="Try hostile answers on the client and the load.").parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trials = try_all(DataDir(Path(folder)))
    sys.stdout.write(f"{report(trials)}\n")
    unclear = [one for one in trials if not one.is_clear]
    for one in unclear:
        sys.stderr.write(f"{one.name}: {one.unexpected or one.refusals or 'believed'}\n")
    return 1 if unclear else 0


if __name__ == "__main__":
    sys.exit(main())
