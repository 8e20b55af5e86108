"""The photos: drawn by made.py, or cut from packages of npm and Debian; each as JPEG, and as PNG for lossless."""

import shutil
import subprocess

from PIL import Image

import made
from place import PHOTOS, once

# Of cameras and phones: 12 megapixels.
SIZE = (4000, 3000)
# As phones write.
QUALITY = 92

DRAWN = {"noisy": made.noisy, "dunes": made.dunes, "text": made.text}
# Name: package, file in it.
DEBIAN = {
    "painting": ("mate-backgrounds", "usr/share/backgrounds/mate/abstract/Elephants_5640x3172.jpg"),
    "bird": ("lomiri-wallpapers-20.04", "usr/share/backgrounds/Kleiber_by_Lukas_Baubkus.jpg"),
}
# The first releases of sharp brought the photo of its benchmark along.
SHARP = ("sharp@0.0.1", "package/tests/2569067123_aca715a2ee_o.jpg")


def names():
    """Of the 12-megapixel photos that can be had here."""
    return list(DRAWN) + [name for name in DEBIAN if shutil.which("apt-get") and shutil.which("dpkg-deb")]


def png(name):
    """What the JPEG was made from."""
    return once(PHOTOS / f"{name}.png", lambda draft: picture(name).save(draft, "png", compress_level=6))


def jpeg(name):
    """Baseline, 4:2:0."""
    save = lambda draft: Image.open(png(name)).save(draft, "jpeg", quality=QUALITY, subsampling="4:2:0", optimize=True)
    return once(PHOTOS / f"{name}.jpg", save)


def large(megapixels):
    """The noisy photo, mirrored side by side until it is large enough."""
    def save(draft):
        tile = Image.open(png("noisy"))
        width, height = {24: (6000, 4000), 100: (11600, 8700)}[megapixels]
        sheet = Image.new("RGB", (width, height))
        for column in range(-(-width // SIZE[0])):
            for row in range(-(-height // SIZE[1])):
                piece = tile.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if column % 2 else tile
                piece = piece.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if row % 2 else piece
                sheet.paste(piece, (column * SIZE[0], row * SIZE[1]))
        sheet.save(draft, "jpeg", quality=QUALITY, subsampling="4:2:0")
    return once(PHOTOS / f"{megapixels}-megapixels.jpg", save)


def sharps():
    """2725 x 2225, of the Adobe RGB colour space."""
    package, path = SHARP
    folder = once(PHOTOS / "sharp", lambda draft: unpack_npm(package, draft))
    return once(PHOTOS / "saw.jpg", lambda draft: shutil.copy(folder / path, draft))


def picture(name):
    if name in DRAWN:
        return DRAWN[name](SIZE)
    package, path = DEBIAN[name]
    folder = once(PHOTOS / package, lambda draft: unpack_debian(package, draft))
    whole = Image.open(folder / path).convert("RGB")
    left, top = (whole.width - SIZE[0]) // 2, (whole.height - SIZE[1]) // 2
    return whole.crop((left, top, left + SIZE[0], top + SIZE[1]))


def unpack_debian(package, folder):
    folder.mkdir(parents=True)
    subprocess.run(["apt-get", "-qq", "download", package], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    archive = next(folder.glob("*.deb"))
    subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
    archive.unlink()


def unpack_npm(package, folder):
    folder.mkdir(parents=True)
    subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    archive = next(folder.glob("*.tgz"))
    subprocess.run(["tar", "-xzf", archive.name], cwd=folder, check=True)
    archive.unlink()
