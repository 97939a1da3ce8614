"""How near recorded responses come to each threshold: ``python -m benchmarks.thresholds PATH_OF_RECORDINGS…``.

Loads the recordings in reading order into a directory of its own, without the network, and prints for each measure its
extremes beside the threshold, and how often a blocking check fired.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click

from pipeline.landing import Landing
from pipeline.load.loading import load
from pipeline.load.report import LoadReport
from pipeline.load.validation.thresholds import THRESHOLDS
from pipeline.settings import DataDir
from pipeline.store import Store


def loaded(recordings: Iterable[Path], directory: Path) -> LoadReport:
    """What loading the recordings into the directory reported."""
    landing = Landing(DataDir(directory))
    for path in recordings:
        for _ in landing.import_recorded(path):
            pass
    with Store(landing.data_dir).writer() as con:
        return load(con, landing, run_id="thresholds")


def main(recordings: Iterable[Path]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        report = loaded(recordings, Path(directory))
    click.echo(f"{'measure':26} {'recorded':>20}   passes within")
    for outcome in report.outcomes.values():
        if (column := outcome.expectation.measure) is not None:
            threshold = THRESHOLDS[column]
            recorded = "not recorded" if outcome.measured is None else "{:.3f} to {:.3f}".format(*outcome.measured)
            least, most = ("" if end is None else f"{end:g}" for end in (threshold.least, threshold.most))
            click.echo(f"{column:26} {recorded:>20}   {least} to {most}")
    blocking = [outcome for outcome in report.outcomes.values() if outcome.expectation.is_blocking]
    fired = sum(not outcome.passed for outcome in blocking)
    click.echo(
        f"false alarms: {fired} of {len(blocking)} blocking checks fired on {report.exchanges} recorded responses, "
        f"{sum(report.verdicts.values()) - report.verdicts.get('loaded', 0)} of which were not loaded whole"
    )


if __name__ == "__main__":
    main(map(Path, sys.argv[1:]))
