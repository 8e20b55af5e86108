"""Peers in turn, round after round, so that what disturbs the machine disturbs all of them."""

from dataclasses import dataclass
from statistics import median

from job import in_memory, whole_process


@dataclass
class Row:
    """What one peer did with one photo."""
    job: str
    photo: str
    peer: str
    cpu_ms: float
    wall_ms: float
    peak_mib: float | None
    # By name, as `800.jpeg`: bytes and score.
    bytes: dict
    scores: dict
    note: str = ""

    def total_bytes(self, format=None):
        return sum(of(self.bytes, format))

    def mean_score(self, format=None):
        scores = of(self.scores, format)
        return sum(scores) / len(scores) if scores else None


def of(outputs, format):
    return [value for name, value in outputs.items() if format in (None, name.split(".")[1])]


class Bench:
    """How thoroughly it is measured, and who scores."""

    def __init__(self, scores, rounds, repetitions, say):
        self.scores, self.rounds, self.repetitions, self.say = scores, rounds, repetitions, say

    def repeated(self, job, photo, asks):
        """In one process each; `asks` are the outputs of each peer."""
        return self.rows(job, photo, asks, lambda peer: in_memory(peer, photo, asks[peer], self.repetitions))

    def spawned(self, job, photo, asks):
        """A process for every measurement."""
        def run(peer):
            runs = [whole_process(peer, photo, asks[peer]) for _ in range(self.repetitions)]
            return [measured for run, _ in runs for measured in run], runs[-1][1]
        return self.rows(job, photo, asks, run)

    def score(self, peer, photo, outputs):
        """Of one output, without measuring time."""
        return self.scores.of(photo, whole_process(peer, photo, outputs)[1][0])

    def rows(self, job, photo, asks, run):
        measured, made = {peer: [] for peer in asks}, {}
        for _ in range(self.rounds):
            for peer in asks:
                lines, made[peer] = run(peer)
                measured[peer] += lines
        return [self.row(job, photo, peer, measured[peer], made[peer]) for peer in asks]

    def row(self, job, photo, peer, lines, made):
        middle = lambda key: median(line[key] for line in lines)
        peaks = [line["peak_kib"] for line in lines if "peak_kib" in line]
        row = Row(job, photo.stem, peer.name, middle("cpu_ms"), middle("wall_ms"),
                  median(peaks) / 1024 if peaks else None,
                  {path.name: path.stat().st_size for path in made},
                  {path.name: self.scores.of(photo, path) for path in made})
        score = row.mean_score()
        self.say(f"{job} {row.photo} {peer.name}: {row.cpu_ms:.1f} ms, {row.total_bytes()} bytes, {score:.1f}")
        return row
