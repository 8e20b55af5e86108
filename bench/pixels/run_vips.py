"""Runs one job by libvips: `run_vips.py JOB.json`, as job.py describes it; VIPS_CONCURRENCY is set by the caller."""

import json
import sys

import pyvips

import clock

SAVE = {"jpeg": lambda o: {"Q": o["quality"], "optimize_coding": True, "keep": "icc"},
        "webp": lambda o: {"Q": o["quality"], "effort": 4, "keep": "icc"},
        "avif": lambda o: {"Q": o["quality"], "compression": "av1", "keep": "icc"}}


def shrink(make, job):
    """One thumbnail for each size, as its documentation advises: it decodes at a scale of its own choice."""
    for output in job["outputs"]:
        yield output, make(output["width"], height=10_000_000, size="down")


def develop(original, job):
    make = lambda width, **options: pyvips.Image.thumbnail_buffer(original, width, **options)
    return [made.write_to_buffer("." + o["format"], **SAVE[o["format"]](o)) for o, made in shrink(make, job)]


def main():
    job = json.load(open(sys.argv[1]))
    pyvips.cache_set_max(0)
    if job["whole"]:
        make = lambda width, **options: pyvips.Image.thumbnail(job["input"], width, **options)
        for o, made in shrink(make, job):
            made.write_to_file(f"{job['out']}/{o['width']}.{o['format']}", **SAVE[o["format"]](o))
        return clock.print_peak()
    original = open(job["input"], "rb").read()
    made = clock.repeat(job["repetitions"], lambda: develop(original, job))
    for output, bytes in zip(job["outputs"], made):
        open(f"{job['out']}/{output['width']}.{output['format']}", "wb").write(bytes)


main()
