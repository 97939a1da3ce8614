"""``python -m tests.audit``: pip-audit on requirements-dev.lock, which includes requirements.lock, if the network allows.

Belongs here: telling its three ends apart. A vulnerability that is known exits 1; a network that is closed is said plainly
and exits 0, and never passes for a clean bill. It asks OSV and not the package index: that holds the advisories of both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

from pipeline.settings import ROOT

LONGEST_SECONDS = 20
COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--requirement", "requirements-dev.lock", "--no-deps", "--disable-pip"),
    *("--vulnerability-service", "osv", "--timeout", "5", "--format", "json", "--progress-spinner", "off"),
)


def audit(command: Sequence[str] = COMMAND, *, longest_seconds: float = LONGEST_SECONDS) -> tuple[int, str]:
    """The exit code, and what is to be said."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, "NO_COLOR": "1"}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=longest_seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 0, f"pip-audit: not run, its data did not come within {longest_seconds:g} s"
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        if "ConnectionError" in done.stderr or "Timeout" in done.stderr or "ProxyError" in done.stderr:
            return 0, "pip-audit: not run, its data cannot be reached from here"
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return 1, f"pip-audit: failed, and not for want of a network: {last}"
    found = [
        f"  {package['name']} {package['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'none yet'}"
        for package in packages
        for one in package.get("vulns", [])
    ]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if found:
        return 1, "\n".join([f"pip-audit: {len(found)} known vulnerabilities in requirements-dev.lock", *found])
    if skipped or not packages:
        return 1, f"pip-audit: could not judge {', '.join(skipped) or 'anything'}"
    return 0, f"pip-audit: no known vulnerability in {len(packages)} packages"


if __name__ == "__main__":
    code, said = audit()
    sys.stdout.write(f"{said}\n")
    sys.exit(code)
