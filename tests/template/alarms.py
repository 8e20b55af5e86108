"""Whoever is woken: each alarm looks at something that is measured, and RUNBOOK.md knows it."""

import json
import re
from functools import cache

from sources import code, crates, read, sources

# What AWS measures, of those that are looked at, and what by.
MEASURED = {
    "AWS/SQS": ({"ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible", "ApproximateAgeOfOldestMessage"},
                {"QueueName": "SQS::Queue"}),
    "AWS/Lambda": ({"Errors", "Throttles", "Duration", "ConcurrentExecutions", "AsyncEventsDropped", "AsyncEventsReceived"},
                   {"FunctionName": "Lambda::Function"}),
    "AWS/ApiGateway": ({"Count", "4xx", "5xx", "Latency", "IntegrationLatency"}, {"ApiId": "ApiGatewayV2::Api"}),
    "AWS/DynamoDB": ({"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents"},
                     {"TableName": "DynamoDB::Table", "GlobalSecondaryIndexName": None}),
    "AWS/SNS": ({"NumberOfNotificationsFailed"}, {"TopicName": "SNS::Topic"}),
}


def every_alarm_tells_the_topic_and_names_its_section(template):
    sections = dict(re.findall(r"^## (.+)\n\n(.+)", read("RUNBOOK.md"), flags=re.M))
    # Whose first line begins with what goes off.
    awaited = {title for title, first in sections.items() if first[0] == "`" and ("on AWS" in first or title.endswith("(AWS)"))}
    named = set()
    topics = set(template.of("SNS::Topic"))
    for id, alarm in template.of("CloudWatch::Alarm").items():
        section = alarm.get("AlarmDescription", "").removeprefix("RUNBOOK.md: ")
        named.add(section)
        if section not in sections:
            yield f"{id}: RUNBOOK.md has no section {section!r}"
        for told in ("AlarmActions", "OKActions"):
            if [template.named(topic) in topics - {images_topic(template)} for topic in alarm.get(told, [])] != [True]:
                yield f"{id} tells nobody, by its {told}"
        if alarm.get("ActionsEnabled") is False:
            yield f"{id} is silenced"
    yield from (f"no alarm leads to RUNBOOK.md's section {section!r}" for section in sorted(awaited - named))


def images_topic(template):
    return template.named(template.variables(template.functions()["processor"])["TINTYPE_TOPIC_ARN"])


def an_address_is_written_to_and_none_is_not(template):
    subscriptions = list(template.plain["Resources"].values())
    given = [one for one in subscriptions if one["Type"] == "AWS::SNS::Subscription"]
    if [one.get("Condition") for one in given] != ["HasAlarmEmail"]:
        yield "there is not one subscription, under the condition HasAlarmEmail"
    elif template.holds({"Condition": "HasAlarmEmail"}) != bool(template.parameters["AlarmEmail"]):
        yield f"AlarmEmail is {template.parameters['AlarmEmail']!r}, and HasAlarmEmail does not follow it"
    elif template.named(template.value(given[0]["Properties"]["TopicArn"])) == images_topic(template):
        yield "the address is told of images instead of alarms"


def every_alarm_looks_at_what_is_measured(template):
    for id, alarm in template.of("CloudWatch::Alarm").items():
        for metric in metrics(alarm):
            names = {one["Name"]: one["Value"] for one in metric.get("Dimensions", [])}
            yield from (f"{id}: {fault}" for fault in faults(template, metric["Namespace"], metric["MetricName"], names))


def metrics(alarm):
    if "MetricName" in alarm:
        yield alarm
    for one in alarm.get("Metrics", []):
        if "MetricStat" in one:
            yield one["MetricStat"]["Metric"]


def faults(template, namespace, name, dimensions):
    if namespace == "Tintype":
        yield from unprinted(template, name, dimensions)
    elif namespace in MEASURED:
        known, by = MEASURED[namespace]
        if name not in known:
            yield f"{namespace} has no {name}"
        if not dimensions or not set(dimensions) <= set(by):
            yield f"{name} is not measured by {sorted(dimensions)}"
        for dimension, value in dimensions.items():
            kind = by.get(dimension)
            indexes = [index["IndexName"] for table in template.of("DynamoDB::Table").values() for index in table.get("GlobalSecondaryIndexes", [])]
            if template.named(value) not in template.of(kind) if kind else value not in indexes:
                yield f"{name} of {value}, which is no {kind or 'index'}"
    elif (namespace, name) not in filtered(template) or dimensions:
        yield f"nobody counts {name} of {namespace} by {sorted(dimensions)}"


def filtered(template):
    given = template.of("Logs::MetricFilter").values()
    return {(made["MetricNamespace"], made["MetricName"]) for one in given for made in one["MetricTransformations"]}


def unprinted(template, name, dimensions):
    """Why the binary behind a function never prints such a metric."""
    binaries = {id: binary for binary, id in template.functions().items()}
    binary = binaries.get(template.named(dimensions.get("FunctionName")))
    if set(dimensions) != {"FunctionName"} or not binary:
        yield f"{name} is printed by FunctionName, not by {dimensions}"
    elif name not in printed(binary):
        yield f"{binary} prints no {name}"


