"""MkDocs' events: what the site has beside the files of ``docs``, and where links lead.

Belongs here: handing over pages and links. Not here: what a page says (``pipeline.publish.site``).
"""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from pipeline.publish import lineage, site

_SOURCES: dict[str, Path] = {}
"""Of each page the file that its links are relative to."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages and the picture."""
    for place, (source, markdown) in site.pages().items():
        _SOURCES[place] = source
        files.append(File.generated(config, place, content=markdown))
    files.append(File.generated(config, site.LINEAGE, content=lineage.drawing()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links to files of the project lead to their pages, and nest lists as MkDocs wants them."""
    place = page.file.src_uri
    linked = site.with_links_of_the_site(markdown, _SOURCES.get(place, site.DOCS / place), place)
    return linked if place.startswith("tables/") else site.with_nested_lists(linked)
