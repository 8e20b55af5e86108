"""Pictures without a library for them."""

import random
import struct
import zlib


def png(width, height):
    """Noise of as many pixels, in colour: nothing that a codec is soon done with."""
    noise = random.Random(7).randbytes(3 * width + height)
    rows = b"".join(b"\0" + noise[row:row + 3 * width] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
