"""``make release``: what a reader downloads, in one folder: tables, page, wheel and sdist, with their SHA-256.

Belongs here: what a release holds, and what must be true before one is made. Not here: writing tables (``package``) or the
page (``report.page``). The same landing and the same commit give the same bytes: its instant is the newest fetch, it has
no clock, and no setting but the data directory changes it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline import program, store
from pipeline.failures import PermanentFailure, PipelineFailure
from pipeline.publish import checkout, feed, package
from pipeline.publish.report import page
from pipeline.settings import ROOT, Settings
from pipeline.store.open import open_store
from pipeline.wording import count

TARGET = ROOT / "release"
SUMS = "SHA256SUMS"


def release(settings: Settings, target: Path) -> None:
    """Replace ``target`` by a release of the published tables. Where something is missing it raises, and changes nothing."""
    settings = replace(settings, public_url=None)
    build = _build(settings)
    _require_same_code(build)
    _require_entry(ROOT / "CHANGELOG.md", program.version())
    with TemporaryDirectory(prefix=".release.", dir=target.parent) as temporary:
        fresh, parts = Path(temporary) / "release", Path(temporary) / "parts"
        _build_distributions(fresh)
        stem = f"{program.PROGRAM}-{program.version()}"
        data, report = parts / f"{stem}-data", parts / f"{stem}-report"
        package.export(settings, data, lambda line: None)
        page.write_release(settings, report)
        for name, content in feed.build(settings).items():
            (report / name).write_bytes(content)
        for folder in (data, report):
            _pack(folder, fresh / f"{folder.name}.zip")
        (fresh / "README.md").write_text(_readme(build, stem), encoding="utf-8")
        names = sorted(path.name for path in fresh.iterdir())
        sums = "".join(f"{package.sha256(fresh / name)}  {name}\n" for name in names)
        (fresh / SUMS).write_text(sums, encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        fresh.rename(target)


# --- what must be true ------------------------------------------------------------------------------------------------


def _build(settings: Settings) -> Mapping[str, Any]:
    """The newest build of the published file, and the responses that it was made of."""
    data_dir = settings.data_dir
    if data_dir.lake is None and not data_dir.published.exists():
        raise PermanentFailure(
            f"{data_dir.path} has no published tables, so there is nothing to release: run `make run` first, or name a data "
            "directory that has some, `make release DATA=DIR`"
        )
    with open_store(data_dir).reader() as con:
        builds = store.rows(con, store.read_sql("internal/newest_build"))
        (landed,) = store.rows(con, store.read_sql("export/landing"))
    if not builds or builds[0]["as_of"] is None:
        raise PermanentFailure(f"{data_dir.path} has no figures, so there is nothing to release: run `make run` first")
    if builds[0]["is_simulated"] or data_dir.is_simulated:
        raise PermanentFailure(f"{data_dir.path} is simulated: a release has OpenRouter's data; name another DATA=DIR")
    return {**builds[0], **landed}


def _require_same_code(build: Mapping[str, Any]) -> None:
    """A release is of one commit: that of the checkout, by which its tables were built."""
    commit, changed = checkout.commit(), checkout.git("status", "--porcelain")
    if commit is None:
        raise PermanentFailure("this is not a git checkout, or git is missing: a release is made from a commit in a clone")
    if changed:
        first = changed.splitlines()[0].split(maxsplit=1)[-1]
        raise PermanentFailure(f"the checkout has changes that are not committed ({first}): commit or remove them first")
    if (build["git_commit"], build["version"]) != (commit, program.version()):
        theirs = f"{build['version']}, commit {build['git_commit'] or 'unknown'}"
        ours = f"{program.version()}, commit {commit}"
        raise PermanentFailure(
            f"the tables were built by version {theirs}, and this is version {ours}: run `openrouter-usage rebuild` first"
        )


def _require_entry(changelog: Path, version: str) -> None:
    """A version that has a tag is one of the changelog's."""
    is_tagged = re.fullmatch(r"[\d.]+", version) is not None
    if is_tagged and f"\n## [{version}] - " not in changelog.read_text(encoding="utf-8"):
        raise PermanentFailure(
            f"{changelog.name} has no section for {version}, the tag of this commit: expected "
            f"`## [{version}] - YYYY-MM-DD`; add it, commit, and move the tag"
        )


# --- what it holds ----------------------------------------------------------------------------------------------------


def _build_distributions(folder: Path) -> None:
    """The wheel and the sdist, without the network. Their times are SOURCE_DATE_EPOCH, which the Makefile sets."""
    done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PermanentFailure(f"building the wheel failed ({last}): run `make setup`, then try again")


def _pack(folder: Path, target: Path) -> None:
    """The folder as a zip: sorted, without times, owners and modes of this machine."""
    with zipfile.ZipFile(target, "w") as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                member = zipfile.ZipInfo(path.relative_to(folder.parent).as_posix())
                member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                packed.writestr(member, path.read_bytes())


def _readme(build: Mapping[str, Any], stem: str) -> str:
    wheel = stem.replace("-", "_", 1)
    return f"""# {program.PROGRAM} {program.version()}

Token usage on OpenRouter, as of {build["as_of"]:%Y-%m-%d %H:%M:%S} UTC, the newest fetch in it.

- Code: commit {build["git_commit"]}.
- Data: {count(build["responses"], "landed response")}; sha256 of their sorted ids: {build["digest"]}.
- Its instant is the newest fetch, also where the page has "built": the same landing and commit give the same files.

| file | what it has |
| --- | --- |
| `{stem}-data.zip` | the tables as Parquet and CSV with their `datapackage.json`; its `README.md` says how to cite them |
| `{stem}-report.zip` | the page of charts: open `index.html`, or put the folder on any web server |
| `{wheel}-py3-none-any.whl` | the program: `pip install` it into an environment of Python 3.11 to 3.13 |
| `{wheel}.tar.gz` | its source |
| `{SUMS}` | check the files with `sha256sum -c {SUMS}` |

The code is under the MIT licence. The data is under CC BY 4.0, by OpenRouter, and of the second gateway by Vercel: cite it
by each row's `citation`. What may not be passed on, prices and scores, is in none of these files.
"""


def main(arguments: list[str]) -> int:
    named = arguments[0] if arguments and arguments[0] else None
    settings = Settings.load(Path(named) if named else None)
    try:
        release(settings, TARGET)
    except PipelineFailure as failure:
        sys.stderr.write(f"error: {failure}\n")
        return 1
    sys.stdout.write(f"{TARGET}, version {program.version()}, of {settings.data_dir.path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
