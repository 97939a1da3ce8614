"""The rules of an Atom feed (RFC 4287) that a machine can check, each by the number of its section.

Belongs here: what any feed must meet. Not here: what ours says (``tests.pipeline.publish.report.test_feed``). Written from
the RFC's text and its RELAX NG schema (appendix B), for the elements that ours may have; any other one is reported.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree

Element = ElementTree.Element

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

# How often each child may stand in its parent (4.1.1, 4.1.2, 3.2): exactly once "1", at most once "?", any number "*".
FEED = {"author": "*", "category": "*", "contributor": "*", "generator": "?", "icon": "?", "id": "1", "link": "*",
        "logo": "?", "rights": "?", "subtitle": "?", "title": "1", "updated": "1", "entry": "*"}  # fmt: skip
ENTRY = {"author": "*", "category": "*", "content": "?", "contributor": "*", "id": "1", "link": "*", "published": "?",
         "rights": "?", "summary": "?", "title": "1", "updated": "1"}  # fmt: skip
PERSON = {"name": "1", "uri": "?", "email": "?"}
CHILDREN = {"feed": FEED, "entry": ENTRY, "author": PERSON, "contributor": PERSON}
ATTRIBUTES = {"link": {"href", "rel", "type", "hreflang", "title", "length"}, "category": {"term", "scheme", "label"},
              "content": {"type", "src"}, "title": {"type"}, "subtitle": {"type"}, "summary": {"type"}, "rights": {"type"},
              "feed": {LANG}}  # fmt: skip

# RFC 3339 with upper-case T and Z (3.3).
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
MEDIA_TYPE = re.compile(r"[^\s/]+/[^\s/]+")
# What no IRI may hold (RFC 3987).
NO_IRI = re.compile(r'[\x00-\x20<>"{}|\\^`]')


def broken(content: bytes) -> list[str]:
    """The rules that the document breaks, with their sections; empty for a valid feed."""
    root = ElementTree.fromstring(content)  # noqa: S314 - a feed that a test has just made
    if root.tag != f"{ATOM}feed":
        return [f"2: the document element is {root.tag}"]
    return [*_walked(root), *_of_feed(root)]


def _walked(element: Element) -> Iterator[str]:
    name = _name(element)
    counts = Counter(_name(child) for child in element)
    allowed = CHILDREN.get(name, {})
    for child, often in allowed.items():
        if (often == "1" and counts[child] != 1) or (often == "?" and counts[child] > 1):
            yield f"4.1: {name} has {counts[child]} {child}"
    for child in counts.keys() - allowed.keys():
        yield f"6: {name} holds {child}"
    for attribute in element.attrib.keys() - ATTRIBUTES.get(name, set()):
        yield f"6: {name} has the attribute {attribute}"
    if allowed and (element.text or "").strip():
        yield f"6: {name} holds text beside its elements"
    yield from _of_element(element)
    for inner in element:
        yield from _walked(inner)


def _of_element(element: Element) -> Iterator[str]:
    name, text = _name(element), element.text or ""
    if name in ("updated", "published") and not INSTANT.fullmatch(text):
        yield f"3.3: {name} is {text!r}"
    if name == "id" and (not urlsplit(text).scheme or NO_IRI.search(text)):
        yield f"4.2.6: the id {text!r} is no absolute IRI"
    if name == "name" and not text.strip():
        yield "3.2.1: a person has no name"
    if name == "category" and not element.get("term"):
        yield "4.2.2.1: a category has no term"
    if name in ("title", "subtitle", "summary", "rights") and element.get("type", "text") not in ("text", "html"):
        yield f"3.1.1: {name} is of type {element.get('type')}"
    if name == "content" and element.get("type", "text") not in ("text", "html"):
        yield f"4.1.3: content of type {element.get('type')} is not text"
    if name == "link":
        yield from _of_link(element)


def _of_link(link: Element) -> Iterator[str]:
    href = link.get("href")
    if href is None or NO_IRI.search(href):
        yield f"4.2.7.1: a link leads to {href!r}"
    if "type" in link.attrib and not MEDIA_TYPE.fullmatch(link.attrib["type"]):
        yield f"4.2.7.3: a link is of type {link.attrib['type']!r}"
    if link.get("rel") == "":
        yield "4.2.7.2: a link has an empty relation"


def _of_feed(root: Element) -> Iterator[str]:
    entries = root.findall(f"{ATOM}entry")
    if root.find(f"{ATOM}author") is None and not all(entry.find(f"{ATOM}author") is not None for entry in entries):
        yield "4.1.1: neither the feed nor each entry has an author"
    if not any(link.get("rel") == "self" for link in root.findall(f"{ATOM}link")):
        yield "4.1.1: the feed has no link to itself"
    for element in (root, *entries):
        alternates = [(link.get("type"), link.get("hreflang")) for link in element.findall(f"{ATOM}link")
                      if link.get("rel", "alternate") == "alternate"]  # fmt: skip
        if len(set(alternates)) != len(alternates):
            yield f"4.1.1: {_name(element)} has two alternate links of one type and language"
        if element is not root and element.find(f"{ATOM}content") is None and not alternates:
            yield "4.1.2: an entry without content has no alternate link"
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    if len(set(ids)) != len(ids):
        yield "4.1.1: two entries have one id"


def _name(element: Element) -> str:
    return element.tag.removeprefix(ATOM)
