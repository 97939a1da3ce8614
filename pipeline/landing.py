"""The archive of responses: the only state that cannot be had again.

Belongs here: appending, listing, importing, verifying and copying exchanges. Append-only: nothing here edits or removes a
landed file. Not here: what a response means (``openrouter.endpoints``) or whether it is believed (``load.validation``).

An exchange is two files with one stem: ``<stem>.body.gz`` holds the response's bytes, ``<stem>.json`` the request, status,
time, sha256 and provenance beside them. Each is written whole or not at all; the ``.json`` comes last, so an exchange exists
exactly when it does. ``rejections.jsonl`` has a line for each response that a person rejected, and each that was undone.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from pipeline import durable
from pipeline.failures import PermanentFailure
from pipeline.openrouter import recorded
from pipeline.openrouter.client import Exchange, agrees_with_source
from pipeline.openrouter.endpoints.exports import Manifest, is_export
from pipeline.settings import DataDir

API_PREFIX = "/api/v1"
LIVE = "live"
EXPORT = "export"
"""The provenance of what was fetched without a key."""

SIMULATED_HEADER = "x-simulated"
_DESCRIBED = ".json"
_REJECTIONS = "rejections.jsonl"
_KEPT = "what was landed before is intact"


@dataclass(frozen=True)
class Landed:
    """What is written beside a body. ``exchange_id`` is the stem: reading time and identity.

    ``manifest`` is what the manifest of an export says of it; ``retrieved_at`` is then the manifest's.
    """

    exchange_id: str
    method: str
    url: str
    params: dict[str, str]
    retrieved_at: str
    status: int
    headers: dict[str, str]
    sha256: str
    size: int
    is_truncated: bool
    capture: str
    provenance: str
    manifest: Manifest | None = None

    @property
    def endpoint(self) -> str:
        """The endpoint's path below the API's prefix, as in ``/datasets/rankings-daily``."""
        return endpoint_of(self.url)

    @property
    def is_simulated(self) -> bool:
        return SIMULATED_HEADER in self.headers

    @property
    def read_at(self) -> datetime:
        return datetime.fromisoformat(self.retrieved_at)

    @property
    def is_misdated(self) -> bool:
        """Whether the source's clock said something else: our clock had jumped, so nobody knows when this was read.

        An export is filed under the source's own instant.
        """
        return self.manifest is None and not agrees_with_source(self.read_at, self.headers)


@dataclass(frozen=True)
class Decision:
    """What a person decided about one response, recorded for good. ``why`` is None where a rejection is undone."""

    decided_at: str
    exchange_id: str
    why: str | None


def endpoint_of(url: str) -> str:
    path = urlsplit(url).path
    _, prefix, rest = path.partition(API_PREFIX)
    return rest if prefix else path


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _exchange_id(method: str, url: str, params: Mapping[str, str], retrieved_at: datetime, sha256: str) -> str:
    """Identity is request, reading time and content: the same exchange lands once, however often it is offered."""
    request = json.dumps([method, endpoint_of(url), sorted(params.items())], separators=(",", ":"))
    digest = hashlib.sha256(f"{request}\n{_instant(retrieved_at)}\n{sha256}".encode()).hexdigest()
    return f"{retrieved_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{digest[:16]}"


def _write(described: Path, body: bytes, description: bytes) -> None:
    """Both files of an exchange, its description last."""
    durable.make_folder(described.parent, kept=_KEPT)
    # A fixed time keeps the file the same for the same bytes.
    compressed = gzip.compress(body, compresslevel=6, mtime=0)
    durable.write(_body_beside(described), compressed, kept=_KEPT)
    durable.write(described, description, kept=_KEPT)
    durable.sync(described.parent)


def _body_beside(described: Path) -> Path:
    return described.with_suffix(".body.gz")


def _files_beneath(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """Every file, as the system lists it: of a hundred thousand a path for each would take a second of every run."""
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_beneath(entry.path)
            else:
                yield entry


class Landing:
    """The archive beneath one data directory, in folders by endpoint and year."""

    def __init__(self, data_dir: DataDir) -> None:
        self.data_dir = data_dir
        self.root = data_dir.landing

    # --- writing -----------------------------------------------------------------------------------------------

    def append(self, exchange: Exchange, manifest: Manifest | None = None) -> Landed:
        """Keep a response just received, whatever its status. Returns what is written beside it.

        The file of an export comes with its ``manifest``, and is kept as if read when that was.
        """
        if SIMULATED_HEADER in exchange.headers and not self.data_dir.is_simulated:
            raise PermanentFailure(
                f"the source at {exchange.url} says that it is simulated, and {self.data_dir.path} holds real data: "
                "unset OPENROUTER_BASE_URL, or run with --demo in a folder of its own",
                stops_asking=True,
            )
        is_keyed = API_PREFIX in urlsplit(exchange.url).path and not is_export(endpoint_of(exchange.url))
        if manifest is not None:
            exchange = replace(exchange, retrieved_at=manifest.read_at)
        provenance = "simulator" if SIMULATED_HEADER in exchange.headers else LIVE if is_keyed else EXPORT
        return self._keep(exchange, "api", provenance, manifest)[0]

    def _keep(
        self, exchange: Exchange, capture: str, provenance: str, manifest: Manifest | None = None
    ) -> tuple[Landed, bool]:
        """Land an exchange unless it is there. Returns its description, and whether it was new."""
        sha256 = hashlib.sha256(exchange.body).hexdigest()
        landed = Landed(
            exchange_id=_exchange_id(exchange.method, exchange.url, exchange.params, exchange.retrieved_at, sha256),
            method=exchange.method,
            url=exchange.url,
            params=dict(sorted(exchange.params.items())),
            retrieved_at=_instant(exchange.retrieved_at),
            status=exchange.status,
            headers=dict(sorted(exchange.headers.items())),
            sha256=sha256,
            size=len(exchange.body),
            is_truncated=exchange.is_truncated,
            capture=capture,
            provenance=provenance,
            manifest=manifest,
        )
        described = self.folder(landed.endpoint) / landed.exchange_id[:4] / f"{landed.exchange_id}{_DESCRIBED}"
        if described.exists():
            return landed, False
        beside = {name: value for name, value in asdict(landed).items() if name != "manifest" or value is not None}
        _write(described, exchange.body, json.dumps(beside, ensure_ascii=False, indent=1).encode() + b"\n")
        return landed, True

    def folder(self, endpoint: str) -> Path:
        """Where the responses of an endpoint are, in a folder for each year."""
        # Only letters, digits and -_. of a path from outside become part of ours.
        parts = (part for part in endpoint.split("/") if part.strip("."))
        return self.root.joinpath(*("".join(c if c.isalnum() or c in "-_." else "_" for c in part)[:60] for part in parts))

    def sweep(self) -> None:
        """Remove what killed writers left under temporary names. Nobody else may be writing: hold the run lock."""
        for entry in _files_beneath(self.root):
            if entry.name.startswith(".") and entry.name.endswith(".tmp"):
                Path(entry.path).unlink(missing_ok=True)

    # --- reading -----------------------------------------------------------------------------------------------

    def ids(self, *, but: Container[str] = (), of: str | None = None) -> dict[str, Path]:
        """The id of every exchange, but for those named, and where it is described, in reading order; of one endpoint alone
        where it is named.
        """
        found = {
            exchange_id: entry.path
            for entry in _files_beneath(self.root if of is None else self.folder(of))
            if entry.name.endswith(_DESCRIBED) and not entry.name.startswith(".")
            if (exchange_id := entry.name.removesuffix(_DESCRIBED)) not in but
        }
        return {exchange_id: Path(path) for exchange_id, path in sorted(found.items())}

    def responses_of(self, endpoint: str | None) -> Iterator[tuple[Path, Landed]]:
        """The exchanges of one endpoint, or of all, but for damaged ones, in reading order."""
        for path in self.ids(of=endpoint).values():
            with suppress(PermanentFailure):  # loading and verifying name it
                yield path, self.describe(path)

    def has_keyed_responses(self) -> bool:
        """Whether the source was ever asked with a key, other than by whoever recorded what was imported."""
        return any(landed.provenance == LIVE for _, landed in self.responses_of(None))

    def describe(self, path: Path) -> Landed:
        """Read what stands beside a body."""
        try:
            beside = json.loads(path.read_bytes())
            if "manifest" in beside:
                beside["manifest"] = Manifest(**beside["manifest"])
            landed = Landed(**beside)
            again = _exchange_id(landed.method, landed.url, landed.params, landed.read_at, landed.sha256)
            if not path.stem == landed.exchange_id == again:
                raise ValueError("request, time and sha256 are not those it is named after")
            if type(landed.status) is not int or not isinstance(landed.headers, dict):
                raise TypeError("status or headers have another type")
            if landed.manifest is not None and landed.manifest.read_at != landed.read_at:
                raise ValueError("its time is not the time of its manifest")
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise PermanentFailure(
                f"{path} is damaged ({error}): bring it back with `openrouter-usage restore`, "
                "or move the file away to go on without it"
            ) from error
        return landed

    def body(self, path: Path, landed: Landed) -> bytes:
        """The response's bytes, checked against their sha256."""
        archived = _body_beside(path)
        try:
            body = gzip.decompress(archived.read_bytes())
        except (OSError, EOFError, zlib.error) as error:
            raise PermanentFailure(
                f"{archived} cannot be read ({error}): bring it back with `openrouter-usage restore`"
            ) from error
        if hashlib.sha256(body).hexdigest() != landed.sha256:
            raise PermanentFailure(
                f"{archived} has changed since it was landed (its sha256 differs): bring it back with "
                "`openrouter-usage restore`"
            )
        return body

    def verify(self, known: Collection[str] = ()) -> tuple[int, list[str]]:
        """Recompute every sha256. Returns how many exchanges are sound, and a line for each that is not.

        ``known`` are the ids that a database was loaded from: those that are not here any more were lost.
        """
        described = self.ids()
        problems: list[str] = []
        for path in described.values():
            try:
                self.body(path, self.describe(path))
            except PermanentFailure as failure:
                problems.append(str(failure))
        sound = len(described) - len(problems)
        try:
            self.decisions()
        except PermanentFailure as failure:
            problems.append(str(failure))
        problems += [
            f"{exchange_id} was loaded into the tables, and is not in {self.root} any more: bring it back with "
            "`openrouter-usage restore`, as a rebuild would be without it"
            for exchange_id in sorted(set(known) - described.keys())
        ]
        problems += [
            f"{path} has no description beside it: a writer was stopped before it finished; it is not used and may go"
            for path in self.root.rglob("*.body.gz")
            # A folder may be named like a file of ours: after an endpoint's path.
            if path.is_file() and not path.name.startswith(".") and path.name.removesuffix(".body.gz") not in described
        ]
        return sound, problems

    # --- what a person rejected ----------------------------------------------------------------------------------

    def reject(self, exchange_ids: Collection[str], why: str | None) -> None:
        """Record that responses are rejected, and why; with None, that this is undone.

        Raises PermanentFailure where one is not in landing, or the decision changes nothing. Hold the run lock.
        """
        known, rejected = self.ids(), self.rejections()
        for one in exchange_ids:
            if one not in known:
                raise PermanentFailure(
                    f"no response in {self.root} is named {one}, so nothing was changed: `openrouter-usage sql "
                    '"from raw.exchanges"` lists them by exchange_id'
                )
            if (one in rejected) == (why is not None):
                state = f"is already rejected: {rejected[one]}" if one in rejected else "is not rejected"
                raise PermanentFailure(f"{one} {state}; nothing was changed")
        now = _instant(datetime.now(UTC))
        self.take_in(Decision(now, one, why) for one in exchange_ids)

    def rejections(self) -> dict[str, str]:
        """Why each response that is rejected now is, by its id."""
        newest = {one.exchange_id: one.why for one in sorted(self.decisions(), key=lambda one: one.decided_at)}
        return {exchange_id: why for exchange_id, why in newest.items() if why is not None}

    def decisions(self) -> list[Decision]:
        """Every recorded decision."""
        path = self.root / _REJECTIONS
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
            return [Decision(**json.loads(line)) for line in lines]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise PermanentFailure(
                f"{path} is damaged ({error}): it records which responses are rejected; bring it back with "
                "`openrouter-usage restore`, or fix the line"
            ) from error

    def take_in(self, new: Iterable[Decision]) -> None:
        """Add those decisions that are not recorded yet."""
        decisions = sorted({*self.decisions(), *new}, key=lambda one: (one.decided_at, one.exchange_id))
        lines = (json.dumps(asdict(one), ensure_ascii=False) for one in decisions)
        durable.write(self.root / _REJECTIONS, "".join(f"{line}\n" for line in lines).encode(), kept=_KEPT)

    # --- recorded exchanges ------------------------------------------------------------------------------------

    def import_recorded(self, path: Path) -> Iterator[tuple[Path, Landed, bool]]:
        """Take in recorded exchanges as if they had been read at their ``retrieved_at``.

        ``path`` is a file or a folder of gzipped or plain JSON: ``{request, retrieved_at, response: {status, body},
        capture, provenance}``. Yields file, description and whether it was new. The whole import is checked before the
        first exchange is kept.
        """
        if self.data_dir.is_simulated:
            raise PermanentFailure(
                f"importing {path} failed: {self.data_dir.path} holds simulated data, and recorded responses are real: "
                "name another folder with --data-dir"
            )
        if not path.exists():
            raise PermanentFailure(f"importing {path} failed: it does not exist")
        files = sorted(
            file
            for file in ([path] if path.is_file() else path.rglob("*"))
            if file.name.endswith((".json", ".json.gz")) and not file.name.startswith(".")
        )
        if not files:
            raise PermanentFailure(f"importing {path} failed: it holds no .json or .json.gz file")
        for file, exchange in [(file, recorded.read(file)) for file in files]:
            landed, is_new = self._keep(*exchange)
            yield file, landed, is_new

    # --- copies ------------------------------------------------------------------------------------------------

    def backup(self, target: Path) -> tuple[int, int]:
        """Copy what ``target`` lacks, each body checked by its sha256. Returns files copied and files there before."""
        if target.resolve().is_relative_to(self.data_dir.path.resolve()):
            raise PermanentFailure(f"backing up to {target} failed: it is in the data directory itself; name another disk")
        copied = _copy_missing(self, Landing(DataDir(target)))
        made = {"at": _instant(datetime.now(UTC)), "target": str(target)}
        durable.write(self.data_dir.backups, f"{json.dumps(made)}\n".encode())
        return copied

    def restore(self, source: Path) -> tuple[int, int]:
        """Bring back what is missing or damaged here, each body checked by its sha256 in the source first."""
        return _copy_missing(backed_up(source), self)


