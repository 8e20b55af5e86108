"""List prices of us-east-1 in dollars, without free tiers, volume discounts and tax; looked up in November 2026."""

MILLION = 1e6
GIGABYTE_SECOND = {"x86_64": 0.0000166667, "arm64": 0.0000133334}   # Lambda
LAMBDA_REQUEST = 0.20 / MILLION
S3_PUT, S3_GET, S3_GB_MONTH = 5.00 / MILLION, 0.40 / MILLION, 0.023
HTTP_API_CALL = 1.00 / MILLION
CLOUDFRONT_REQUEST, CLOUDFRONT_GB = 1.00 / MILLION, 0.085
WRITE_UNIT, READ_UNIT = 0.625 / MILLION, 0.125 / MILLION            # DynamoDB, on demand
SQS_REQUEST, SNS_PUBLISH = 0.40 / MILLION, 0.50 / MILLION
LOG_GB, TRACE = 0.50, 5.00 / MILLION
SECRET_MONTH, ALARM_METRIC_MONTH, METRIC_MONTH, DASHBOARD_MONTH = 0.40, 0.10, 0.30, 3.00
# Of what X-Ray samples by itself: one a second, and of the others.
SAMPLED = 0.05
GB = 1e9


def per_million(figures):
    api, calls = figures["api"], figures["calls"]
    held = figures["held_milliseconds"] + calls * api["milliseconds"]
    return {
        "the original: PUT and GET": MILLION * (S3_PUT + S3_GET),
        f"{figures['renditions']} renditions: PUT": MILLION * figures["renditions"] * S3_PUT,
        f"processor, {figures['processor']['milliseconds']} ms of {figures['processor']['memory_mb']} MB": MILLION * call(figures["processor"], figures),
        f"API, {calls} calls of {api['milliseconds']} ms, {figures['held_milliseconds']} ms held": MILLION * (calls * LAMBDA_REQUEST + seconds(api, held, figures)),
        "gateway and distribution": MILLION * calls * (HTTP_API_CALL + CLOUDFRONT_REQUEST + figures["answer_bytes"] / GB * CLOUDFRONT_GB),
        f"tables, {figures['write_units']} write units": MILLION * (figures["write_units"] * WRITE_UNIT + figures["read_units"] * READ_UNIT),
        "queue and topic": MILLION * (3 * SQS_REQUEST + SNS_PUBLISH),
        "logs and traces": MILLION * (figures["log_bytes"] / GB * LOG_GB + (calls + 1) * SAMPLED * TRACE),
    }


def call(function, figures):
    return LAMBDA_REQUEST + seconds(function, function["milliseconds"], figures)


def seconds(function, milliseconds, figures):
    return milliseconds / 1000 * function["memory_mb"] / 1024 * GIGABYTE_SECOND[figures["architecture"]]


def stored(figures):
    """A month of what a million uploads leave behind."""
    return MILLION * (figures["original_bytes"] + figures["renditions_bytes"]) / GB * S3_GB_MONTH


def monthly(figures):
    sweeps = 30 * 24 * 60
    return {
        "two secrets": 2 * SECRET_MONTH,
        "alarms, over 14 metrics": 14 * ALARM_METRIC_MONTH,
        "13 metrics of our own": 13 * METRIC_MONTH,
        "a dashboard": DASHBOARD_MONTH,
        # Sixteen queries of an index, which are empty as a rule.
        "sweeps": sweeps * (call({**figures["processor"], "milliseconds": 100}, figures) + 16 * READ_UNIT),
    }
