"""CPU and wall time of repetitions, as lines of JSON; the same in clock.rs and run_sharp.mjs."""

import json
import time


def repeat(repetitions, run):
    """Once to warm up, then measured; gives what the last made."""
    made = run()
    for _ in range(repetitions):
        cpu, wall = time.process_time_ns(), time.perf_counter_ns()
        made = run()
        cpu, wall = time.process_time_ns() - cpu, time.perf_counter_ns() - wall
        print(json.dumps({"cpu_ms": cpu / 1e6, "wall_ms": wall / 1e6}))
    return made


def print_peak():
    """The most that was resident. A parent's wait4 would count its own memory too, from before the exec."""
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
    print(json.dumps({"peak_kib": int(line.split()[1])}))
