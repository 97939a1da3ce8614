"""How any of the pages is made: the templates, the style sheets, and the policy that lets nothing in or out.

Belongs here: what two pages or more share. Not here: one page (``render``, ``embed``, ``archive``).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

_HERE = Path(__file__).parent


def file(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def template(name: str) -> Template:
    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template(name)


def style_of(name: str) -> Markup:
    """A style sheet, after the colours of all pages."""
    return Markup(file("colours.css") + file(name))  # noqa: S704 - our own files


@cache
def light_colours() -> dict[str, str]:
    """The colours for pictures that no style sheet goes with, by the name of their variable."""
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", file("colours.css").partition("@media")[0]))


def policy(style: str, *, scripts: Sequence[str] = ()) -> str:
    """What a page with this style may do; ``scripts`` are the hashes of those that may run."""
    script_src = f"script-src {' '.join(scripts)}; " if scripts else ""
    return f"default-src 'none'; {script_src}style-src {hash_of(style)}; img-src data:; base-uri 'none'; form-action 'none'"


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
