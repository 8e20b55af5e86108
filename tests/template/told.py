"""What people are told of the template is true."""

import re
import subprocess
import sys
from functools import cache

from sources import ROOT, read

# Of a default in the template, what docs/aws.md says instead.
IN_WORDS = {"": {"nobody", "CloudFront's own name"}, 0: {"0: never"}, "x86_64": {"as the machine of `./dev deploy`, else `x86_64`"}}


def every_parameter_is_told_with_its_default(template):
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (.*?) \|", read("docs/aws.md"), flags=re.M)
    told = {}
    for names, defaults in rows:
        names = re.findall(r"\w+", names)
        each = defaults.split(", ") if len(names) > 1 and "," in defaults else [defaults] * len(names)
        told |= dict(zip(names, each))
    for name, given in template.plain["Parameters"].items():
        said, default = told.get(name, "nothing"), given["Default"]
        if not {said, said.strip("`")} & {str(default), *IN_WORDS.get(default, ())}:
            yield f"docs/aws.md tells {said} of {name}, it is {default!r}"
    yield from (f"docs/aws.md tells of {name}, which is no parameter" for name in set(told) - set(template.plain["Parameters"]))


def every_output_that_is_asked_for_is_there(template):
    text = read("docs/aws.md")
    asked = {*re.findall(r"\btold (\w+)", text), *re.findall(r"outputs? `?(\w+(?:Command|Domain|Arn|Url|Name))\b", text + read("RUNBOOK.md")),
             *re.findall(r'output "\$stack" (\w+)', read("dev")), *re.findall(r"\b(\w+(?:Name|Arn))\b", *re.findall(r"for name in (.+); do", text))}
    yield from (f"{name} is asked for, and no output" for name in sorted(asked - set(template.outputs)))


def the_costs_that_are_told_are_those_that_are_counted(template):
    """Of the template only how many metrics, secrets and dashboards are paid for each month."""
    table = counted().split("\n\n")[0].splitlines()[2:]
    yield from (f"docs/aws.md lacks {row}" for row in table if row not in read("docs/aws.md"))
    together = re.search(r"\*\*together\*\* \| \*\*([\d.]+)", counted())[1]
    if f"about ${float(together):.0f} for a million" not in read("README.md"):
        yield f"README.md does not say that a million cost ${together}"
    alarms = sum(max(1, sum("MetricStat" in one for one in alarm.get("Metrics", []))) for alarm in template.of("CloudWatch::Alarm").values())
    prices = read("bench/cost/prices.py")
    for many, what in ((alarms, r"(\d+) \* ALARM_METRIC_MONTH"), (len(template.of("SecretsManager::Secret")), r"(\d+) \* SECRET_MONTH")):
        if int(re.search(what, prices)[1]) != many:
            yield f"bench/cost/prices.py counts another number than {many} of {what}"


@cache
def counted():
    return subprocess.run([sys.executable, "-B", ROOT / "bench/cost/run"], capture_output=True, text=True, check=True).stdout
