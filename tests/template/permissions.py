"""Every call of AWS in the code has a statement, and no statement lacks a call."""

import re

from sources import code, constants, files, functions

# A method of the SDK, and what IAM asks for.
ACTIONS = {
    "batch_get_item": ["dynamodb:BatchGetItem"],
    "batch_write_item": ["dynamodb:BatchWriteItem"],
    "delete_item": ["dynamodb:DeleteItem"],
    "describe_table": ["dynamodb:DescribeTable"],
    "get_item": ["dynamodb:GetItem"],
    "put_item": ["dynamodb:PutItem"],
    "query": ["dynamodb:Query"],
    "scan": ["dynamodb:Scan"],
    "update_item": ["dynamodb:UpdateItem"],
    "abort_multipart_upload": ["s3:AbortMultipartUpload"],
    "complete_multipart_upload": ["s3:PutObject"],
    "copy_object": ["s3:GetObject", "s3:PutObject"],
    "create_multipart_upload": ["s3:PutObject"],
    "delete_object": ["s3:DeleteObject"],
    "delete_objects": ["s3:DeleteObject"],
    "get_object": ["s3:GetObject"],
    "head_bucket": ["s3:ListBucket"],
    "head_object": ["s3:GetObject"],
    "list_objects_v2": ["s3:ListBucket"],
    "list_parts": ["s3:ListMultipartUploadParts"],
    "put_object": ["s3:PutObject"],
    "upload_part": ["s3:PutObject"],
    "publish": ["sns:Publish"],
}
# What the fields are that the binaries call AWS by, where their methods are, and the variable that names what they reach.
REACHES = {
    "accounts": (["store/src/accounts", "store/src/accounts.rs"], "TINTYPE_ACCOUNTS_TABLE"),
    "catalog": (["store/src/catalog"], "TINTYPE_IMAGES_TABLE"),
    "objects": (["store/src/objects", "store/src/objects.rs"], None),
    "topic": (["processor/src/announce.rs"], "TINTYPE_TOPIC_ARN"),
}
BUCKETS = {"self.originals": "TINTYPE_ORIGINALS_BUCKET", "self.renditions": "TINTYPE_RENDITIONS_BUCKET"}
# Without s3:ListBucket S3 says 403 for what is not there: asked for by whoever tells the two apart.
TELLS_MISSING = re.compile(r"NotFound\(|NoSuchKey\(|Some\(404\)|== 404")
CLIENT = re.compile(r"self\s*\.\s*(?:client|presigner)\s*\.\s*(\w+)\(")


def every_call_has_a_statement_and_no_statement_lacks_a_call(template):
    for binary, id in template.functions().items():
        wanted, given = set(called(template, binary, id)), set(granted(template, id))
        wanted |= set(platform(template, id))
        yield from (f"{id} calls {action} on {on}, which no statement allows" for action, on in sorted(wanted - given))
        yield from (f"{id} is allowed {action} on {on}, which nothing calls" for action, on in sorted(given - wanted))


def every_method_of_an_sdk_is_known_here(template):
    for field, (places, _) in REACHES.items():
        for path, text in files(*places).items():
            # An operation returns a builder that is sent; `config` and the like are no calls.
            unknown = set(CLIENT.findall(text)) - set(ACTIONS) - {"config"}
            yield from (f"{path}: {name} is in no list of permissions.py" for name in sorted(unknown))


def no_statement_allows_by_a_pattern(template):
    for id, role in template.of("IAM::Role").items():
        if role.get("ManagedPolicyArns"):
            yield f"{id} has policies that somebody else writes"
        for statement in template.statements(role.get("Policies", [])):
            yield from (f"{id} is allowed {action}" for action in statement["Action"] if "*" in action)
            yield from (f"{id} is allowed {action} on everything" for action in statement["Action"]
                        if "*" in statement["Resource"] and not action.startswith("xray:"))


def called(template, binary, id):
    variables = template.variables(id)
    own = code(f"{binary}/src")
    for field, method in sorted(set(re.findall(r"\b(accounts|catalog|objects|topic)\s*\.\s*(\w+)\s*\(", own))):
        places, variable = REACHES[field]
        bodies = reached(functions(code(*places)), method)
        together = "\n".join(bodies)
        named = [variable] if variable else [name for field, name in BUCKETS.items() if field in together]
        for body in bodies:
            for call in CLIENT.findall(body):
                for action in ACTIONS.get(call, []):
                    yield from ((action, reach(template, action, variables.get(name), body, places)) for name in named)
            if not variable and TELLS_MISSING.search(body):
                yield from (("s3:ListBucket", reach(template, "s3:ListBucket", variables.get(name), body, places)) for name in named)


def reached(bodies, method):
    """The method's body, and those of all that it calls of its own kind."""
    found, queue = {}, [method]
    while queue:
        name = queue.pop()
        if name in bodies and name not in found:
            found[name] = bodies[name]
            queue += re.findall(r"\bself\s*\.\s*(\w+)\(", bodies[name]) + re.findall(r"(?<![.\w:])(\w+)\(", bodies[name])
    return list(found.values())


def reach(template, action, name, body, places):
    """What of the resource behind a variable the action is asked on."""
    id = template.named(name)
    match action.split(":"):
        case ["s3", "ListBucket"]:
            return template.attribute([id, "Arn"])
        case ["s3", _]:
            return template.attribute([id, "Arn"]) + "/*"
        case ["sns", _]:
            return f"<{id}>"
    index = re.search(r"\.index_name\((\w+)\)", body)
    return f"<{id}.Arn>" + (f"/index/{constants(code(*places))[index[1]]}" if index else "")


def granted(template, id):
    role = template.named(template.of("Lambda::Function")[id]["Role"])
    for statement in template.statements(template.of("IAM::Role")[role]["Policies"]):
        if statement["Effect"] == "Allow":
            yield from ((action, on) for action in statement["Action"] for on in statement["Resource"])


def platform(template, id):
    """What Lambda itself does in the function's name."""
    function = template.of("Lambda::Function")[id]
    if log := template.named(function.get("LoggingConfig", {}).get("LogGroup")):
        yield from ((action, f"<{log}.Arn>") for action in ("logs:CreateLogStream", "logs:PutLogEvents"))
    if function.get("TracingConfig", {}).get("Mode") == "Active":
        yield from ((action, "*") for action in ("xray:PutTraceSegments", "xray:PutTelemetryRecords"))
    for mapping in template.of("Lambda::EventSourceMapping").values():
        if template.named(mapping["FunctionName"]) == id:
            actions = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
            yield from ((action, mapping["EventSourceArn"]) for action in actions)
