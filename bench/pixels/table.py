"""What was measured, in Markdown."""

from jobs import TITLES
from targets import OURS, OXIMG, PYRAMID, SHARP, holds, judged, mean


def report(rows, machine):
    parts = [f"Measured on {machine}.", reached(rows)]
    quality = [*beside_oximg(rows), *beside_webp(rows)]
    if quality:
        parts.append("\n".join(["| Quality | Photo | Tintype | beside | |", "| --- | --- | ---: | ---: | --- |", *quality]))
    for job, title in TITLES.items():
        measured = [row for row in rows if row.job == job]
        if measured:
            parts.append(f"## {job}: {title}\n\n{detail(measured)}")
    return "\n\n".join(parts) + "\n"


def reached(rows):
    """One line for each target."""
    lines = ["| Job | beside | wanted | mean | worst to best photo | |", "| --- | --- | ---: | ---: | ---: | --- |"]
    for target, ratios in judged(rows):
        sign = "≥" if target.what == "faster" else "≤"
        met = sum(holds(target, value) for value in ratios)
        verdict = "met" if met == len(ratios) else f"met on {met} of {len(ratios)}" if met else "missed"
        low, high = sorted((min(ratios), max(ratios)), reverse=target.what != "faster")
        unit = {"faster": "×", "memory": "× memory", "start": "× CPU"}[target.what]
        lines.append(f"| {target.job} | {target.peer} | {sign} {target.bound} {unit} | **{mean(ratios):.2f}** | "
                     f"{low:.2f} to {high:.2f} | {verdict} |")
    return "\n".join(lines)


def beside_oximg(rows):
    """Within a point of it, at no more bytes."""
    for ours, theirs in pairs(rows, ("J1", "J2", "J3", "J4"), OXIMG):
        score, bytes = ours.mean_score("jpeg"), ours.total_bytes("jpeg")
        wanted, most = theirs.mean_score("jpeg"), theirs.total_bytes("jpeg")
        yield verdict(f"{ours.job} JPEG, oximg", ours.photo, (score, bytes), (wanted, most), score >= wanted - 1, bytes <= most)


def beside_webp(rows):
    """No lower than sharp's WebP q80, and no larger."""
    for ours, theirs in pairs(rows, ("J3",), SHARP):
        score, bytes = ours.mean_score("avif"), ours.total_bytes("avif")
        wanted, most = theirs.mean_score("webp"), theirs.total_bytes("webp")
        yield verdict("J3 AVIF, sharp's WebP", ours.photo, (score, bytes), (wanted, most), score >= wanted, bytes <= most)


def verdict(what, photo, ours, theirs, good, small):
    says = {(True, True): "met", (True, False): "larger", (False, True): "lower", (False, False): "lower and larger"}
    cell = lambda score, bytes: f"{score:.1f}, {bytes / 1000:.1f} kB"
    return f"| {what} | {photo} | {cell(*ours)} | {cell(*theirs)} | {says[good, small]} |"


def pairs(rows, jobs, peer):
    return [(ours, theirs) for ours in rows for theirs in rows if ours.job in jobs and ours.peer == OURS
            and (theirs.job, theirs.photo, theirs.peer) == (ours.job, ours.photo, peer)]


def detail(rows):
    whole = rows[0].peak_mib is not None
    modern = rows[0].job == "J3"
    head = ["Photo", "", "CPU ms", "wall ms", "Tintype is"] + ["peak MiB"] * whole
    head += ["JPEG bytes", "score", "AVIF or WebP bytes", "score"] if modern else ["bytes", "score"]
    lines = [head, ["---", "---"] + ["---:"] * (len(head) - 2)]
    for row in rows:
        ours = next(other for other in rows if other.peer == OURS and other.photo == row.photo)
        name = row.peer + (f", {row.note}" if row.note else "")
        faster = "" if row is ours else f"{row.cpu_ms / ours.cpu_ms:.2f} ×"
        line = [row.photo, name, f"{row.cpu_ms:.1f}", f"{row.wall_ms:.1f}", faster]
        line += [f"{row.peak_mib:.0f}"] if whole else []
        for format in ("jpeg", next(name for name in row.bytes if "jpeg" not in name).split(".")[1]) if modern else (None,):
            line += [f"{row.total_bytes(format):,}", f"{row.mean_score(format):.1f}"]
        lines.append(line)
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
