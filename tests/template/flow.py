"""From an original's arrival to the processor, and from a request to the API."""

import json
import re
import tomllib

from sources import ROOT, code, constants
from template import listed

# What S3 can tell of; the processor listens to creations.
EVENTS = {"s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:Copy",
          "s3:ObjectCreated:CompleteMultipartUpload"}
# A PUT, a copy onto itself by `POST /images/{id}/reprocess`.
NEEDED = {"s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"}
GATEWAY_SECONDS = 30


def every_notification_target_admits_its_bucket(template):
    for id, bucket in template.of("S3::Bucket").items():
        for told in bucket.get("NotificationConfiguration", {}).get("QueueConfigurations", []):
            queue = template.named(told["Queue"])
            if not any(admits(statement, template, id) for _, statement in allowing(template, queue)):
                yield f"{queue} does not admit {id}"
            waits = listed(template.resources[id].get("DependsOn", []))
            if not {policy for policy, _ in allowing(template, queue)} & set(waits):
                yield f"{id} may be made before {queue} admits it"


def allowing(template, queue):
    for id, policy in template.of("SQS::QueuePolicy").items():
        if queue in map(template.named, policy["Queues"]):
            yield from ((id, statement) for statement in template.statements([policy]) if statement["Effect"] == "Allow")


def admits(statement, template, bucket):
    condition = statement.get("Condition", {})
    source = condition.get("ArnEquals", condition.get("ArnLike", {})).get("aws:SourceArn")
    return (statement["Principal"], statement["Action"]) == ({"Service": "s3.amazonaws.com"}, ["sqs:SendMessage"]) \
        and source == template.attribute([bucket, "Arn"]) \
        and condition.get("StringEquals", {}).get("aws:SourceAccount") == template.ref("AWS::AccountId")


def only_the_bucket_of_originals_tells_and_of_every_arrival(template):
    for id, bucket in template.of("S3::Bucket").items():
        told = bucket.get("NotificationConfiguration", {}).get("QueueConfigurations", [])
        events, originals = {one["Event"] for one in told}, id == originals_bucket(template)
        yield from (f"{id}: S3 knows no {event}, or the processor does not" for event in events - EVENTS)
        if not originals and events:
            yield f"{id} tells of what is written there: the processor would wake itself"
        if originals and not ("s3:ObjectCreated:*" in events or events >= NEEDED):
            yield f"{id} does not tell of {NEEDED - events}"
        if originals and {template.named(one["Queue"]) for one in told} != {queue_of_processor(template)}:
            yield f"{id} does not tell the queue that the processor reads"
        if any("Filter" in one for one in told):
            yield f"{id} leaves some originals out"


def originals_bucket(template):
    return template.named(template.variables(template.functions()["processor"])["TINTYPE_ORIGINALS_BUCKET"])


def mapping(template):
    found, = template.of("Lambda::EventSourceMapping").values()
    return found


def queue_of_processor(template):
    return template.named(mapping(template)["EventSourceArn"])


def the_queue_calls_the_processor_with_one_message_and_hears_of_each(template):
    given = mapping(template)
    if template.named(given["FunctionName"]) != template.functions()["processor"]:
        yield "the queue calls another function than the processor"
    if given.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
        yield "what the processor says of single messages is not heard"
    if given.get("BatchSize") != 1 or given.get("MaximumBatchingWindowInSeconds"):
        yield "a call that runs out of time fails more than one image"
    if given.get("ScalingConfig", {}).get("MaximumConcurrency") != template.parameters["MaximumConcurrency"]:
        yield "MaximumConcurrency bounds nothing"
    if given.get("Enabled", True) is not True:
        yield "the queue is not read"


def a_message_is_hidden_for_six_timeouts(template):
    timeout = template.of("Lambda::Function")[template.functions()["processor"]]["Timeout"]
    hidden = template.of("SQS::Queue")[queue_of_processor(template)].get("VisibilityTimeout", 30)
    if not 6 * timeout <= hidden <= 12 * timeout:
        yield f"a message is hidden for {hidden} seconds, a call takes up to {timeout}"


def a_message_that_fails_five_times_rests_for_two_weeks(template):
    queues = template.of("SQS::Queue")
    queue = queues[queue_of_processor(template)]
    redrive = queue.get("RedrivePolicy", {})
    dead = template.named(redrive.get("deadLetterTargetArn"))
    if dead not in queues or dead == queue_of_processor(template):
        yield "what fails again and again has no queue to rest in"
    elif queues[dead].get("MessageRetentionPeriod") != 14 * 86400:
        yield "a dead letter does not rest for fourteen days"
    if redrive.get("maxReceiveCount") != 5:
        yield f"a message has {redrive.get('maxReceiveCount')} receipts, RUNBOOK.md says five"
    # It must outlive all of its receipts; the age goes on in the queue of dead letters.
    if queue.get("MessageRetentionPeriod", 345600) < 10 * 5 * queue.get("VisibilityTimeout", 30):
        yield "messages are forgotten before they are dead letters"
    yield from (f"{id} does not encrypt" for id, queue in queues.items() if queue.get("SqsManagedSseEnabled") is not True)


