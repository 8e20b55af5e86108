"""What Tintype wants to reach beside each peer, and whether it did."""

from dataclasses import dataclass
from math import prod

import peers

OURS = peers.OURS_LINEAR.name
SHARP, PYRAMID = peers.SHARP_CLONE.name, peers.SHARP_PYRAMID.name
OXIMG, PILLOW = peers.OXIMG_RUNS.name, peers.PILLOW_THUMBNAIL.name
EXACT, RESIZE = peers.PILLOW_EXACT.name, peers.PILLOW_RESIZE.name


@dataclass(frozen=True)
class Target:
    job: str
    peer: str
    # Of `times faster` at least this; of a share of the peer's memory or start at most.
    bound: float
    what: str = "faster"


TARGETS = [
    Target("J1", SHARP, 1.0), Target("J1", OXIMG, 1.1), Target("J1", PILLOW, 3), Target("J1", EXACT, 3),
    Target("J2", SHARP, 1.2), Target("J2", OXIMG, 1.1), Target("J2", PILLOW, 5), Target("J2", EXACT, 5),
    Target("J3", SHARP, 4), Target("J3", PYRAMID, 2.8), Target("J3", OXIMG, 2.5), Target("J3", PILLOW, 5),
    Target("J4", SHARP, 1.5), Target("J4", OXIMG, 1.0), Target("J4", PILLOW, 4),
    Target("J5", SHARP, 1.5), Target("J5", OXIMG, 1.5), Target("J5", PILLOW, 3),
    Target("J6", SHARP, 0.4, "memory"), Target("J6", OXIMG, 1.2, "memory"), Target("J6", RESIZE, 0.2, "memory"),
    Target("J7", SHARP, 0.3, "start"), Target("J7", OXIMG, 1.0, "start"), Target("J7", PILLOW, 0.25, "start"),
]


def ratio(target, ours, theirs):
    if target.what == "memory":
        return ours.peak_mib / theirs.peak_mib
    return theirs.cpu_ms / ours.cpu_ms if target.what == "faster" else ours.cpu_ms / theirs.cpu_ms


def holds(target, value):
    return value >= target.bound if target.what == "faster" else value <= target.bound


def judged(rows):
    """Each target with its ratios, one for each photo; without those that were not measured."""
    for target in TARGETS:
        pairs = [(ours, theirs) for ours in rows for theirs in rows
                 if (ours.job, ours.peer, theirs.job, theirs.peer) == (target.job, OURS, target.job, target.peer)
                 and ours.photo == theirs.photo]
        if pairs:
            yield target, [ratio(target, *pair) for pair in pairs]


def mean(ratios):
    """Geometric, as ratios ask."""
    return prod(ratios) ** (1 / len(ratios))
