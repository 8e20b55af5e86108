"""Measures what was asked, prints it, and writes docs/pixels.md and docs/pixels.svg; `run` prepares all that it needs."""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

import jobs
import photos
from measure import Bench
from place import FOLDER, OXIMG_AVIF, ROOT, SCRATCH
from plot import svg
from score import Scores
from table import report


def main():
    asked = arguments()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    say = lambda text: print(text, file=sys.stderr, flush=True)
    if not OXIMG_AVIF.exists():
        say("oximg is without AVIF here: the libraries that PyAV brings for it did not fit.")
    bench = Bench(Scores(), asked.rounds, asked.repetitions, say)
    rows = []
    for job in asked.jobs:
        say(f"{job}: {jobs.TITLES[job]}")
        rows += jobs.ALL[job](bench, asked.photos)
        # After each job: what is measured stays, whatever happens to the next.
        page = report(rows, machine(asked))
        write(asked, rows, page)
    print(page)


def arguments():
    parser = argparse.ArgumentParser(prog="bench/pixels/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one photo, two rounds of one; writes nothing into docs/")
    parser.add_argument("--jobs", type=words, help="J1,J3 …; without J5 when quick, whose search takes minutes")
    parser.add_argument("--photos", type=words, help=f"of {','.join(photos.names())}")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--repetitions", type=int, help="in each round, after one to warm up")
    asked = parser.parse_args()
    asked.jobs = asked.jobs or [job for job in jobs.ALL if not (asked.quick and job == "J5")]
    asked.photos = asked.photos or (["painting"] if asked.quick else photos.names())
    asked.rounds = asked.rounds or (2 if asked.quick else 5)
    asked.repetitions = asked.repetitions or (1 if asked.quick else 3)
    return asked


def words(text):
    return text.split(",")


def machine(asked):
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return (f"{processor}, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d', time.gmtime())}; "
            f"medians of {asked.rounds} × {asked.repetitions}")


def write(asked, rows, page):
    (FOLDER / "rows.json").write_text(json.dumps([asdict(row) for row in rows], indent=1))
    # The page in docs/ is of everything or not at all.
    everything = not asked.quick and set(asked.photos) == set(photos.names()) and {row.job for row in rows} == set(jobs.ALL)
    folder = ROOT / "docs" if everything else FOLDER
    intro = (Path(__file__).parent / "intro.md").read_text()
    (folder / "pixels.md").write_text(f"{intro}\n{page}")
    plotted = [row for row in rows if row.job == "J1"]
    if plotted:
        (folder / "pixels.svg").write_text(svg(plotted))


main()