def the_processor_outlasts_the_worst_picture(template):
    function = template.of("Lambda::Function")[template.functions()["processor"]]
    bounds = code("processor/src/darkroom/bounds.rs")
    memory = 1 << int(re.search(r"memory_bytes: 1 << (\d+)", bounds)[1])
    seconds = int(re.search(r"cpu_seconds: (\d+)", bounds)[1])
    # What is kept back, and half a minute to fetch and to write.
    if function["Timeout"] < seconds + 35:
        yield f"a call ends after {function['Timeout']} seconds, a picture may take {seconds}"
    least = template.plain["Parameters"]["ProcessorMemory"]["MinValue"]
    # A darkroom's bound, the original twice, what comes back, and the program.
    if min(function["MemorySize"], least) << 20 < memory + (400 << 20):
        yield f"a picture may take {memory >> 20} MB, the function has {min(function['MemorySize'], least)}"


def the_schedule_calls_the_sweep_each_minute(template):
    accepted = set(re.findall(r'event\["source"\] == "([^"]+)"', code("processor/src/lambda.rs")))
    schedules = list(template.of("Scheduler::Schedule").values())
    for given in schedules:
        target = given["Target"]
        if json.loads(target.get("Input", "{}")).get("source") not in accepted:
            yield f"the sweep is called by {target.get('Input')}, the processor knows {sorted(accepted)}"
        if template.named(target["Arn"]) != template.functions()["processor"]:
            yield "the schedule calls another function than the processor"
        if given["ScheduleExpression"] != "rate(1 minute)" or given.get("State", "ENABLED") != "ENABLED":
            yield f"the sweep runs at {given['ScheduleExpression']}, its alarms expect each minute"
        if "Name" in given:
            yield "two stacks of an account would want one schedule's name"
    retries = [given for given in template.of("Lambda::EventInvokeConfig").values()
               if template.named(given["FunctionName"]) == template.functions()["processor"]]
    if len(schedules) != 1 or len(retries) != 1 or retries[0].get("MaximumRetryAttempts") != 0:
        yield "a sweep that failed is repeated, so AsyncEventsDropped tells of it late"


def the_gateway_may_call_the_api_and_waits_as_long_as_it_takes(template):
    function = template.functions()["api"]
    integration, = template.of("ApiGatewayV2::Integration").values()
    permissions = [given for given in template.of("Lambda::Permission").values() if template.named(given["FunctionName"]) == function]
    sources = [given.get("SourceArn", "") for given in permissions if given["Principal"] == "apigateway.amazonaws.com"]
    (api, _), = template.of("ApiGatewayV2::Api").items()
    if not any(source.endswith(f":<{api}>/*/$default") for source in sources):
        yield "the gateway may not call the API"
    if template.named(integration["IntegrationUri"]) != function or integration["PayloadFormatVersion"] != "2.0":
        yield "the gateway does not call the API as it is meant to"
    timeout = template.of("Lambda::Function")[function]["Timeout"]
    if not timeout == GATEWAY_SECONDS == integration.get("TimeoutInMillis", 30000) // 1000:
        yield f"the function has {timeout} seconds, the gateway waits {integration.get('TimeoutInMillis')} milliseconds"
    longest = constants(code("api/src/wait.rs")).get("MAX_WAIT_SECONDS", 25)
    if longest + 3 > timeout:
        yield f"clients may wait for {longest} seconds, the function has {timeout}"
    routes = [route["RouteKey"] for route in template.of("ApiGatewayV2::Route").values()]
    stages = [(stage["StageName"], stage.get("AutoDeploy")) for stage in template.of("ApiGatewayV2::Stage").values()]
    if routes != ["$default"] or stages != [("$default", True)]:
        yield f"routes {routes}, stages {stages}: the API's own paths are to be reached as they are"


def every_function_is_built_from_a_package_with_its_binary(template):
    for id, resource in template.written.items():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        given, properties = resource["Metadata"], resource["Properties"]
        package, binary = properties["CodeUri"], given["BuildProperties"]["Binary"]
        # In the workspace's root cargo looks for the binaries of the default members only.
        manifest = ROOT / package / "Cargo.toml"
        names = tomllib.loads(manifest.read_text()).get("package", {}) if manifest.exists() else {}
        if names.get("name") != binary or not (ROOT / package / "src/main.rs").exists():
            yield f"{id}: {package} has no binary {binary}"
        if (given["BuildMethod"], properties["Handler"], properties["Runtime"]) != ("rust-cargolambda", "bootstrap", "provided.al2023"):
            yield f"{id} is not built for Lambda's own Linux"
        if properties.get("Architectures") != [{"Ref": "Architecture"}]:
            yield f"{id} does not follow the parameter Architecture"


def every_function_logs_json_into_a_group_that_forgets(template):
    groups = template.of("Logs::LogGroup")
    for id, function in template.of("Lambda::Function").items():
        given = function.get("LoggingConfig", {})
        if given.get("LogFormat") != "JSON" or template.named(given.get("LogGroup")) not in groups:
            yield f"{id} does not log JSON into a group of this stack"
        # What TINTYPE_LOG lets pass is not to be held back once more.
        if given.get("ApplicationLogLevel") != "TRACE" or function.get("TracingConfig", {}).get("Mode") != "Active":
            yield f"{id} cannot be watched as RUNBOOK.md says"
    yield from (f"{id} keeps its lines for ever" for id, group in groups.items() if not group.get("RetentionInDays"))


def the_topic_of_images_is_told_and_encrypted(template):
    topic = template.named(template.variables(template.functions()["processor"])["TINTYPE_TOPIC_ARN"])
    if template.of("SNS::Topic").get(topic, {}).get("KmsMasterKeyId") != "alias/aws/sns":
        yield f"{topic} is not encrypted"
