"""What the drawing engine does in a process of its own (``pipeline.worker``): a picture as PNG, and Vega as one script.

Belongs here: what needs nothing else imported, and is done on another core or leaves much memory behind. Not here: the
picture (``picture``), where the script is kept (``render``).
"""

import struct
import zlib

import vl_convert


def png_of(svg: str, scale: float = 1) -> bytes:
    """The picture as PNG, compressed again: pixel by pixel what the drawing library writes, in a third of the bytes."""
    png: bytes = vl_convert.svg_to_png(svg, scale=scale)
    chunks, pixels, at = [], b"", 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        if kind == b"IDAT":
            pixels += png[at + 8 : at + 8 + length]
        else:
            chunks.append(png[at : at + 12 + length])
        at += 12 + length
    data = zlib.compress(zlib.decompress(pixels), 6)
    packed = struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    return b"".join([png[:8], *chunks[:-1], packed, chunks[-1]])


def bundled(snippet: str) -> str:
    """The script with all that it imports. It takes a second, and 60 MB that are not given back."""
    bundle: str = vl_convert.javascript_bundle(snippet)
    return bundle
