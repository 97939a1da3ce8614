"""Somebody is told, once, of what is wrong and of its end: by a webhook and by e-mail, both tried on loopback."""

from __future__ import annotations

import base64
import logging
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dagster import DagsterInstance, SkipReason, build_sensor_context
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from pipeline import cli, store
from pipeline import settings as environment
from pipeline.alerts import channels
from pipeline.alerts.incidents import look, open_now
from pipeline.alerts.outbox import try_out
from pipeline.contracts.tables import TABLES
from pipeline.definitions import build_defs
from pipeline.landing import Landing
from pipeline.load.loading import load
from pipeline.run.jobs import REBUILD
from pipeline.settings import ROOT, DataDir, Settings, Told
from tests.loopback import SECRET, Mailbox, Webhook, mailbox, webhook
from tests.support import block_rows, build_order, build_tables, exchange, instant, land_blocks, needed_for, settings_for

pytestmark = [pytest.mark.made_up_levels, pytest.mark.without_page]

MORNING = instant("2026-02-05T07:00")
TWO_DAYS_LATER = MORNING + timedelta(days=2)
TO = "one@example.org, other@example.org"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two published files: of MORNING, and of two days later with the days in between."""
    data_dir = DataDir(tmp_path_factory.mktemp("published"))
    landing, files = Landing(data_dir), store.Store(data_dir)
    found = []
    for now, last in ((MORNING, date(2026, 2, 4)), (TWO_DAYS_LATER, date(2026, 2, 6))):
        land_blocks(landing, {last - timedelta(days=n): block_rows(largest=10_000 - n) for n in range(7)}, at=now)
        land_blocks(landing, {date(2026, 1, 26): block_rows()}, at=now + timedelta(seconds=1), category="programming")
        load_and_cover(data_dir)
        with files.writer() as con:
            build = {"run_id": str(last), "built_at": now, "version": "0", "git_commit": None}
            store.append_rows(con, TABLES["ops.builds"], [{**build, "reference_hashes": "{}", "is_simulated": False}])
        files.publish()
        found.append(Path(shutil.copy(data_dir.published, data_dir.path / f"{last}.duckdb")))
    return found[0], found[1]


def load_and_cover(data_dir: DataDir) -> None:
    """What landing holds, with the tables that say how old it is."""
    files = store.Store(data_dir)
    with files.writer() as con:
        load(con, Landing(data_dir), run_id="test")
        needed = needed_for(["core.series_coverage"])
        build_tables(files, con, [name for name in build_order() if name in needed])


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as found:
        yield found


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture
def told(files: tuple[Path, Path], tmp_path: Path, hook: Webhook) -> Settings:
    """A directory as it was published on MORNING, with a webhook."""
    settings = settings_for(tmp_path / "data", told=Told(webhook_url=hook.url))
    settings.data_dir.path.mkdir()
    shutil.copy(files[0], settings.data_dir.published)
    return settings


# --- once ------------------------------------------------------------------------------------------------------------


def test_nothing_is_told_when_all_is_well(told: Settings, hook: Webhook) -> None:
    """Fresh series and a run that went well are no news."""
    assert look(told, MORNING, failures=[]) == []
    assert hook.asked == []


def test_incident_is_told_once_and_its_end_once(told: Settings, hook: Webhook, files: tuple[Path, Path]) -> None:
    """What opens together is one message; nothing more is said until it is over."""
    for hours in (0, 1, 24):
        assert look(told, TWO_DAYS_LATER + timedelta(hours=hours)) == []
    [text] = hook.texts
    subject, *lines = text.splitlines()
    assert subject == "openrouter-usage: 2 opened"
    assert lines[0].startswith("opened: no new data since 2026-02-05 07:00 UTC")
    stale = "opened: usage_day is stale: newest 2026-02-04, 55 h old, limit 36 h"
    assert lines[1] == f"{stale} (since 2026-02-07 07:00 UTC)"
    shutil.copy(files[1], told.data_dir.published)
    for hours in (25, 26):
        assert look(told, TWO_DAYS_LATER + timedelta(hours=hours)) == []
    _, over = hook.texts
    assert over.splitlines()[0] == "openrouter-usage: 2 resolved"
    assert "resolved: usage_day is stale" in over
    assert "(since 2026-02-07 07:00 UTC to 2026-02-08 08:00 UTC)" in over


def test_failed_run_is_told_until_one_goes_well(told: Settings, hook: Webhook) -> None:
    """The first failure is told; looks between runs neither repeat nor end it, a good run does. Once per incident, not once
    for ever."""
    look(told, MORNING, failures=["the source answered with nothing", "another"])
    look(told, MORNING)
    for failures in (["still nothing"], [], ["no"], []):
        look(told, MORNING, failures=failures)
    assert "opened: the newest run failed: the source answered with nothing (and 1 more" in hook.texts[0]
    assert [text.splitlines()[0].split()[-1] for text in hook.texts] == ["opened", "resolved"] * 2


def test_many_incidents_are_one_bounded_message(told: Settings, hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message is read by a person: the urgent lines first, the rest counted."""
    monkeypatch.setattr("pipeline.alerts.outbox.SHOWN_LINES", 1)
    look(told, TWO_DAYS_LATER, failures=["x" * 100_000])
    [text] = hook.texts
    assert len(text) < 1000
    assert "the newest run failed" in text
    assert "… and 2 more: openrouter-usage status shows what is open" in text


