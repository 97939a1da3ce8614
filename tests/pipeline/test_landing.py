"""The archive: what was received is kept as it came, once, and what is not sound is told rather than used."""

from __future__ import annotations

import errno
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.landing import Landed, Landing
from pipeline.openrouter.client import Exchange
from pipeline.settings import DataDir
from tests import support
from tests.support import BASE_URL, RANKINGS, exchange, instant

AT = instant("2026-01-02T06:30")
PARAMS = {"period": "day", "start_date": "2026-01-01", "end_date": "2026-01-01"}
SIMULATED = {"x-simulated": "1"}


def landing_at(path: Path, *, simulated: bool = False) -> Landing:
    data_dir = DataDir(path)
    if simulated:
        data_dir.mark_simulated()
    return Landing(data_dir)


def received(body: bytes = b'{"data": []}', **changes: Any) -> Exchange:
    return exchange(body, PARAMS, **{"at": AT, **changes})


def files_of(landing: Landing) -> dict[str, bytes]:
    """Everything beneath the data directory, by its path within."""
    top = landing.data_dir.path
    return {str(path.relative_to(top)): path.read_bytes() for path in sorted(top.rglob("*")) if path.is_file()}


def kept(landing: Landing) -> list[tuple[Landed, bytes]]:
    described = [(path, landing.describe(path)) for path in landing.ids().values()]
    return [(landed, landing.body(path, landed)) for path, landed in described]


def parts_of(landing: Landing) -> tuple[Path, Path]:
    """Description and body of the one exchange that was landed."""
    (described,) = landing.ids().values()
    return described, described.with_name(f"{described.stem}.body.gz")


def recorded(body: Any = None, **changes: Any) -> dict[str, Any]:
    return support.recorded({"data": []} if body is None else body, PARAMS, at=AT, **changes)


