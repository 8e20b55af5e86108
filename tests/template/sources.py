"""What the Rust sources say of the world outside: variables, calls of AWS, names."""

import re
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def read(path):
    return (ROOT / path).read_text()


@cache
def crates(binary):
    """The package of a binary, and those of this workspace that are compiled into it."""
    found, queue = [], [binary]
    while queue:
        crate = queue.pop()
        if crate in found:
            continue
        found.append(crate)
        dependencies = tomllib.loads(read(f"{crate}/Cargo.toml"))["dependencies"]
        queue += [name for name in dependencies if (ROOT / name / "Cargo.toml").exists()]
    return tuple(found)


@cache
def files(*places):
    """Each source under files and folders, by its path, without tests and comments."""
    found = {}
    for place in places:
        whole = ROOT / place
        for path in sorted(whole.rglob("*.rs")) if whole.is_dir() else [whole]:
            if path.is_file() and "tests" not in {path.stem, path.parent.name}:
                text = path.read_text().split("#[cfg(test)]\nmod tests {")[0]
                found[str(path.relative_to(ROOT))] = re.sub(r"^\s*//.*\n", "", text, flags=re.M)
    return found


@cache
def code(*places):
    return "\n".join(files(*places).values())


@cache
def sources(binary):
    return code(*(f"{crate}/src" for crate in crates(binary)))


@cache
def functions(text):
    """Bodies by name; of the same name, all."""
    bodies = {}
    for head in re.finditer(r"\bfn (\w+)", text):
        start = text.find("{", head.end())
        if 0 <= start and ";" not in text[head.end():start].split("->")[0]:
            bodies[head[1]] = bodies.get(head[1], "") + text[start:end_of_block(text, start)]
    return bodies


def end_of_block(text, start):
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)


@cache
def constants(text):
    """Texts and whole numbers, by name."""
    texts = dict(re.findall(r'const (\w+): &str = "([^"]*)"', text))
    numbers = re.findall(r"const (\w+): \w+ = (\d[\d_]*);", text)
    return texts | {name: int(number) for name, number in numbers}


def text_or_constant(word, text):
    """What a Rust expression says that is a literal or a constant of that text."""
    word = word.strip()
    return word[1:-1] if word.startswith('"') else constants(text).get(word.split("::")[-1])