def publish_blocks(told: Settings, *categories: tuple[str, int]) -> None:
    """Publish a day, and a week of so many models of each of these categories, in the place of what is there."""
    shutil.rmtree(told.data_dir.path)
    landing = Landing(told.data_dir)
    for category, count in categories:
        land_blocks(landing, {date(2026, 1, 26): block_rows(count=count)}, at=MORNING, category=category)
    land_blocks(landing, {date(2026, 2, 4): block_rows()}, at=MORNING)
    load_and_cover(told.data_dir)
    store.Store(told.data_dir).publish()


def test_never_read_required_series_is_an_incident(told: Settings, hook: Webhook) -> None:
    """A published file without a required series is said, an optional one that was never read is not."""
    publish_blocks(told)
    look(told, MORNING)
    assert [one.key for one in open_now(told, MORNING)] == ["unread/category_week/programming"]
    assert len(hook.texts) == 1


def test_refused_answer_that_waits_is_an_incident(told: Settings, hook: Webhook) -> None:
    """An optional series that is refused stops nothing, and somebody hears of it."""
    publish_blocks(told, ("programming", 45), ("legal", 1))
    look(told, MORNING)
    [text] = hook.texts
    assert "opened: rejected category_week/legal 2026-01-26 (optional)" in text


# --- never lost ------------------------------------------------------------------------------------------------------


def test_what_was_not_delivered_is_told_by_the_next_look(told: Settings, hook: Webhook) -> None:
    """A channel that is down is a warning, no failure; also what was over meanwhile is told."""
    hook.status = 503
    [warning] = look(told, MORNING, failures=["no"])
    assert warning == "sending by webhook failed: it returned 503; 1 waits for the next check"
    look(told, MORNING, failures=[])
    assert hook.texts == []
    hook.status = 200
    assert look(told, MORNING) == []
    [text] = hook.texts
    assert "resolved: the newest run failed: no" in text
    assert look(told, MORNING) == []
    assert len(hook.texts) == 1


def test_one_channel_does_not_wait_for_the_other(told: Settings, hook: Webhook, box: Mailbox) -> None:
    """Who was told is remembered for each channel."""
    both = replace(told, told=replace(told.told, email_to=TO, smtp_url=box.url))
    hook.status = 500
    look(both, MORNING, failures=["no"])
    assert (len(hook.texts), len(box.mails)) == (0, 1)
    hook.status = 200
    look(both, MORNING)
    assert (len(hook.texts), len(box.mails)) == (1, 1)


def test_channel_set_up_later_hears_what_is_open(told: Settings, hook: Webhook) -> None:
    """Whoever sets up a webhook because something is wrong is told of it."""
    look(replace(told, told=Told()), TWO_DAYS_LATER)
    look(told, TWO_DAYS_LATER + timedelta(hours=1))
    [text] = hook.texts
    assert "(since 2026-02-07 07:00 UTC)" in text


