"""One job of one peer on one photo: written as JSON for its runner, which prints what it measured in lines of JSON.

A runner reads `input`, makes `outputs` and writes each to `out` as `WIDTH.FORMAT`.
It repeats in memory, once to warm up and then `repetitions` times, with a line of `cpu_ms` and `wall_ms` for each.
If `whole`, it does it once, file to file, and tells its `peak_kib`; time is then taken from outside.
"""

import json
import os
import subprocess
import time

from peers import environment
from place import SCRATCH


def write_job(peer, photo, outputs, repetitions, whole):
    out = SCRATCH / peer.name.replace(" ", "-").replace(",", "") / photo.stem
    out.mkdir(parents=True, exist_ok=True)
    path = out / "job.json"
    path.write_text(json.dumps({"input": str(photo), "out": str(out), "outputs": outputs, "repetitions": repetitions,
                                "way": peer.way, "whole": whole}))
    return path, [out / f"{output['width']}.{output['format']}" for output in outputs]


def in_memory(peer, photo, outputs, repetitions):
    """What each repetition took, and the files of the last."""
    path, made = write_job(peer, photo, outputs, repetitions, whole=False)
    done = subprocess.run([*peer.command, path], env=environment(peer), stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()], made


def whole_process(peer, photo, outputs):
    """From spawn to exit, by the system's account of it."""
    path, made = write_job(peer, photo, outputs, 1, whole=True)
    start = time.perf_counter()
    process = subprocess.Popen([*peer.command, path], env=environment(peer), stdout=subprocess.PIPE, text=True)
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{peer.name} failed on {photo}")
    measured = {"cpu_ms": (used.ru_utime + used.ru_stime) * 1e3, "wall_ms": wall * 1e3}
    return [{**measured, **json.loads(said.splitlines()[-1])}], made
