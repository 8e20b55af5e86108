"""SSIMULACRA2 of what the runners wrote: 100 is equal, 90 looks equal, 70 is good."""

import subprocess

import numpy
from PIL import Image

from place import SCORE, SCRATCH
from reference import reference, to_srgb


class Scores:
    """One process for all: it keeps the reference of the photo at hand."""

    def __init__(self):
        self.process = subprocess.Popen([SCORE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def of(self, photo, picture):
        shown = to_srgb(Image.open(picture))
        decoded = SCRATCH / "decoded"
        decoded.write_bytes(numpy.array(shown.size, "<u4").tobytes() + numpy.asarray(shown).tobytes())
        self.process.stdin.write(f"{reference(photo, shown.size)}\t{decoded}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())
