"""What others check: cfn-lint on the page as it is written and as CloudFormation gets it, checkov on the latter."""

import json
import logging
import os
import tempfile
from pathlib import Path

from cfnlint import ManualArgs
from cfnlint.api import lint

# Each with the reason why it does not hold here.
SKIPPED = {
    "CKV_AWS_18": "a log of a bucket's requests would hold presigned URLs, and they are passwords",
    "CKV_AWS_21": "who deletes an image means it: no version may stay behind; runs write the same bytes to the same keys",
    "CKV_AWS_26": "alarms cannot publish to a topic that AWS's own key encrypts, and say nothing of anybody; the topic of images is encrypted",
    "CKV_AWS_27": "the queues are encrypted by SQS's own keys, which it does not know; S3 may not use those of KMS",
    "CKV_AWS_68": "a firewall costs more than all else at a million uploads, and the API has its keys; docs/aws.md says how to add one",
    "CKV_AWS_86": "filenames stand in paths; the API logs the route of each request instead",
    "CKV_AWS_115": "reserving takes from what an account has, ten for a new one; the queue is bounded by MaximumConcurrency",
    "CKV_AWS_116": "the queue has its dead letters; the sweep, the only other call, comes again in a minute",
    "CKV_AWS_117": "it talks to public endpoints of AWS by TLS only; a network of our own would cost a gateway and a start",
    "CKV_AWS_119": "tables are encrypted by DynamoDB's own key; a key of ours is asked and paid for at each read",
    "CKV_AWS_149": "secrets are encrypted by the account's key of Secrets Manager",
    "CKV_AWS_158": "logs are encrypted by CloudWatch's own key, and hold no secret",
    "CKV_AWS_173": "variables are encrypted by Lambda's own key",
    "CKV_AWS_174": "CloudFront's own name allows no choice; with a domain it is TLSv1.2_2021, which a promise holds",
}


def cfn_lint(text, plain):
    for where, written in (("template.yaml", text), ("expanded", json.dumps(plain, indent=1))):
        for found in lint(written, config=ManualArgs(regions=["us-east-1", "eu-west-1"])):
            yield f"{where}: {found.rule.id} {found.message}"


def checkov(plain):
    # Here, since it takes seconds and who puts faults in does not ask it; and quiet, which it reads when it is imported.
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    from checkov.cloudformation.runner import Runner
    from checkov.runner_filter import RunnerFilter
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "template.json"
        page.write_text(json.dumps(plain, indent=1))
        report = Runner().run(root_folder=None, files=[str(page)], runner_filter=RunnerFilter(download_external_modules=False))
    logging.disable(logging.NOTSET)
    found = {(check.check_id, check.resource, check.check_name) for check in report.failed_checks}
    yield from (f"{id} {resource}: {name}" for id, resource, name in sorted(found) if id not in SKIPPED)
    yield from (f"{id} is skipped for nothing" for id in sorted(set(SKIPPED) - {id for id, _, _ in found}))
