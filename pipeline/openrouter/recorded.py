"""Exchanges that somebody recorded: a file of gzipped or plain JSON, read with care.

Belongs here: the form of a recorded exchange. Not here: keeping it (``landing``).
"""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from pipeline.failures import PermanentFailure
from pipeline.openrouter.client import Exchange

CAPTURES = ("api", "top9")


class Recorded(NamedTuple):
    """A recorded exchange, as what it was captured, and where it comes from."""

    exchange: Exchange
    capture: str
    provenance: str


def read(file: Path) -> Recorded:
    """One recorded exchange; the body becomes compact JSON."""
    try:
        content = file.read_bytes()
        recorded = json.loads(gzip.decompress(content) if file.suffix == ".gz" else content)
        request, response = recorded["request"], recorded["response"]
        retrieved_at = datetime.fromisoformat(recorded["retrieved_at"])
        if retrieved_at.tzinfo is None:
            raise ValueError("retrieved_at carries no zone")
        retrieved_at = retrieved_at.astimezone(UTC)
        urlsplit(request["url"])  # raises here what would raise halfway through an import
        if retrieved_at > datetime.now(UTC) + timedelta(hours=1):
            raise ValueError("retrieved_at lies in the future")
        if recorded["capture"] not in CAPTURES:
            raise ValueError(f"capture is none of {', '.join(CAPTURES)}")
        exchange = Exchange(
            method=str(request["method"]),
            url=str(request["url"]),
            params={str(name): str(value) for name, value in request["params"].items()},
            retrieved_at=retrieved_at,
            status=int(response["status"]),
            headers={},
            body=json.dumps(response["body"], separators=(",", ":"), ensure_ascii=False).encode(),
            is_truncated=False,
            elapsed_seconds=0,
        )
        return Recorded(exchange, recorded["capture"], str(recorded["provenance"]))
    except (
        OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError,
    ) as error:  # fmt: skip
        raise PermanentFailure(
            f"importing {file} failed, it is not a recorded exchange ({type(error).__name__}: {error}); nothing was imported"
        ) from error
