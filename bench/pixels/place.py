"""Where things are: all that is made or fetched lies in one folder under target/, and stays for the next run."""

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
FOLDER = Path(os.environ.get("PIXELS_FOLDER", TARGET / "pixels")).resolve()

PYTHON = FOLDER / "venv/bin/python"
NODE_MODULES = FOLDER / "sharp/node_modules"
PHOTOS = FOLDER / "photos"
REFERENCES = FOLDER / "references"
SCRATCH = FOLDER / "scratch"
OXIMG = FOLDER / "cargo/release/run-oximg"
SCORE = FOLDER / "cargo/release/score"
# There if oximg was built with AVIF: the libraries that it links, from the wheel of PyAV.
OXIMG_AVIF = FOLDER / "avif"
OURS = TARGET / "release/develop"


def once(path, make):
    """Makes a file or folder that is not there yet; never leaves half of it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name("draft-" + path.name)
        make(draft)
        draft.rename(path)
    return path
