"""Photos that are drawn, the same each time: what a sensor's grain, soft slopes and sharp edges ask of a codec."""

import numpy
from PIL import Image, ImageDraw, ImageFont

SEED = 12


def noisy(size):
    """A landscape with the grain of a phone's sensor: shot noise in linear light, coarser in the colours."""
    random = numpy.random.default_rng(SEED)
    width, height = size
    horizon = 0.45 * height + 0.06 * height * rough(random, (width, 1), 900, (1.0, 0.4, 0.1))
    land = numpy.arange(height)[:, None] > horizon
    sky = 0.35 + 0.4 * numpy.linspace(0, 1, height)[:, None] + 0.12 * rough(random, size, 700, (1, 0.5, 0.25))
    ground = 0.28 + 0.16 * rough(random, size, 160, (0.5, 0.5, 0.5, 0.5, 0.4, 0.3))
    tint = numpy.where(land[..., None], [1.0, 0.95, 0.6], [0.72, 0.9, 1.15])
    light = numpy.clip(numpy.where(land, ground, sky), 0.02, 0.95)[..., None] ** 2.2 * tint
    shot = random.standard_normal((height, width, 3), dtype=numpy.float32)
    # A colour filter over the sensor: what lies between two pixels of a colour is guessed.
    shot = 0.5 * shot + 0.25 * (numpy.roll(shot, 1, 0) + numpy.roll(shot, 1, 1))
    light += shot * numpy.sqrt(0.0004 * light + 0.00001)
    return picture(numpy.clip(light, 0, 1) ** (1 / 2.2))


def dunes(size):
    """Long slopes with fine ripples on one side of each; hardly any grain."""
    random = numpy.random.default_rng(SEED + 1)
    width, height = size
    down, across = numpy.mgrid[0:height, 0:width].astype(numpy.float32)
    bend = 260 * rough(random, size, 1400, (1, 0.35))
    phase = (down * 1.6 + across * 0.35 + bend) / 520
    slope = numpy.abs(phase % 1 - 0.35)
    ripples = 0.035 * numpy.sin((down + 0.2 * across + 0.25 * bend) / 2.3) * (phase % 1 > 0.35)
    light = 0.35 + 0.75 * slope + ripples + 0.02 * rough(random, size, 40, (1, 0.6, 0.4))
    light += 0.006 * random.standard_normal((height, width), dtype=numpy.float32)
    return picture(numpy.clip(light[..., None] * [1.0, 0.8, 0.58], 0, 1))


def text(size):
    """Words in many sizes over a photo's slopes, with thin lines."""
    random = numpy.random.default_rng(SEED + 2)
    width, height = size
    paper = 0.9 + 0.05 * rough(random, size, 900, (1, 0.3)) + 0.004 * random.standard_normal((height, width))
    sheet = picture(numpy.clip(paper[..., None] * [1, 0.98, 0.94], 0, 1))
    draw = ImageDraw.Draw(sheet)
    words = "A tintype was the photograph that was finished while you waited. 0123456789 "
    top = 60
    while top < height - 60:
        pixels = int(random.choice([28, 36, 48, 64, 96, 150]))
        colour = tuple(int(c) for c in random.integers(0, 140, 3))
        draw.text((80, top), words * 6, fill=colour, font=ImageFont.load_default(pixels))
        top += int(pixels * 1.35)
    for x in range(100, width, 137):
        draw.line((x, 0, x + 900, height), fill=tuple(int(c) for c in random.integers(0, 255, 3)), width=2)
    return sheet


def rough(random, size, spot, weights):
    """Smooth hills and valleys of `spot` pixels, then of half that, and so on; about -1 to 1."""
    width, height = size
    total = numpy.zeros((height, width), numpy.float32)
    for weight in weights:
        grid = random.standard_normal((max(2, int(height // spot) + 2), max(2, int(width // spot) + 2))).astype(numpy.float32)
        total += weight * numpy.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC))
        spot = max(spot / 2, 1)
    return total / sum(weights) / 1.5


def picture(samples):
    return Image.fromarray((samples * 255 + 0.5).astype(numpy.uint8))