def backed_up(source: Path) -> Landing:
    """The archive that a backup made. Raises PermanentFailure where there is none."""
    origin = Landing(DataDir(source))
    if not origin.root.is_dir():
        raise PermanentFailure(f"restoring from {source} failed: it holds no folder named landing")
    return origin


def _copy_missing(origin: Landing, target: Landing) -> tuple[int, int]:
    _same_kind(origin, target)
    copied = present = 0
    damaged = _copy_decisions(origin, target)
    for path in origin.ids().values():
        try:
            landed = origin.describe(path)
            body = origin.body(path, landed)
        except PermanentFailure as failure:
            # One damaged response does not keep the others from being copied.
            damaged.append(str(failure))
            continue
        there = target.root / path.relative_to(origin.root)
        try:
            if target.describe(there) == landed:
                target.body(there, landed)
                present += 1
                continue
        except (PermanentFailure, FileNotFoundError):
            pass  # missing or damaged in the target: copied below
        _write(there, body, path.read_bytes())
        copied += 1
    if damaged:
        raise PermanentFailure(
            f"{copied} responses were copied and {present} were there, but {len(damaged)} in {origin.root} are damaged: "
            f"{damaged[0]}{'; `openrouter-usage verify` lists all' if len(damaged) > 1 else ''}"
        )
    return copied, present


def _copy_decisions(origin: Landing, target: Landing) -> list[str]:
    """Bring the decisions of both together in the target. Returns what is wrong with the origin's, if anything is."""
    try:
        decisions = origin.decisions()
    except PermanentFailure as failure:
        return [str(failure)]
    try:
        target.decisions()
    except PermanentFailure:
        (target.root / _REJECTIONS).unlink()  # damaged there: replaced from here
    if decisions:
        target.take_in(decisions)
    return []


def _same_kind(origin: Landing, target: Landing) -> None:
    """A simulated archive stays simulated where it is copied to, and the two kinds never mix."""
    if origin.data_dir.is_simulated:
        target.data_dir.mark_simulated()
    elif target.data_dir.is_simulated:
        raise PermanentFailure(
            f"{target.data_dir.path} is marked as simulated and {origin.data_dir.path} is not: choose another folder"
        )
    target.root.mkdir(parents=True, exist_ok=True)
