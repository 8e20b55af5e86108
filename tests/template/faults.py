"""Faults put into the template on purpose, one at a time: a check that never complains is none."""

import re
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import lint
from promises import complaints
from template import expanded

RESOURCES = r"""
OriginalsBucket: a typing error in the event | s3:ObjectCreated:* | s3:ObjectCreate:*
OriginalsBucket: only some arrivals are told | s3:ObjectCreated:* | s3:ObjectCreated:Put
OriginalsBucket: told to the dead letters | Queue: !GetAtt IngestQueue.Arn | Queue: !GetAtt DeadLetterQueue.Arn
OriginalsBucket: made before the queue admits it | DependsOn: IngestQueuePolicy | DependsOn: IngestQueue
OriginalsBucket: goes with the stack | DeletionPolicy: RetainExceptOnCreate | DeletionPolicy: Delete
OriginalsBucket: may be made public | BlockPublicPolicy: true | BlockPublicPolicy: false
OriginalsBucket: any page may send | !If [HasDomain, !Sub 'https://${DomainName}', !Sub 'https://${Distribution.DomainName}'] | '*'
OriginalsBucket: pages that were allowed may not send | !If [HasAllowedOrigins, !Ref AllowedOrigins, !Ref AWS::NoValue] | !Ref AWS::NoValue
OriginalsBucket: the page may not look at an original | AllowedMethods: [PUT, GET, HEAD] | AllowedMethods: [PUT]
OriginalsBucket: a header of the grant is not let through | if-none-match, |
OriginalsBucket: parts stay for ever | AbortIncompleteMultipartUpload: {DaysAfterInitiation: 1} | NoncurrentVersionExpiration: {NoncurrentDays: 1}
OriginalsBucketPolicy: clear text is let through | aws:SecureTransport: false | aws:SecureTransport: true
OriginalsBucket: another name than the queue admits | ${Name}-originals | ${Name}-uploads
RenditionsBucketPolicy: the distribution may list | Action: s3:GetObject | Action: [s3:GetObject, s3:ListBucket]
RenditionsBucketPolicy: any distribution may read | {StringEquals: {aws:SourceArn: !Sub 'arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}'}} | {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
PageBucketPolicy: what is not there is forbidden | Action: s3:ListBucket | Action: s3:GetBucketLocation
ImagesTable: an index of another name | IndexName: unsettled | IndexName: unsettled_images
ImagesTable: an index by another order | AttributeName: owner_order, KeyType: RANGE | AttributeName: deadline, KeyType: RANGE
ImagesTable: a key of another type | AttributeName: deadline, AttributeType: N | AttributeName: deadline, AttributeType: S
ImagesTable: tombstones stay | AttributeName: expires_at | AttributeName: expire_at
ImagesTable: an index copies whole records | Projection: {ProjectionType: KEYS_ONLY} | Projection: {ProjectionType: ALL}
ImagesTable: it cannot be restored | PointInTimeRecoveryEnabled: true | PointInTimeRecoveryEnabled: false
Secret: a short secret | PasswordLength: 64 | PasswordLength: 16
Secret: another one after a replacement | UpdateReplacePolicy: Retain | UpdateReplacePolicy: Delete
IngestQueue: a message comes twice | VisibilityTimeout: 720 | VisibilityTimeout: 120
IngestQueue: two receipts | maxReceiveCount: 5 | maxReceiveCount: 2
IngestQueue: dead letters come back | deadLetterTargetArn: !GetAtt DeadLetterQueue.Arn | deadLetterTargetArn: !GetAtt IngestQueue.Arn
DeadLetterQueue: dead letters rest for four days | MessageRetentionPeriod: 1209600 | MessageRetentionPeriod: 345600
IngestQueuePolicy: another account's bucket is admitted | StringEquals: {aws:SourceAccount: !Ref AWS::AccountId} | StringEquals: {aws:SourceAccount: '210987654321'}
IngestQueuePolicy: a misspelt action | sqs:SendMessage | sqs:SendMesage
ProcessorFunction: longer than its messages are hidden | Timeout: 120 | Timeout: 300
ProcessorFunction: shorter than a picture may take | Timeout: 120 | Timeout: 60
ProcessorFunction: single answers are not heard | FunctionResponseTypes: [ReportBatchItemFailures] | FunctionResponseTypes: []
ProcessorFunction: a typing error in the answers | ReportBatchItemFailures | ReportBatchItemFailure
ProcessorFunction: fifty at once | BatchSize: 1 | BatchSize: 50
ProcessorFunction: concurrency out of bounds | MaximumConcurrency: !Ref MaximumConcurrency | MaximumConcurrency: 1
ProcessorFunction: a variable is missing | TINTYPE_TOPIC_ARN: !Ref ImagesTopic |
ProcessorFunction: a variable is misspelt | TINTYPE_IMAGES_TABLE | TINTYPE_IMAGE_TABLE
ProcessorFunction: renditions wake the processor | TINTYPE_RENDITIONS_BUCKET: !Ref RenditionsBucket | TINTYPE_RENDITIONS_BUCKET: !Ref OriginalsBucket
ProcessorFunction: the sweep is called by an unknown name | aws.scheduler | tintype.schedule
ProcessorFunction: the sweep runs once an hour | rate(1 minute) | rate(1 hour)
ProcessorFunction: a sweep that failed is repeated | EventInvokeConfig: {MaximumRetryAttempts: 0 | EventInvokeConfig: {MaximumRetryAttempts: 2
ProcessorFunction: a binary that is not there | BuildProperties: {Binary: processor} | BuildProperties: {Binary: worker}
ProcessorFunction: built in the workspace | CodeUri: processor | CodeUri: .
ProcessorFunction: a log that is no group | LogGroup: !Ref ProcessorLog | LogGroup: /aws/lambda/processor
ProcessorRole: may do everything to originals | [s3:GetObject, s3:DeleteObject] | s3:*
ProcessorRole: may not announce | Action: sns:Publish | Action: sns:Subscribe
ProcessorRole: may not read the index | ${ImagesTable.Arn}/index/unsettled | ${ImagesTable.Arn}/index/by_owner
ProcessorRole: may overwrite originals | [s3:GetObject, s3:DeleteObject] | [s3:GetObject, s3:DeleteObject, s3:PutObject]
ProcessorRole: takes a missing original for a forbidden one | Action: s3:ListBucket | Action: s3:ListBucketVersions
ProcessorRole: a misspelt action | dynamodb:UpdateItem | dynamodb:UpdateItems
ApiRole: may not sign uploads | [s3:GetObject, s3:PutObject, s3:DeleteObject] | [s3:GetObject, s3:DeleteObject]
ApiRole: may not list | dynamodb:BatchGetItem, |
ApiFunction: two secrets are one | secretsmanager:${AdminKey} | secretsmanager:${Secret}
ApiFunction: renditions somewhere else | ${Distribution.DomainName}/renditions' | ${Distribution.DomainName}/images'
ApiFunction: the gateway does not wait as long | Timeout: 30 | Timeout: 60
ApiIntegration: an older form of events | PayloadFormatVersion: '2.0' | PayloadFormatVersion: '1.0'
ApiPermission: another API may call | ${Api}/*/$default | ${AWS::StackName}/*/$default
ApiStage: a stage in every path | StageName: $default | StageName: prod
Distribution: an origin that is not there | TargetOriginId: renditions | TargetOriginId: rendition
Distribution: a path that leads nowhere | PathPattern: /presets* | PathPattern: /preset/*
Distribution: answers are kept for others | {PathPattern: /images*, TargetOriginId: api, ViewerProtocolPolicy: https-only, AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE], CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad | {PathPattern: /images*, TargetOriginId: api, ViewerProtocolPolicy: https-only, AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE], CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
Distribution: images cannot be deleted | {PathPattern: /images*, TargetOriginId: api, ViewerProtocolPolicy: https-only, AllowedMethods: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE] | {PathPattern: /images*, TargetOriginId: api, ViewerProtocolPolicy: https-only, AllowedMethods: [GET, HEAD]
Distribution: refusals are kept | {ErrorCode: 403, ErrorCachingMinTTL: 0} | {ErrorCode: 403, ErrorCachingMinTTL: 10}
Distribution: cut off while the API waits | OriginReadTimeout: 35 | OriginReadTimeout: 20
Distribution: a circle by the function | Comment: !Sub ${AWS::StackName}, page, API and renditions | Comment: !Ref ApiFunction
Distribution: asked without a signature | OriginAccessControlId: !Ref OriginAccess |
RenditionCache: what is deleted is shown for a year | MaxTTL: 86400 | MaxTTL: 31536000
RenditionCache: a copy for each query | QueryStringBehavior: none | QueryStringBehavior: all
RenditionKey: the path is the key | /^\/renditions\// | /^\/rendition\//
PageHeaders: the page may not send originals | connect-src 'self' ${S3} | connect-src 'self'
PageHeaders: a circle by the bucket | !Sub 'https://${Name}-originals-${AWS::AccountId}-${AWS::Region}.s3.${AWS::Region}.${AWS::URLSuffix}' | !Sub 'https://${OriginalsBucket}.s3.${AWS::Region}.${AWS::URLSuffix}'
DeadLetterAlarm: a metric of another name | ApproximateNumberOfMessagesVisible | NumberOfMessagesVisible
DeadLetterAlarm: the other queue | !GetAtt DeadLetterQueue.QueueName | !GetAtt IngestQueue.QueueName
DeadLetterAlarm: tells nobody | AlarmActions: [!Ref AlarmTopic] |
OldestMessageAlarm: goes off at each redelivery | Threshold: 900 | Threshold: 300
ImagesFailAlarm: a metric that nobody prints | MetricName: images_failed | MetricName: images_failed_total
ImagesFailAlarm: of the function that does not count them | {Name: FunctionName, Value: !Ref ProcessorFunction} | {Name: FunctionName, Value: !Ref ApiFunction}
ImagesFailAlarm: an expression with a word too many | FILL(ready, 0)), 1, 0) | FILL(done, 0)), 1, 0)
GaveUpFilter: words that nobody writes | gave_up" | given_up"
ProcessorErrorAlarm: a section that is not there | errs, runs out of time | errors
ApiRequests: If-None-Match is dropped | CookieBehavior: none | CookieBehavior: all
ApiRequests: a key does not arrive | HeaderBehavior: allExcept, Headers: [host] | HeaderBehavior: none
SweepMissingAlarm: silence is well | TreatMissingData: breaching | TreatMissingData: notBreaching
Dashboard: a metric that nobody prints | stage_develop_milliseconds | stage_decode_milliseconds
Dashboard: no JSON | "widgets": [ | "widgets":
AlarmSubscription: always, to nobody | Condition: HasAlarmEmail |
Parameters: another default than is told | Default: 8 | Default: 80
Outputs: an output that the deployment asks for | PageBucketName: | PageBucket:
Outputs: the other secret | --secret-id ${AdminKey} | --secret-id ${Secret}
"""