def write_recorded(folder: Path, **files: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


# --- appending -----------------------------------------------------------------------------------------------------


def test_the_same_exchange_lands_once(tmp_path: Path) -> None:
    """An exchange that is offered again changes no byte of the archive."""
    landing = landing_at(tmp_path)
    first = landing.append(received())
    before = files_of(landing)
    assert landing.append(received()) == first
    assert files_of(landing) == before
    assert len(before) == 2


@pytest.mark.parametrize(
    "changes",
    [{"at": instant("2026-01-02T06:31")}, {"body": b"{}"}, {"path": "/models"}],
    ids=["time", "content", "request"],
)
def test_another_exchange_lands_beside_it(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Identity is request, reading time and content: where one differs, both exchanges are kept."""
    landing = landing_at(tmp_path)
    landing.append(received())
    landing.append(received(**changes))
    assert len(landing.ids()) == 2


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00not utf-8\x80", b'{"a": "\xc3\xa9"}\r\n', b"{" * 100_000])
def test_bytes_come_back_verbatim(tmp_path: Path, body: bytes) -> None:
    """A body comes back byte for byte, be it text or not."""
    landing = landing_at(tmp_path)
    landing.append(received(body))
    assert [found for _, found in kept(landing)] == [body]
    assert landing.verify() == (1, [])


def test_what_was_asked_stands_beside_the_body(tmp_path: Path) -> None:
    """Request, status, time and hash are read back as they were landed."""
    landing = landing_at(tmp_path)
    landed = landing.append(received(headers={"date": "Fri, 02 Jan 2026 06:30:00 GMT"}, is_truncated=True))
    assert [found for found, _ in kept(landing)] == [landed]
    assert (landed.endpoint, landed.params, landed.read_at, landed.capture) == (RANKINGS, PARAMS, AT, "api")
    assert landed.is_truncated
    assert landed.provenance == "live"


def test_exchanges_are_listed_in_the_order_they_were_read(tmp_path: Path) -> None:
    """Whatever the order of landing and the endpoint, ids come in the order of reading."""
    landing = landing_at(tmp_path)
    times = ["2026-03-01T00:00", "2025-12-31T23:59", "2026-01-01T00:00"]
    for time, path in zip(times, ["/models", RANKINGS, "/benchmarks"], strict=True):
        landing.append(received(at=instant(time), path=path))
    assert [landed.read_at for landed, _ in kept(landing)] == sorted(instant(time) for time in times)


@settings(max_examples=50, deadline=None)
@given(path=st.text(max_size=60))
@example("../../etc/passwd")
@example("%2e%2e/a\x00b/\u202ec/..")
@example("a|b/`c`/<d>")
def test_no_path_leads_out_of_the_archive(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    """Whatever a request's path is, it gives folders of letters, digits, ``-_.`` beneath landing, and is read back."""
    top = tmp_path_factory.mktemp("top")
    landing = landing_at(top / "data")
    landing.append(received(url=f"{BASE_URL}/{path}"))
    assert landing.verify() == (1, [])
    files = [file.relative_to(top) for file in top.rglob("*") if file.is_file()]
    assert {file.parts[:2] for file in files} == {("data", "landing")}
    assert all(c.isalnum() or c in "-_./" for file in files for c in file.as_posix())


def test_odd_endpoints_are_landed(tmp_path: Path) -> None:
    """One that ends as our files do makes a folder, which is no exchange; one may be longer than a file's name."""
    landing = landing_at(tmp_path)
    for path in ("/openapi.json", "/x.body.gz", "/" + "x" * 300):
        landing.append(received(path=path))
    assert len(landing.ids()) == 3
    assert landing.verify() == (3, [])


# --- simulated data ------------------------------------------------------------------------------------------------


def test_a_simulated_answer_is_refused_where_real_data_lies(tmp_path: Path) -> None:
    """An answer that says it is simulated never lands beside real ones, and nothing is written."""
    landing = landing_at(tmp_path)
    with pytest.raises(PermanentFailure, match="simulated"):
        landing.append(received(headers=SIMULATED))
    assert files_of(landing) == {}


def test_a_simulated_answer_lands_in_a_marked_directory(tmp_path: Path) -> None:
    """A directory marked as simulated takes simulated answers and says of each what it is."""
    landing = landing_at(tmp_path, simulated=True)
    landed = landing.append(received(headers=SIMULATED))
    assert (landed.is_simulated, landed.provenance) == (True, "simulator")


def test_real_data_is_never_marked_as_simulated(tmp_path: Path) -> None:
    """A directory where real responses were landed cannot be turned into a demo."""
    landing = landing_at(tmp_path)
    landing.append(received())
    before = files_of(landing)
    with pytest.raises(PermanentFailure, match="not simulated"):
        landing.data_dir.mark_simulated()
    assert files_of(landing) == before


# --- damage --------------------------------------------------------------------------------------------------------


def damage(path: Path, kind: str) -> None:
    content = path.read_bytes()
    match kind:
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "empty":
            path.write_bytes(b"")
        case "other content":
            path.write_bytes(gzip.compress(b"something else"))
        case "flipped byte":
            path.write_bytes(content[:-6] + bytes([content[-6] ^ 1]) + content[-5:])
        case "garbage":
            path.write_bytes(b"\x00\xff" * 40)
        case "gone":
            path.unlink()


@pytest.mark.parametrize("kind", ["cut", "empty", "other content", "flipped byte", "garbage", "gone"])
def test_a_damaged_body_is_named_with_its_remedy(tmp_path: Path, kind: str) -> None:
    """A body that is not what was landed is refused in one line that names the file and what to do."""
    landing = landing_at(tmp_path)
    landing.append(received(b'{"data": [1, 2, 3]}' * 20))
    described, body = parts_of(landing)
    damage(body, kind)
    with pytest.raises(PermanentFailure) as failure:
        landing.body(described, landing.describe(described))
    message = str(failure.value)
    assert str(body) in message
    assert "openrouter-usage restore" in message
    assert "\n" not in message
    assert landing.verify() == (0, [message])


NOT_DESCRIBED = [b"", b"{", b"[]", b"null", b'{"exchange_id": "x"}', b"\xff\xfe", b'{"a": 1}']
CHANGED: list[dict[str, Any]] = [
    {"retrieved_at": "x"}, {"params": []}, {"params": {"a": "1"}}, {"url": "http://[bad"}, {"sha256": 5},
    {"exchange_id": "x"}, {"status": "200"}, {"headers": None},
]  # fmt: skip


@pytest.mark.parametrize("damage", [*NOT_DESCRIBED, *CHANGED], ids=str)
def test_a_damaged_description_is_named_with_its_remedy(tmp_path: Path, damage: bytes | dict[str, Any]) -> None:
    """What cannot be read, or no longer fits its name, is refused in one line that names the file and what to do."""
    landing = landing_at(tmp_path)
    landing.append(received())
    described, _ = parts_of(landing)
    changed = damage if isinstance(damage, bytes) else json.dumps(json.loads(described.read_text()) | damage).encode()
    described.write_bytes(changed)
    with pytest.raises(PermanentFailure) as failure:
        landing.describe(described)
    message = str(failure.value)
    assert str(described) in message
    assert "openrouter-usage restore" in message
    assert "\n" not in message
    assert landing.verify() == (0, [message])


def test_a_body_without_description_is_reported_and_not_used(tmp_path: Path) -> None:
    """A writer killed between the two files leaves a body that is told of and never read."""
    landing = landing_at(tmp_path)
    landing.append(received())
    described, body = parts_of(landing)
    described.unlink()
    assert landing.ids() == {}
    sound, problems = landing.verify()
    assert sound == 0
    assert [str(body) in problem for problem in problems] == [True]
    landing.append(received())
    assert landing.verify() == (1, [])


def test_a_temporary_file_left_behind_is_no_exchange(tmp_path: Path) -> None:
    """A writer killed while it wrote leaves a temporary file that is neither read nor counted."""
    landing = landing_at(tmp_path)
    landing.append(received())
    described, body = parts_of(landing)
    for path in (described, body):
        path.with_name(f".{path.name}.4711.tmp").write_bytes(path.read_bytes()[:5])
    assert list(landing.ids().values()) == [described]
    assert landing.verify() == (1, [])


def test_a_disk_that_fills_up_between_the_two_files_leaves_no_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exchange exists when its description does, which is written last; the step can be taken again."""
    landing = landing_at(tmp_path)
    landing.append(received())
    another, replace = received(at=instant("2026-01-03T06:30")), Path.replace

    def fails_for_descriptions(self: Path, target: Path) -> Path:
        if target.suffix == ".json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fails_for_descriptions)
        with pytest.raises(TransientFailure, match=r"free disk space .* what was landed before is intact"):
            landing.append(another)
    assert len(landing.ids()) == 1
    assert not [name for name in files_of(landing) if name.endswith(".tmp")]
    landing.append(another)
    assert landing.verify() == (2, [])


# --- importing -----------------------------------------------------------------------------------------------------


def test_an_import_keeps_what_stands_beside_the_body(tmp_path: Path) -> None:
    """Capture, provenance and reading time are kept, and the body lands as compact JSON."""
    content = recorded({"data": [{"name": "é", "n": 1}]}, capture="top9", provenance="kept by hand")
    source = write_recorded(tmp_path / "from", one=content)
    landing = landing_at(tmp_path / "to")
    ((file, landed, is_new),) = landing.import_recorded(source)
    assert (file, is_new) == (source / "one.json", True)
    assert (landed.capture, landed.provenance, landed.read_at) == ("top9", "kept by hand", AT)
    assert kept(landing) == [(landed, '{"data":[{"name":"é","n":1}]}'.encode())]


def test_gzipped_and_plain_files_are_imported_alike(tmp_path: Path) -> None:
    """One exchange recorded in two files, one of them gzipped, lands once."""
    source = write_recorded(tmp_path / "from", one=recorded())
    (source / "deeper").mkdir()
    (source / "deeper" / "two.json.gz").write_bytes(gzip.compress((source / "one.json").read_bytes()))
    landing = landing_at(tmp_path / "to")
    assert sorted(is_new for _, _, is_new in landing.import_recorded(source)) == [False, True]
    assert len(landing.ids()) == 1


def test_importing_twice_changes_nothing(tmp_path: Path) -> None:
    """An import that is repeated finds every exchange there and changes no byte."""
    source = write_recorded(tmp_path / "from", one=recorded(), two=recorded({"data": [1]}))
    landing = landing_at(tmp_path / "to")
    assert [is_new for _, _, is_new in landing.import_recorded(source)] == [True, True]
    before = files_of(landing)
    assert [is_new for _, _, is_new in landing.import_recorded(source / "one.json")] == [False]
    assert [is_new for _, _, is_new in landing.import_recorded(source)] == [False, False]
    assert files_of(landing) == before


BAD_FILES: dict[str, Any] = {
    "no JSON": "{",
    "no object": "[1]",
    "no request": {name: value for name, value in recorded().items() if name != "request"},
    "no body": recorded(response={"status": 200}),
    "no zone": recorded(retrieved_at="2026-01-02T06:30:00"),
    "no time": recorded(retrieved_at="yesterday"),
    "no number": recorded(retrieved_at=5),
    "another capture": recorded(capture="guessed"),
    "no provenance": {name: value for name, value in recorded().items() if name != "provenance"},
    "no mapping": recorded(request={"method": "GET", "url": BASE_URL, "params": ["a"]}),
    "no status": recorded(response={"status": "fine", "body": {}}),
    "no url": recorded(request={"method": "GET", "url": "http://[bad", "params": {}}),
    "nesting without end": "[" * 100_000,
    "the future": recorded(retrieved_at="2099-01-01T00:00:00Z"),
    "no instant": recorded(retrieved_at="0001-01-01T00:00:00+14:00"),
}


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file_stops_an_import_before_it_began(tmp_path: Path, content: Any) -> None:
    """A folder with one bad file imports nothing, and the message names that file."""
    source = write_recorded(tmp_path / "from", a_good=recorded(), b_bad=content, c_good=recorded({"data": [1]}))
    landing = landing_at(tmp_path / "to")
    with pytest.raises(PermanentFailure, match="nothing was imported") as failure:
        list(landing.import_recorded(source))
    assert str(source / "b_bad.json") in str(failure.value)
    assert files_of(landing) == {}


def test_a_cut_gzip_file_stops_an_import(tmp_path: Path) -> None:
    """A recorded file that was not copied whole is refused by name."""
    tmp_path.joinpath("cut.json.gz").write_bytes(gzip.compress(json.dumps(recorded()).encode())[:-9])
    with pytest.raises(PermanentFailure, match=r"cut\.json\.gz"):
        list(landing_at(tmp_path / "to").import_recorded(tmp_path))


def test_an_import_without_files_says_so(tmp_path: Path) -> None:
    """An empty folder is a mistake, not an import of nothing."""
    with pytest.raises(PermanentFailure, match="it holds no"):
        list(landing_at(tmp_path / "to").import_recorded(tmp_path))


# --- copies --------------------------------------------------------------------------------------------------------


def test_a_second_backup_copies_nothing(tmp_path: Path) -> None:
    """A backup copies what its target lacks, and notes when it was made."""
    landing, target = landing_at(tmp_path / "data"), tmp_path / "backup"
    landing.append(received())
    assert not landing.data_dir.backups.exists()
    assert landing.backup(target) == (1, 0)
    assert json.loads(landing.data_dir.backups.read_text())["target"] == str(target)
    assert landing.backup(target) == (0, 1)
    landing.append(received(at=instant("2026-01-03T06:30")))
    assert landing.backup(target) == (1, 1)
    assert kept(landing_at(target)) == kept(landing)


@pytest.mark.parametrize("part", [0, 1], ids=["description", "body"])
@pytest.mark.parametrize("kind", ["cut", "other content", "gone"])
def test_a_restore_repairs_what_is_damaged(tmp_path: Path, part: int, kind: str) -> None:
    """What is damaged or gone comes back from a backup; what is sound is not touched."""
    landing, target = landing_at(tmp_path / "data"), tmp_path / "backup"
    landing.append(received(b'{"data": [1, 2, 3]}' * 20))
    before = kept(landing)
    landing.backup(target)
    damage(parts_of(landing)[part], kind)
    assert landing.restore(target) == (1, 0)
    assert kept(landing) == before
    assert landing.restore(target) == (0, 1)


def test_a_backup_repairs_its_target(tmp_path: Path) -> None:
    """A body that was damaged in the backup is copied anew."""
    landing, target = landing_at(tmp_path / "data"), landing_at(tmp_path / "backup")
    landing.append(received())
    landing.backup(target.data_dir.path)
    damage(parts_of(target)[1], "garbage")
    assert landing.backup(target.data_dir.path) == (1, 0)
    assert target.verify() == (1, [])


@pytest.mark.parametrize("verb", ["backup", "restore"])
@pytest.mark.parametrize("part", [0, 1], ids=["description", "body"])
def test_damage_is_never_copied(tmp_path: Path, verb: str, part: int) -> None:
    """A damaged source is refused by name, so that a good copy is never overwritten with it."""
    source, target = landing_at(tmp_path / "from"), landing_at(tmp_path / "to")
    source.append(received())
    source.backup(target.data_dir.path)
    damage(parts_of(source)[part], "cut")
    damage(parts_of(target)[1], "gone")
    copy, other = (source.backup, target) if verb == "backup" else (target.restore, source)
    with pytest.raises(PermanentFailure) as failure:
        copy(other.data_dir.path)
    assert str(parts_of(source)[part]) in str(failure.value)


def test_a_backup_never_mixes_simulated_and_real(tmp_path: Path) -> None:
    """Neither kind of archive is copied into a directory of the other, in either direction."""
    real, simulated = landing_at(tmp_path / "real"), landing_at(tmp_path / "simulated", simulated=True)
    real.append(received())
    simulated.append(received(headers=SIMULATED))
    before = files_of(real), files_of(simulated)
    for origin, target in ((real, simulated), (simulated, real)):
        with pytest.raises(PermanentFailure, match="simulated"):
            origin.backup(target.data_dir.path)
        with pytest.raises(PermanentFailure, match="simulated"):
            target.restore(origin.data_dir.path)
    assert (files_of(real), files_of(simulated)) == before


def test_a_copy_of_simulated_data_stays_simulated(tmp_path: Path) -> None:
    """The mark goes with the data."""
    landing = landing_at(tmp_path / "demo", simulated=True)
    landing.append(received(headers=SIMULATED))
    landing.backup(tmp_path / "copy")
    assert DataDir(tmp_path / "copy").is_simulated


def test_a_restore_from_nothing_says_so(tmp_path: Path) -> None:
    """A folder that is no backup is refused."""
    with pytest.raises(PermanentFailure, match="no folder named landing"):
        landing_at(tmp_path / "data").restore(tmp_path / "elsewhere")


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Where no folder can be made the failure says so, and can be mended."""
    (tmp_path / "landing").write_text("a file")
    with pytest.raises(TransientFailure, match="making"):
        landing_at(tmp_path).append(received())


def test_backup_into_itself_is_none(tmp_path: Path) -> None:
    """A copy beside the original is no backup, and does not silence the warning."""
    landing = landing_at(tmp_path)
    landing.append(received())
    with pytest.raises(PermanentFailure, match="itself"):
        landing.backup(tmp_path)
    assert not landing.data_dir.backups.exists()


def test_one_damaged_response_keeps_no_other_from_being_copied(tmp_path: Path) -> None:
    """Verifying and copying go on past it; the backup names it, and does not count as done."""
    landing = landing_at(tmp_path / "here")
    for number in range(3):
        landing.append(received(path=f"/endpoint/{number}"))
    next((tmp_path / "here").rglob("*.body.gz")).write_bytes(b"damaged")
    sound, problems = landing.verify()
    assert (sound, len(problems)) == (2, 1)
    with pytest.raises(PermanentFailure, match="2 responses were copied"):
        landing.backup(tmp_path / "there")
    assert len(landing_at(tmp_path / "there").ids()) == 2
    assert not landing.data_dir.backups.exists()


@pytest.mark.parametrize(
    ("url", "provenance"),
    [
        ("https://openrouter.ai/api/v1/models", "live"),
        ("https://openrouter.ai/api/v1/datasets/exports/index.json", "export"),
        ("https://openrouter.ai/openapi.json", "export"),
        ("https://vercel.com/api/ai/leaderboard-export", "export"),
    ],
)
def test_what_was_fetched_without_a_key_says_so(tmp_path: Path, url: str, provenance: str) -> None:
    """A run without a key goes on in a directory that holds what any such run fetched."""
    landing = Landing(DataDir(tmp_path))
    assert landing.append(exchange({}, {}, at=instant("2026-01-02T06:30"), url=url)).provenance == provenance
    assert landing.has_keyed_responses() == (provenance == "live")
