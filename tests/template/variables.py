"""Every variable that a binary reads is set, and no other."""

import re

from sources import code, crates, sources

# Read by the code and not set on AWS, and why.
LEFT_OUT = {
    "api": {
        "TINTYPE_LISTEN": "there is no server under Lambda",
        "TINTYPE_PRESETS": "a file, and there is none beside the binary",
        "TINTYPE_S3_PATH_STYLE": "S3 itself wants the bucket in the host",
        "TINTYPE_S3_PUBLIC_URL": "S3 itself has one address for all",
    },
    "processor": {
        "TINTYPE_PRESETS": "a record holds its renditions",
        "TINTYPE_QUEUE_URL": "Lambda reads the queue",
        "TINTYPE_RENDITIONS_URL": "it tells nobody a URL",
        "TINTYPE_S3_PATH_STYLE": "S3 itself wants the bucket in the host",
        "TINTYPE_S3_PUBLIC_URL": "it signs for nobody",
    },
}


def read_by(binary):
    return set(re.findall(r'"(TINTYPE_[A-Z0-9_]+)"', sources(binary)))


def every_variable_that_a_binary_reads_is_set_and_no_other(template):
    for binary, id in template.functions().items():
        wanted, given = read_by(binary) - set(LEFT_OUT[binary]), set(template.variables(id))
        yield from (f"{id} lacks {name}, which {binary} reads" for name in sorted(wanted - given))
        yield from (f"{id} has {name}, which {binary} does not read" for name in sorted(given - wanted))


def every_exception_names_a_variable_that_is_read(template):
    everywhere = {name for binary in LEFT_OUT for name in read_by(binary)}
    for binary, names in LEFT_OUT.items():
        yield from (f"variables.py leaves out {name} of {binary}, which nothing reads" for name in sorted(set(names) - everywhere))


def every_variable_leads_to_what_it_says(template):
    kinds = {"TABLE": "DynamoDB::Table", "BUCKET": "S3::Bucket", "ARN": "SNS::Topic"}
    for id in template.functions().values():
        for name, value in template.variables(id).items():
            kind, found = kinds.get(name.split("_")[-1]), template.named(value)
            if kind and found not in template.of(kind):
                yield f"{id}: {name} is {value}, which is no {kind}"
        names = [template.named(value) for name, value in template.variables(id).items() if name.split("_")[-1] in kinds]
        yield from (f"{id}: two variables name {name}" for name in set(names) if names.count(name) > 1)


def both_functions_share_tables_and_buckets(template):
    api, processor = (template.variables(template.functions()[binary]) for binary in ("api", "processor"))
    yield from (f"{name} differs" for name in sorted(set(api) & set(processor)) if api[name] != processor[name])


def every_secret_is_made_by_aws_and_long_enough(template):
    secrets = template.of("SecretsManager::Secret")
    for id in template.functions().values():
        for name, value in template.variables(id).items():
            if name.endswith(("_SECRET", "_ADMIN_KEY")):
                found = re.fullmatch(r"\{\{resolve:secretsmanager:<(\w+)>:SecretString\}\}", value)
                made = secrets.get(found[1] if found else "", {}).get("GenerateSecretString", {})
                if made.get("PasswordLength", 0) < 32 or not made.get("ExcludePunctuation"):
                    yield f"{id}: {name} is not a generated secret of 32 plain characters"
    values = [value for id in template.functions().values() for name, value in template.variables(id).items() if "secretsmanager" in value]
    yield from (f"{value} has two purposes" for value in set(values) if values.count(value) > 1)
