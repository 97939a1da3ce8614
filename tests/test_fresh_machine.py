"""``make test`` on a machine with Python and make alone: what is missing is named with what enables it, or fails in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.settings import ROOT
from tests import browser

OF_THE_PAGE = "tests/pipeline/publish/report/test_page.py::test_without_scripts_the_drawings_show"


def without_programs(path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python with these arguments, where no program is found, nor a Chromium of Playwright's."""
    hidden = {"PATH": str(path), "PLAYWRIGHT_BROWSERS_PATH": str(path)}
    own = {name: value for name, value in os.environ.items() if name != "CI"} | hidden | environment
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=own, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(("ci", "code", "word"), [("", 0, "SKIPPED"), ("true", 1, "ERROR")])
def test_what_cannot_be_tested_is_skipped_by_name_and_fails_in_ci(tmp_path: Path, ci: str, code: int, word: str) -> None:
    """A user sees which tests are missing and the one command that enables them; a change does not land without them."""
    done = without_programs(tmp_path, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", OF_THE_PAGE, CI=ci)
    [line] = [line for line in done.stdout.splitlines() if line.startswith(word)]
    assert OF_THE_PAGE in line
    assert browser.command() in done.stdout
    assert done.returncode == code, done.stdout


def test_make_test_goes_on_where_it_may_not_install(tmp_path: Path) -> None:
    """``make test`` tries to install Chromium first; that it cannot is a line, no end."""
    done = without_programs(tmp_path, "-m", "tests.browser")
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) <= 1


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would have been run: nothing is. As root on a Debian without Chromium."""
    commands: list[list[str]] = []

    def note(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(browser, "installed", lambda: None)
    monkeypatch.setattr(browser, "is_driven", lambda: True)
    monkeypatch.setattr(browser, "is_debian", lambda: True)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(subprocess, "run", note)
    return commands


def test_chromium_is_installed_where_that_is_allowed(asked: list[list[str]]) -> None:
    """As root on Debian nobody has to do anything by hand."""
    assert browser.install() is None
    assert [command[0] for command in asked] == ["apt-get", "apt-get"]
    assert "chromium" in asked[-1]


def test_what_playwright_lacks_is_installed_with_it(asked: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare Debian lacks a library of its driver: a Chromium alone is not enough."""
    monkeypatch.setattr(browser, "installed", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(browser, "is_driven", lambda: False)
    assert browser.install() is None
    assert "libatomic1" in asked[-1]


@pytest.mark.parametrize("name", ["installed", "is_debian", "geteuid"])
def test_nothing_is_installed_elsewhere(asked: list[list[str]], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Not where there is a Chromium that can be driven, not on other systems, and never by a user who is not root."""
    other = {"installed": lambda: "/usr/bin/chromium", "is_debian": lambda: False, "geteuid": lambda: 1000}
    monkeypatch.setattr(os if name == "geteuid" else browser, name, other[name])
    assert browser.install() is None
    assert asked == []


def test_why_it_could_not_be_installed_is_said(asked: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network apt-get says so, and that is what the user reads."""
    failed = subprocess.CompletedProcess([], 100, "", "E: noise\nE: Unable to locate package chromium\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    assert browser.install() == "E: Unable to locate package chromium"
