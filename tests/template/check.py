"""Holds template.yaml against the code and against what is known of AWS. Asks nobody.

usage: check.py [--faults]   also puts faults into it, and prints which check catches each
"""

import sys

import lint
from faults import seed
from promises import complaints, promises
from sources import read
from template import expanded


def main(arguments):
    text = read("template.yaml")
    plain = expanded(text)
    broken = complaints(text, plain)
    broken += [("cfn-lint", complaint) for complaint in lint.cfn_lint(text, plain)]
    broken += [("checkov", complaint) for complaint in lint.checkov(plain)]
    for name, complaint in broken:
        print(f"{name}: {complaint}", file=sys.stderr)
    names = {name for name, _ in promises()}
    others = sum(name not in names for name, _ in broken)
    print(f"{len(names - {name for name, _ in broken})} of {len(names)} promises kept; cfn-lint and checkov find {others or 'nothing'}")
    missed = seed(text, set(broken)) if "--faults" in arguments else []
    sys.exit(1 if broken or missed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