COMMAND = "from pipeline.cli import main; main()"


def test_two_processes_tell_once(told: Settings, hook: Webhook) -> None:
    """A run of cron and the daemon may look in the same second."""
    both_began = threading.Event()
    hook.before = lambda: both_began.wait(30)
    values = {**os.environ, "OPENROUTER_USAGE_WEBHOOK_URL": hook.url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", COMMAND, "--data-dir", str(told.data_dir.path), "alert"]
    processes = [
        subprocess.Popen(command, env=values, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)
    ]
    both_began.set()
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert len(hook.texts) == 1
    assert all(SECRET not in one for one in said)


# --- what is sent ----------------------------------------------------------------------------------------------------


def test_webhook_is_escaped_as_slack_asks(told: Settings, hook: Webhook) -> None:
    """A source's error message cannot call a whole channel or hide a link."""
    look(told, MORNING, failures=["<!channel> & <https://evil.example|click>\n\x1b[31m"])
    [text] = hook.texts
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;\\n\\x1b[31m" in text
    assert hook.asked == [("POST", f"/services/{SECRET}")]


def test_mail_is_plain_and_goes_to_everyone(told: Settings, box: Mailbox) -> None:
    """Sender, recipients, subject and the lines, after a login."""
    look(replace(told, told=Told(email_to=TO, smtp_url=box.url)), MORNING, failures=["größer <b>"])
    [mail] = box.mails
    assert (mail["from"], mail["to"], mail["subject"]) == ("watch@example.org", TO, "openrouter-usage: 1 opened")
    assert "opened: the newest run failed: größer <b> (since 2026-02-05 07:00 UTC)" in mail.get_content()
    assert box.recipients == [["one@example.org", "other@example.org"]]
    login = base64.b64encode(f"\0watch@example.org\0{SECRET}".encode())
    assert b"AUTH PLAIN " + login + b"\r\n" in box.said


def test_simulated_directory_says_so(told: Settings, hook: Webhook, box: Mailbox) -> None:
    """A demo may be used to try the channels, and nobody takes it for real."""
    told.data_dir.mark_simulated()
    look(replace(told, told=replace(told.told, email_to=TO, smtp_url=box.url)), MORNING, failures=["no"])
    assert hook.texts[0].startswith("SIMULATED openrouter-usage: 1 opened\n")
    assert box.mails[0]["subject"] == "SIMULATED openrouter-usage: 1 opened"
    assert "SIMULATED data, not OpenRouter's." in hook.texts[0]


def test_heartbeat_is_missed_when_something_urgent_is_open(told: Settings, hook: Webhook) -> None:
    """A service that waits for the ping hears it from good looks only, and from no dead machine."""
    beating = replace(told, told=Told(heartbeat_url=hook.url))
    look(beating, MORNING, failures=[])
    assert hook.asked == [("GET", f"/services/{SECRET}")]
    look(beating, MORNING, failures=["no"])
    look(beating, TWO_DAYS_LATER, failures=[])
    assert len(hook.asked) == 1
    hook.status = 404
    assert look(beating, MORNING) == [
        "the heartbeat failed: it returned 404: check OPENROUTER_USAGE_HEARTBEAT_URL"
    ]  # fmt: skip


# --- what a channel may do -------------------------------------------------------------------------------------------


def test_redirect_is_not_followed(told: Settings, hook: Webhook) -> None:
    """What is told goes where it was told to go, and nowhere else."""
    hook.status, hook.location = 307, "/elsewhere"
    [warning] = look(told, MORNING, failures=["no"])
    assert "it returned 307: check OPENROUTER_USAGE_WEBHOOK_URL" in warning
    assert hook.asked == [("POST", f"/services/{SECRET}")]


def test_channel_that_hangs_is_left_behind(told: Settings, hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run ends although a channel never answers."""
    monkeypatch.setattr(channels, "DEADLINE_SECONDS", 0.2)
    done = threading.Event()
    hook.before = lambda: done.wait(30)
    [warning] = look(told, MORNING, failures=["no"])
    done.set()
    assert warning == "sending by webhook failed: it was not finished after 0.2 s; 1 waits for the next check"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"webhook_url": f"http://hooks.example.org/{SECRET}"}, "OPENROUTER_USAGE_WEBHOOK_URL has to begin with https://"),
        ({"webhook_url": SECRET}, "OPENROUTER_USAGE_WEBHOOK_URL is not a valid URL"),
        ({"webhook_url": f"https://[{SECRET}"}, "OPENROUTER_USAGE_WEBHOOK_URL is not a valid URL"),
        ({"webhook_url": f"http://127.0.0.1:1/{SECRET}"}, "it could not be reached (ConnectError)"),
        ({"smtp_url": f"smtp://u:{SECRET}@127.0.0.1:1"}, "go together, and one of them is not set"),
        ({"email_to": TO, "smtp_url": f"https://u:{SECRET}@127.0.0.1:1"}, "is read as smtp://user:password@host:port"),
        ({"email_to": TO, "smtp_url": f"smtp://u:{SECRET}@127.0.0.1:1"}, "did not accept it (ConnectionRefusedError)"),
        (
            {"email_to": "a@b.org\nBcc: c@d.org", "smtp_url": f"smtp://u:{SECRET}@127.0.0.1:1"},
            "is not a list of plain addresses",
        ),
        ({"email_to": "nobody", "smtp_url": f"smtp://u:{SECRET}@127.0.0.1:1"}, "is not a list of plain addresses"),
        ({"email_to": ",", "smtp_url": f"smtp://u:{SECRET}@127.0.0.1:1"}, "is not a list of plain addresses"),
    ],
)
def test_channel_that_cannot_be_used_says_why(told: Settings, values: dict[str, str], said: str) -> None:
    """One warning names the variable or the cause; the address itself is a secret and is not repeated."""
    [warning] = look(replace(told, told=Told(**values)), MORNING, failures=["no"])
    assert said in warning
    assert SECRET not in warning


def test_password_travels_encrypted_or_not_at_all(told: Settings, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server elsewhere that offers no encryption is not told the password."""
    monkeypatch.setattr(channels, "_is_loopback", lambda host: False)
    [warning] = look(replace(told, told=Told(email_to=TO, smtp_url=box.url)), MORNING, failures=["no"])
    assert "the mail server did not accept it (SMTPNotSupportedError)" in warning
    assert box.mails == []
    assert not any(line.startswith(b"AUTH") for line in box.said)


def test_secrets_are_written_nowhere(
    told: Settings, hook: Webhook, box: Mailbox, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither in good times nor when channels fail: not in warnings, logs, output, the book or what shows settings."""
    caplog.set_level(logging.DEBUG)
    everything = replace(told, told=Told(hook.url, TO, box.url, hook.url))
    said = look(everything, MORNING)
    for hook.status, box.refuses in ((200, False), (500, True), (302, True)):
        said += look(everything, MORNING, failures=["no"]) + look(everything, MORNING, failures=[])
        said += [repr(everything), repr(everything.told), str(try_out(everything))]
    assert any("rejected user and password (535)" in one for one in said)
    written = [path.read_text(errors="replace") for path in told.data_dir.path.glob("alerts*")]
    logged = [record.getMessage() for record in caplog.records]
    assert len(written) == 2
    assert not [one for one in (*said, *written, *logged, *capfd.readouterr()) if SECRET in one]


# --- whatever comes --------------------------------------------------------------------------------------------------


@given(failures=st.lists(st.text(max_size=500), min_size=1, max_size=3))
@hypothesis(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_told(told: Settings, hook: Webhook, box: Mailbox, failures: list[str]) -> None:
    """Whatever a source says: the message arrives, as JSON and as one mail, with our headers and in our lines."""
    both = replace(told, told=replace(told.told, email_to=TO, smtp_url=box.url))
    hook.bodies.clear()
    box.mails.clear()
    told.data_dir.alerts.unlink(missing_ok=True)
    assert look(both, MORNING, failures=failures) == []
    [text], [mail] = hook.texts, box.mails
    assert not {"<", ">"} & set(text)
    assert len(text.splitlines()) == len(mail.get_content().splitlines()) + 1 == 4
    assert {name.lower() for name in mail} == {
        *("from", "to", "subject", "date", "message-id", "content-type", "content-transfer-encoding", "mime-version"),
    }


@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.sampled_from(
            [b"[]", b'{"incidents": 1}', b'{"incidents": [1]}', b'{"incidents": [], "sent": {"webhook": 3}}', b"[" * 9999]
        ),
    )
)
@hypothesis(max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_broken_book_is_begun_anew(told: Settings, content: bytes) -> None:
    """A book that a disk or a person spoilt costs a repetition, and no run."""
    told.data_dir.alerts.write_bytes(content)
    assert open_now(told, MORNING) == []
    [warning] = look(replace(told, told=Told()), MORNING)
    assert "is replaced" in warning
    assert look(told, MORNING) == []


def test_looking_never_fails_a_run(told: Settings) -> None:
    """Not even when the published file is broken: that is a warning."""
    told.data_dir.published.write_bytes(b"no database" * 1000)
    [warning] = look(told, MORNING, failures=["no"])
    assert warning.startswith("checking for incidents failed (PermanentFailure: opening ")


# --- where it is called from -----------------------------------------------------------------------------------------


def test_daemon_tells_of_runs_that_others_started(tmp_path: Path, hook: Webhook) -> None:
    """A run of the UI that fails is told once, with its cause, however often the daemon looks."""
    settings = settings_for(tmp_path / "data", told=Told(webhook_url=hook.url))
    settings.data_dir.landing.mkdir(parents=True)
    defs = build_defs(settings, clock=lambda: MORNING)
    [alert] = defs.sensors or ()
    with DagsterInstance.ephemeral() as instance:
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        job = defs.resolve_job_def(REBUILD)
        job.execute_in_process(instance=instance, run_config=quiet, raise_on_error=False)
        cursor = None
        for _ in range(2):
            context = build_sensor_context(instance=instance, cursor=cursor)
            assert isinstance(alert(context), SkipReason)
            cursor = context.cursor
    [text] = hook.texts
    assert "the newest run failed: rebuilding failed" in text
    assert "holds no response: bring it back" in text


@pytest.fixture
def command(told: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on the directory, with the webhook in the environment."""
    monkeypatch.setattr(environment, "dotenv_values", lambda path: {})
    monkeypatch.delenv(environment.KEY_VARIABLE, raising=False)
    monkeypatch.setenv(environment.WEBHOOK_VARIABLE, str(told.told.webhook_url))
    return lambda *arguments: CliRunner().invoke(cli.main, ["--data-dir", str(told.data_dir.path), *arguments])


def test_key_that_got_lost_is_told(told: Settings, hook: Webhook, command: Any) -> None:
    """A run that cannot even begin is one that failed; the loss is told, and not each day anew."""
    Landing(told.data_dir).append(exchange({}, {}, at=TWO_DAYS_LATER))
    for _ in range(2):
        assert command("run").exit_code == 1
    opened = [text for text in hook.texts if "there is no OPENROUTER_API_KEY" in text]
    assert len(opened) == len(hook.texts) == 1


def test_status_names_what_is_open_and_since_when(told: Settings, hook: Webhook, command: Any) -> None:
    """Looking at the status tells nobody, and shows the time at which somebody was told."""
    look(told, TWO_DAYS_LATER)
    result = command("status", "--all")
    assert result.exit_code == 1
    assert "usage_day is stale" in result.stdout.splitlines()[0]
    shown = [line for line in result.stdout.splitlines() if ": usage_day is stale" in line]
    assert [line.startswith("open since 2026-02-07 07:00 UTC: ") for line in shown] == [True]
    assert len(hook.texts) == 1


def test_alert_tells_and_can_be_tried(told: Settings, hook: Webhook, command: Any) -> None:
    """The second line of cron tells what no run told; a trial reaches each channel; what failed is exit code 1."""
    assert command("alert").exit_code == 0
    assert command("alert", "--test").exit_code == 0
    assert [text.splitlines()[0].partition(": ")[2][:8] for text in hook.texts] == ["3 opened", "a test"]
    hook.status = 410
    tried = command("alert", "--test")
    assert tried.exit_code == 1
    assert "webhook: it returned 410: check OPENROUTER_USAGE_WEBHOOK_URL" in tried.stderr
