"""Who runs: how each is started, and what it is asked for where the codecs differ."""

import os
from dataclasses import dataclass, field

from place import HERE, NODE_MODULES, OURS, OXIMG, OXIMG_AVIF, PYTHON


@dataclass(frozen=True)
class Peer:
    name: str
    command: tuple
    # A way is which of several usual ways of writing the same thing a runner takes.
    way: str = ""
    environment: dict = field(default_factory=dict, hash=False)
    # What it writes where a job asks for a modern format.
    modern: str = "webp"


ONE_THREAD = {"VIPS_CONCURRENCY": "1", "OMP_NUM_THREADS": "1"}
SHARP = ("node", HERE / "run_sharp.cjs")
PILLOW = (PYTHON, HERE / "run_pillow.py")
NODE = {"NODE_PATH": str(NODE_MODULES), **ONE_THREAD}

OURS_LINEAR = Peer("Tintype", (OURS,), "linear", modern="avif")
OURS_FAST = Peer("Tintype, fast", (OURS,), "fast", modern="avif")
SHARP_CLONE = Peer("sharp", SHARP, "clone", NODE)
SHARP_PYRAMID = Peer("sharp, pyramid by hand", SHARP, "pyramid", NODE)
# Its limit is for servers; the largest photo has 100 megapixels.
OXIMG_RUNS = Peer("oximg", (OXIMG,), "", {"OXIMG_MAX_SRC_PIXELS": "200000000", "LD_LIBRARY_PATH": str(OXIMG_AVIF),
                                         "SVT_LOG": "1"})
PILLOW_THUMBNAIL = Peer("Pillow", PILLOW, "thumbnail")
PILLOW_EXACT = Peer("Pillow, exact box", PILLOW, "exact")
PILLOW_RESIZE = Peer("Pillow, resize", PILLOW, "resize")
VIPS = Peer("libvips", (PYTHON, HERE / "run_vips.py"), "", ONE_THREAD)


def environment(peer):
    return {**os.environ, **peer.environment}
