"""What a perfect resampler would show: all pixels decoded, Lanczos3 in linear light, in floats."""

import io

import numpy
from PIL import Image, ImageCms

from place import REFERENCES, once


def reference(photo, size):
    """A file as the score program reads it; made once for each photo and size."""
    width, height = size
    return once(REFERENCES / f"{photo.stem}-{photo.suffix[1:]}-{width}x{height}", lambda draft: write(draft, photo, size))


def write(path, photo, size):
    # A megapixel limit is there for strangers' pictures.
    Image.MAX_IMAGE_PIXELS = None
    samples = numpy.asarray(to_srgb(Image.open(photo)))
    across = weights(samples.shape[1], size[0])
    down = weights(samples.shape[0], size[1])
    # One colour at a time: a 12-megapixel photo in floats is large.
    channels = [down @ TO_LINEAR[samples[..., c]] @ across.T for c in range(3)]
    with open(path, "wb") as file:
        file.write(numpy.array(size, "<u4").tobytes())
        file.write(numpy.clip(numpy.stack(channels, -1), 0, 1).astype("<f4").tobytes())


def to_srgb(picture):
    """As it is meant to be seen: by the profile that it carries."""
    profile = picture.info.get("icc_profile")
    picture = picture.convert("RGB")
    if not profile:
        return picture
    return ImageCms.profileToProfile(picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"))


def weights(old, new):
    """A row for each new pixel: how much of each old one it takes."""
    scale = old / new
    centres = (numpy.arange(new)[:, None] + 0.5) * scale
    distance = (numpy.arange(old)[None, :] + 0.5 - centres) / max(scale, 1)
    taps = numpy.where(numpy.abs(distance) < 3, numpy.sinc(distance) * numpy.sinc(distance / 3), 0)
    return (taps / taps.sum(1, keepdims=True)).astype(numpy.float32)


def linear(srgb):
    return numpy.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


TO_LINEAR = linear(numpy.arange(256) / 255).astype(numpy.float32)
