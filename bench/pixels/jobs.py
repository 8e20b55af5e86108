"""The seven jobs: who makes what of which photo."""

import peers
import photos
from equal import quality_for
from place import OXIMG_AVIF

# Points of SSIMULACRA2; some codecs step by more from one quality to the next.
EQUAL = 0.3
SIDES = (320, 640, 1280, 2048)
ONE_EACH = (peers.OURS_LINEAR, peers.OURS_FAST, peers.SHARP_CLONE, peers.OXIMG_RUNS, peers.VIPS, peers.PILLOW_THUMBNAIL,
            peers.PILLOW_EXACT)


def jpeg(width):
    return [{"format": "jpeg", "width": width, "quality": 80}]


def everybody(outputs, who=ONE_EACH):
    return {peer: outputs for peer in who}


def j1(bench, names):
    for name in names:
        yield from bench.repeated("J1", photos.jpeg(name), everybody(jpeg(800)))


def j2(bench, names):
    yield from bench.repeated("J2", photos.sharps(), everybody(jpeg(720)))


def j3(bench, names):
    who = (peers.OURS_LINEAR, peers.SHARP_CLONE, peers.SHARP_PYRAMID, peers.OXIMG_RUNS, peers.VIPS, peers.PILLOW_THUMBNAIL)
    sizes = lambda format, quality: [{"format": format, "width": width, "quality": quality} for width in SIDES]
    # AVIF at 74 scores about as WebP does at 80, or above; WebP's number is its own library's.
    modern = lambda peer: sizes(peer.modern, 74 if peer.modern == "avif" else 80)
    for name in names:
        yield from bench.repeated("J3", photos.jpeg(name), {peer: sizes("jpeg", 80) + modern(peer) for peer in who})


def j4(bench, names):
    for name in names:
        yield from bench.repeated("J4", photos.png(name), everybody(jpeg(800)))


def j5(bench, names):
    """The others get whatever quality brings them to our score."""
    who = [peers.SHARP_CLONE, peers.PILLOW_THUMBNAIL] + [peers.OXIMG_RUNS] * OXIMG_AVIF.exists()
    avif = lambda quality: [{"format": "avif", "width": 1280, "quality": quality}]
    for name in names:
        photo = photos.jpeg(name)
        ours = bench.score(peers.OURS_LINEAR, photo, avif(80))
        asks = {peer: avif(quality_for(ours, lambda quality: bench.score(peer, photo, avif(quality)))) for peer in who}
        rows = bench.repeated("J5", photo, {peers.OURS_LINEAR: avif(80), **asks})
        for row, output in zip(rows, [avif(80), *asks.values()]):
            row.note = f"quality {output[0]['quality']}"
            if abs(row.mean_score() - ours) > EQUAL:
                row.note += ", no nearer"
        yield from rows


def j6(bench, names):
    who = (*ONE_EACH, peers.PILLOW_RESIZE)
    for megapixels in (24, 100):
        yield from bench.spawned("J6", photos.large(megapixels), everybody(jpeg(800), who))


def j7(bench, names):
    for name in names:
        yield from bench.spawned("J7", photos.jpeg(name), everybody(jpeg(800)))


ALL = {"J1": j1, "J2": j2, "J3": j3, "J4": j4, "J5": j5, "J6": j6, "J7": j7}
TITLES = {
    "J1": "12 MP JPEG → 800 px JPEG q80",
    "J2": "sharp's own benchmark, 2725 × 2225 → 720 px JPEG q80",
    "J3": "12 MP JPEG → 320, 640, 1280, 2048 px, each as JPEG and in a modern format",
    "J4": "12 MP PNG → 800 px JPEG q80",
    "J5": "12 MP JPEG → 1280 px AVIF at equal score",
    "J6": "24 and 100 MP JPEG → 800 px JPEG q80, whole process: peak memory",
    "J7": "12 MP JPEG → 800 px JPEG q80, whole process: from spawn to finished",
}