@dataclass
class Fault:
    where: str
    what: str
    old: str
    new: str

    def put_into(self, text):
        """In the block of its resource, or of all parameters or outputs, at the first place."""
        whole = self.where in ("Parameters", "Outputs")
        start = text.index(f"\n{'' if whole else '  '}{self.where}:\n")
        end = re.compile(r"\n[A-Z]" if whole else r"\n(?:  )?[#A-Z]").search(text, start + 3)
        end = end.start() if end else len(text)
        block = text[start:end]
        assert self.old in block, f"{self.where} has no {self.old!r} any more"
        return text[:start] + block.replace(self.old, self.new, 1) + text[end:]


def all_faults():
    for line in RESOURCES.strip().splitlines():
        head, old, new = (part.strip() for part in re.split(r" \|(?: |$)", line, maxsplit=2))
        where, what = head.split(": ", 1)
        yield Fault(where, what, old, new)


def caught_by(fault, text, known):
    """The checks that complain of it, our own first; the others are asked only where ours are silent."""
    broken = fault.put_into(text)
    try:
        plain = expanded(broken)
    except Exception as complaint:   # SAM itself refuses it
        return [f"SAM: {type(complaint).__name__}"]
    ours = [name for name, complaint in complaints(broken, plain) if (name, complaint) not in known]
    if ours:
        return list(dict.fromkeys(ours))
    theirs = [complaint.split(" ")[1] for complaint in lint.cfn_lint(broken, plain) if ("cfn-lint", complaint) not in known]
    return [f"cfn-lint {rule}" for rule in dict.fromkeys(theirs)]


def seed(text, known):
    """Prints who catches what; answers with the faults that nobody does."""
    began, missed, faults = time.monotonic(), [], list(all_faults())
    # Not forked: checkov has left threads behind, and their locks.
    with ProcessPoolExecutor(max_workers=2, mp_context=get_context("spawn")) as pool:
        verdicts = list(pool.map(caught_by, faults, [text] * len(faults), [known] * len(faults)))
    print("| Fault | caught by |\n| --- | --- |")
    for fault, names in zip(faults, verdicts):
        print(f"| {fault.where}: {fault.what} | {names[0] if names else '**nobody**'}{f' and {len(names) - 1} more' if names[1:] else ''} |")
        missed += [] if names else [fault]
    print(f"{len(faults) - len(missed)} of {len(faults)} faults caught in {time.monotonic() - began:.0f} s")
    return missed
