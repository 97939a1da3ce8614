"""What drawing made before: texts that take long to make, by all that they are made of, kept from run to run in one file.

Belongs here: keeping. Not here: what is made (``drawing``, ``still``). Most charts are the same from day to day: with what
the run before kept, a page in two languages takes 2.9 s of a core, without it 8.5 (with all files, imports and Vega).
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline import durable

_texts: dict[str, str] = {}
_used: set[str] = set()


def text(made_of: str, make: Callable[[], str]) -> str:
    """The text that was made of the same before, else a new one."""
    name = hashlib.sha256(made_of.encode()).hexdigest()
    _used.add(name)
    if name not in _texts:
        _texts[name] = make()
    return _texts[name]


def take(path: Path) -> None:
    """Know what the file has. Without it, or where it is damaged, all is made again."""
    with suppress(OSError, ValueError, EOFError):
        _texts.update(json.loads(gzip.decompress(path.read_bytes())))


@contextmanager
def from_run_to_run(path: Path) -> Iterator[None]:
    """Take what the file has, and leave in it what is used within the block."""
    take(path)
    _used.clear()
    yield
    content = json.dumps({name: _texts[name] for name in sorted(_used)}, ensure_ascii=False)
    durable.write(path, gzip.compress(content.encode(), compresslevel=4, mtime=0))