@cache
def printed(binary):
    """The names of embedded metrics: counters in total, the histograms that emf.rs prints by their labels' values."""
    text = code("telemetry/src/metrics.rs")
    own = "\n".join(code(f"{crate}/src") for crate in crates(binary) if crate != "telemetry")
    counters = re.findall(r'pub static (\w+): Counter =\s*Counter::(?:new|by)\(\s*"(\w+)"', text)
    histograms = dict(re.findall(r'pub static (\w+): Histogram =\s*Histogram::new\(\s*"(\w+)"', text))
    names = {name for static, name in counters if re.search(rf"\b{static}\.add", own)}
    for static in re.search(r"\[((?:&[A-Z_]+,? ?)+)\]\.into_iter\(\)\.flat_map\(milliseconds\)", code("telemetry/src/metrics/emf.rs"))[1].split(","):
        static = static.strip(" &")
        values = re.findall(rf'\b{static}\.(?:note|time)\(&\[(?:"(\w+)")?\]', own)
        names |= {"_".join(filter(None, (histograms[static], value, "milliseconds"))) for value in values}
    return names


def every_expression_uses_what_the_alarm_has(template):
    for id, alarm in template.of("CloudWatch::Alarm").items():
        given = alarm.get("Metrics", [])
        known = {one["Id"] for one in given}
        for one in given:
            words = set(re.findall(r"\b[a-z]\w*", one.get("Expression", "")))
            yield from (f"{id}: the expression knows {word}, the alarm does not" for word in words - known)
        if given and sum(one.get("ReturnData", True) for one in given) != 1:
            yield f"{id} watches not one value"
        unused = {one["Id"] for one in given if "MetricStat" in one} - set(re.findall(r"\w+", "".join(one.get("Expression", "") for one in given)))
        yield from (f"{id} has {word} for nothing" for word in unused)


def every_filter_finds_words_that_the_processor_writes(template):
    text = code("processor/src", "store/src")
    for id, given in template.of("Logs::MetricFilter").items():
        log = template.of("Lambda::Function")[template.functions()["processor"]]["LoggingConfig"]["LogGroup"]
        if given["LogGroupName"] != log:
            yield f"{id} reads another log than the processor's"
        for field, word in re.findall(r'\$\.(\w+) = "([^"]+)"', given["FilterPattern"]):
            said = rf'"{word}"\)?;' if field == "message" else rf"\b{field}\b"
            if not re.search(said, text) or f'"{word}"' not in text:
                yield f"{id}: the processor writes no {field} {word!r}"


def what_must_not_be_missed_has_an_alarm(template):
    watched = {(metric["Namespace"], metric["MetricName"], template.named(next(iter(metric.get("Dimensions", [])), {}).get("Value")))
               for alarm in template.of("CloudWatch::Alarm").values() for metric in metrics(alarm)}
    queue = next(iter(template.of("Lambda::EventSourceMapping").values()))["EventSourceArn"]
    dead = template.of("SQS::Queue")[template.named(queue)].get("RedrivePolicy", {}).get("deadLetterTargetArn")
    functions = template.functions()
    wanted = {("AWS/SQS", "ApproximateNumberOfMessagesVisible", template.named(dead)),
              ("AWS/SQS", "ApproximateAgeOfOldestMessage", template.named(queue)),
              ("AWS/Lambda", "Errors", functions["processor"]), ("AWS/Lambda", "Throttles", functions["processor"]),
              ("AWS/Lambda", "Throttles", functions["api"]), ("AWS/ApiGateway", "5xx", next(iter(template.of("ApiGatewayV2::Api")))),
              ("AWS/Lambda", "AsyncEventsDropped", functions["processor"]), ("AWS/Lambda", "AsyncEventsReceived", functions["processor"]),
              ("Tintype", "images_failed", functions["processor"])}
    yield from (f"nobody watches {name} of {of}" for _, name, of in sorted(wanted - watched, key=str))


def no_alarm_waits_longer_than_it_should(template):
    for id, alarm in template.of("CloudWatch::Alarm").items():
        period = alarm.get("Period") or max(one["MetricStat"]["Period"] for one in alarm["Metrics"] if "MetricStat" in one)
        if period * alarm["EvaluationPeriods"] > 3600:
            yield f"{id} goes off after more than an hour"
        # A schedule that never called has left no number at all.
        waits = any(metric["MetricName"] == "AsyncEventsReceived" for metric in metrics(alarm))
        if alarm.get("TreatMissingData") != ("breaching" if waits else "notBreaching"):
            yield f"{id} takes silence for {alarm.get('TreatMissingData')}"
    oldest, = (alarm for alarm in template.of("CloudWatch::Alarm").values() if alarm.get("MetricName") == "ApproximateAgeOfOldestMessage")
    hidden = max(queue.get("VisibilityTimeout", 30) for queue in template.of("SQS::Queue").values())
    if not hidden < oldest["Threshold"] <= 3600:
        yield f"one redelivery takes {hidden} seconds, the alarm goes off at {oldest['Threshold']}"


def the_dashboard_shows_every_alarm_and_what_is_measured(template):
    board, = template.of("CloudWatch::Dashboard").values()
    try:
        widgets = json.loads(board["DashboardBody"])["widgets"]
    except ValueError as fault:
        yield f"the dashboard is no JSON: {fault}"
        return
    shown = {template.named(arn) for widget in widgets if widget["type"] == "alarm" for arn in widget["properties"]["alarms"]}
    yield from (f"the dashboard lacks {id}" for id in set(template.of("CloudWatch::Alarm")) - shown)
    for widget in widgets:
        for namespace, name, *rest in widget["properties"].get("metrics", []):
            words = [word for word in rest if isinstance(word, str)]
            dimensions = dict(zip(words[::2], words[1::2]))
            yield from (f"the dashboard: {fault}" for fault in faults(template, namespace, name, dimensions))
        for log in re.findall(r"SOURCE '([^']+)'", widget["properties"].get("query", "")):
            if template.named(log) not in template.of("Logs::LogGroup"):
                yield f"the dashboard reads {log}, which is no log"
