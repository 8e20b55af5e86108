"""Runs one job by Pillow: `run_pillow.py JOB.json`, as job.py describes it."""

import io
import json
import sys
from math import ceil

from PIL import Image

import clock

# A limit of pixels is there for pictures from strangers.
Image.MAX_IMAGE_PIXELS = None

SAVE = {"jpeg": lambda o: {"quality": o["quality"]},
        "webp": lambda o: {"quality": o["quality"], "method": 4},
        "avif": lambda o: {"quality": o["quality"], "max_threads": 1}}


def thumbnail(file, outputs):
    """As its documentation shows and most write it, in a square."""
    return thumbnails(Image.open(file), outputs, lambda picture, width: (width, width))


def exact(file, outputs):
    """In a box of the picture's own shape: a JPEG is then often decoded at half the scale that a square asks for."""
    return thumbnails(Image.open(file), outputs, lambda picture, width: (width, ceil(width * picture.height / picture.width)))


def thumbnails(picture, outputs, box):
    largest = max(o["width"] for o in outputs)
    picture.thumbnail(box(picture, largest), Image.Resampling.LANCZOS)
    for o in outputs:
        made = picture
        if o["width"] < picture.width:
            made = picture.copy()
            made.thumbnail(box(picture, o["width"]), Image.Resampling.LANCZOS)
        yield o, made


def resize(file, outputs):
    """Everything decoded, every size from all of it."""
    picture = Image.open(file)
    picture.load()
    for o in outputs:
        height = round(picture.height * o["width"] / picture.width)
        yield o, picture.resize((o["width"], height), Image.Resampling.LANCZOS)


WAYS = {"thumbnail": thumbnail, "exact": exact, "resize": resize}


def encode(made, output, to):
    made.save(to, output["format"], **SAVE[output["format"]](output))


def develop(original, job):
    results = []
    for output, made in WAYS[job["way"]](io.BytesIO(original), job["outputs"]):
        to = io.BytesIO()
        encode(made, output, to)
        results.append(to.getvalue())
    return results


def main():
    job = json.load(open(sys.argv[1]))
    path = "{out}/{width}.{format}"
    if job["whole"]:
        with open(job["input"], "rb") as file:
            for output, made in WAYS[job["way"]](file, job["outputs"]):
                encode(made, output, path.format(out=job["out"], **output))
        return clock.print_peak()
    original = open(job["input"], "rb").read()
    made = clock.repeat(job["repetitions"], lambda: develop(original, job))
    for output, bytes in zip(job["outputs"], made):
        open(path.format(out=job["out"], **output), "wb").write(bytes)


main()
