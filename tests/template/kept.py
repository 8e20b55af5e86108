"""Buckets and tables: as the code knows them, shut to strangers, and there when the stack is gone."""

import re

from sources import code, constants, text_or_constant

BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def every_table_has_the_keys_and_indexes_of_the_code(template):
    in_code = schemas(code("local/src", "store/src"))
    in_template = [schema(table) for table in template.of("DynamoDB::Table").values()]
    yield from (f"the code knows {wanted}, and no table is like that" for wanted in in_code if wanted not in in_template)
    yield from (f"a table is {given}, which the code does not know" for given in in_template if given not in in_code)


def schema(table):
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    keys = lambda thing: tuple((one["AttributeName"], types.get(one["AttributeName"])) for one in thing["KeySchema"])
    indexes = {index["IndexName"]: (keys(index), index["Projection"]["ProjectionType"])
               for index in table.get("GlobalSecondaryIndexes", [])}
    return {"key": keys(table), "indexes": indexes, "ttl": table.get("TimeToLiveSpecification", {}).get("AttributeName"),
            "billing": table["BillingMode"], "attributes": len(types)}


def schemas(text):
    """Of the tables that `local` makes, as it makes them."""
    return [as_made(made, text) for made in text.split(".create_table()")[1:]]


def as_made(made, text):
    known = lambda word: text_or_constant(word, text)
    types = {known(name): kind for name, kind in re.findall(r"attribute\(\s*([\w\":]+),\s*ScalarAttributeType::(\w)\)", made)}
    indexes = re.findall(r"index\(\s*([\w\":]+),\s*([\w\":]+),\s*([\w\":]+)\)\?", made)
    of = lambda *names: tuple((name, types.get(name)) for name in map(known, names))
    ttl = re.search(r'\.attribute_name\(("\w+"|[A-Z_]+)\)\.enabled\(true\)', made)
    projection = "KEYS_ONLY" if "ProjectionType::KeysOnly" in text else "?"
    return {"key": of(*re.findall(r"\.key_schema\(key\(\s*([\w\":]+),\s*KeyType::Hash", made)[:1]),
            "indexes": {known(name): (of(hash, range), projection) for name, hash, range in indexes},
            "ttl": known(ttl[1]) if ttl else None, "billing": "PAY_PER_REQUEST", "attributes": len(types)}


def every_table_can_be_had_back(template):
    for id, table in template.of("DynamoDB::Table").items():
        if not table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled"):
            yield f"{id} cannot be restored"
        if not table.get("DeletionProtectionEnabled"):
            yield f"{id} can be deleted by a slip"


def what_cannot_be_made_again_stays_when_the_stack_goes(template):
    page = page_bucket(template)
    for id, resource in template.resources.items():
        kept = resource["Type"] in ("AWS::DynamoDB::Table", "AWS::SecretsManager::Secret") or \
            resource["Type"] == "AWS::S3::Bucket" and id != page
        if kept and resource.get("UpdateReplacePolicy") != "Retain":
            yield f"{id}: UpdateReplacePolicy is {resource.get('UpdateReplacePolicy')}"
        # What is protected cannot be taken away again; what has a name of ours would be in the way of the next attempt.
        wanted = "Retain" if resource["Type"] == "AWS::DynamoDB::Table" else "RetainExceptOnCreate"
        if kept and resource.get("DeletionPolicy") != wanted:
            yield f"{id}: DeletionPolicy is {resource.get('DeletionPolicy')}"


def page_bucket(template):
    distribution, = template.of("CloudFront::Distribution").values()
    config = distribution["DistributionConfig"]
    origins = {origin["Id"]: origin["DomainName"] for origin in config["Origins"]}
    return template.named(origins.get(config["DefaultCacheBehavior"]["TargetOriginId"]))


def every_bucket_is_shut_to_strangers(template):
    for id, bucket in template.of("S3::Bucket").items():
        blocks = bucket.get("PublicAccessBlockConfiguration", {})
        yield from (f"{id} lacks {block}" for block in BLOCKS if blocks.get(block) is not True)
        owners = [rule["ObjectOwnership"] for rule in bucket.get("OwnershipControls", {}).get("Rules", [])]
        if owners != ["BucketOwnerEnforced"]:
            yield f"{id}: objects may have other owners"
        if "BucketEncryption" not in bucket:
            yield f"{id} says nothing of encryption"


def every_bucket_and_queue_refuses_to_talk_in_clear(template):
    policies = [*template.of("S3::BucketPolicy").values(), *template.of("SQS::QueuePolicy").values()]
    buckets = template.of("S3::Bucket")
    for id in (*buckets, *template.of("SQS::Queue")):
        arn = template.attribute([id, "Arn"])
        on = {arn, f"{arn}/*"} if id in buckets else {arn}
        for_id = [policy for policy in policies if id in map(template.named, [policy.get("Bucket"), *policy.get("Queues", [])])]
        if not any(refuses_clear(statement, on) for statement in template.statements(for_id)):
            yield f"{id} does not refuse what comes without TLS"


def refuses_clear(statement, on):
    asked = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    return (statement["Effect"], statement["Principal"], str(asked).lower()) == ("Deny", "*", "false") \
        and set(statement["Resource"]) >= on and statement["Action"] in (["s3:*"], ["sqs:*"])


def every_bucket_forgets_abandoned_parts(template):
    for id, bucket in template.of("S3::Bucket").items():
        rules = [rule for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", []) if rule["Status"] == "Enabled"]
        if not any(rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation") == 1 for rule in rules):
            yield f"{id} keeps parts of uploads that nobody goes on with"


def originals_expire_only_when_told_to(template):
    days = int(template.parameters["OriginalsExpireAfterDays"])
    for id, bucket in template.of("S3::Bucket").items():
        given = [rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule]
        originals = any(template.named(template.variables(function)["TINTYPE_ORIGINALS_BUCKET"]) == id
                        for function in template.functions().values())
        if given != ([days] if days and originals else []):
            yield f"{id} removes its objects after {given} days, told was {days}"
