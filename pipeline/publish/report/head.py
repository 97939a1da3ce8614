"""What the page's head tells other programs: link previews, search engines, catalogues of data sets.

Belongs here: meta tags, the canonical link, the data set as JSON-LD. Not here: what people see (``page.html.j2``). A browser
fetches and runs nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from pipeline.publish.report.content import Content, file_name
from pipeline.publish.report.encode import json_of
from pipeline.publish.report.section import Section
from pipeline.wording import text

LICENCE, LICENCE_URL = "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"
SOURCE_URL = "https://openrouter.ai/rankings"
CARD, CARD_SIZE, CARD_SECTION = "card.png", (1200, 630), "hero"

_TAG = Markup('<meta {}="{}" content="{}">')
_LOCALES = {"en": "en_GB", "zh": "zh_CN"}


def head_tags(content: Content) -> Markup:
    """Tags for the head of the page: link previews and the canonical link only where the page has an address."""
    sections = [section for section, _ in content.passed_on()]
    tags = []
    if content.settings.public_url:
        name = file_name(content.words.language)
        address = content.settings.public_address("" if name == "index.html" else name)
        tags = [Markup('<link rel="canonical" href="{}">').format(address)]
        tags += _previews(sections, address, content)
    return Markup("\n").join([*tags, _json_ld(_data_set(sections, content))])


def _previews(sections: Sequence[Section], address: str, content: Content) -> list[Markup]:
    has_card = any(section.key == CARD_SECTION for section in sections)
    card, headline, lede = content.settings.public_address(CARD), content.marked(content.story.headline), content.story.lede
    found = {
        "og:type": "website",
        "og:title": headline,
        "og:description": lede,
        "og:url": address,
        "og:locale": _LOCALES[content.words.language],
    }
    if has_card:
        found |= {
            "og:image": card,
            "og:image:width": str(CARD_SIZE[0]),
            "og:image:height": str(CARD_SIZE[1]),
            "og:image:alt": headline,
        }
    named = {
        "twitter:card": "summary_large_image" if has_card else "summary",
        "twitter:title": headline,
        "twitter:description": lede,
    }
    if has_card:
        named["twitter:image"] = card
    return [
        _TAG.format(kind, name, value)
        for kind, tags in (("property", found), ("name", named))
        for name, value in tags.items()
    ]


def _data_set(sections: Sequence[Section], content: Content) -> dict[str, Any]:
    """The data set in the words of schema.org. Files are named where they have an address."""
    words = content.words
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": content.marked(words("files.dataset")),
        "description": content.marked(words("files.dataset_description")),
        "license": LICENCE_URL,
        "creator": {"@type": "Organization", "name": "openrouter-usage"},
        "isBasedOn": SOURCE_URL,
        "isAccessibleForFree": True,
        "dateModified": text(content.build["built_at"]),
    }
    days = [
        row[section.x] for section in sections if section.x for row in section.rows if isinstance(row.get(section.x), date)
    ]
    if days:
        found["temporalCoverage"] = f"{min(days)}/{max(days)}"
    if content.settings.public_url:
        address = content.settings.public_address
        found["url"] = address("")
        found["distribution"] = [
            {
                "@type": "DataDownload",
                "encodingFormat": "text/csv",
                "name": name,
                "contentUrl": content.settings.public_address(path),
            }
            for name, path in [("latest", "latest.csv"), *((one.key, f"charts/{one.key}.csv") for one in sections)]
        ]
    return found


def _json_ld(content: dict[str, Any]) -> Markup:
    """The content as a script that is data: no text in it can end the script."""
    plain = json_of(content).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(f'<script type="application/ld+json">{plain}</script>')  # noqa: S704 - escaped above
