"""AWS as moto has it: its server in this process, and in it what the template would make."""

import json
import logging

import boto3
from moto.server import ThreadedMotoServer

REGION = "us-east-1"
ACCESS_KEY = {"aws_access_key_id": "moto", "aws_secret_access_key": "moto"}
# As docs/cluster.md says.
MAX_RECEIVES = 15
ADMIN_KEY = "the administrator's own key, of the tests"
TABLE, ACCOUNTS = "images", "accounts"
ORIGINALS, RENDITIONS = "originals", "renditions"


class Aws:
    def __init__(self):
        # A line for each request, otherwise.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        self.endpoint = "http://{}:{}".format(*self.server.get_host_and_port())
        self.s3, self.sqs, self.sns = self._client("s3"), self._client("sqs"), self._client("sns")
        self.dynamodb = self._client("dynamodb")
        self.dead_letters = self.queue("dead-letters")
        self.ingest = self.queue_that_gives_up("ingest", MAX_RECEIVES)
        self.results = self.queue("results")
        self._buckets()
        self.table(TABLE)
        self.dynamodb.create_table(
            TableName=ACCOUNTS, BillingMode="PAY_PER_REQUEST", KeySchema=_key("account_key"),
            AttributeDefinitions=[{"AttributeName": "account_key", "AttributeType": "S"}])
        self.topic = self._topic()

    def variables(self):
        """What tells a binary of all this."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": ACCESS_KEY["aws_secret_access_key"],
            "TINTYPE_S3_PATH_STYLE": "true",
            "TINTYPE_IMAGES_TABLE": TABLE,
            "TINTYPE_ACCOUNTS_TABLE": ACCOUNTS,
            "TINTYPE_ADMIN_KEY": ADMIN_KEY,
            "TINTYPE_ORIGINALS_BUCKET": ORIGINALS,
            "TINTYPE_RENDITIONS_BUCKET": RENDITIONS,
            "TINTYPE_QUEUE_URL": self.ingest,
            "TINTYPE_TOPIC_ARN": self.topic,
            "TINTYPE_SECRET": "a secret of the tests",
        }

    def stop(self):
        self.server.stop()

    def queue(self, name, **attributes):
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def queue_that_gives_up(self, name, receives):
        """After so many receipts a message goes to the dead letters."""
        redrive = {"deadLetterTargetArn": self._arn(self.dead_letters), "maxReceiveCount": receives}
        return self.queue(name, RedrivePolicy=json.dumps(redrive))

    def table(self, name):
        types = {"image_id": "S", "owner": "S", "owner_order": "S", "unsettled": "N", "deadline": "N"}
        self.dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=_key("image_id"),
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": kind} for each, kind in types.items()],
            GlobalSecondaryIndexes=[_index("by_owner", "owner", "owner_order"), _index("unsettled", "unsettled", "deadline")])
        expiry = {"AttributeName": "expires_at", "Enabled": True}
        self.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)

    def tell_of_originals(self, told=True):
        """Whether the bucket's word of an original reaches the queue."""
        word = {"QueueArn": self._arn(self.ingest), "Events": ["s3:ObjectCreated:*"]}
        self.s3.put_bucket_notification_configuration(
            Bucket=ORIGINALS, NotificationConfiguration={"QueueConfigurations": [word] if told else []})

    def send(self, queue, body):
        return self.sqs.send_message(QueueUrl=queue, MessageBody=body)["MessageId"]

    def is_drained(self, queue=None):
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=queue or self.ingest, AttributeNames=counts)["Attributes"]
        return all(attributes[count] == "0" for count in counts)

    def take(self, queue):
        """The bodies of what lies in a queue now, which are gone from it then."""
        taken = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in taken:
            self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in taken]

    def objects(self, image_id):
        """All that lies in the buckets for an image, with its version."""
        listed = [self.s3.list_objects_v2(Bucket=bucket, Prefix=image_id) for bucket in (ORIGINALS, RENDITIONS)]
        return {found["Key"]: (found["ETag"], found["LastModified"]) for page in listed for found in page.get("Contents", [])}

    def event(self, image_id):
        """What the bucket tells of an original."""
        head = self.s3.head_object(Bucket=ORIGINALS, Key=image_id)
        return event(image_id, head["ContentLength"], head["ETag"].strip('"'))

    def record(self, image_id):
        return self.dynamodb.get_item(TableName=TABLE, Key={"image_id": {"S": image_id}})["Item"]

    def copy_record(self, image_id, table):
        self.dynamodb.put_item(TableName=table, Item=self.record(image_id))

    def make_overdue(self, image_id):
        """As when the deadline has passed, for the next sweep."""
        self.dynamodb.update_item(
            TableName=TABLE, Key={"image_id": {"S": image_id}}, UpdateExpression="SET deadline = :then",
            ExpressionAttributeValues={":then": {"N": "1"}})

    def _client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, **ACCESS_KEY)

    def _arn(self, queue):
        return self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def _buckets(self):
        for bucket in (ORIGINALS, RENDITIONS):
            self.s3.create_bucket(Bucket=bucket)
        self.tell_of_originals()
        # In place of a CDN, for those who ask without a signature.
        read = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{RENDITIONS}/*"}
        self.s3.put_bucket_policy(Bucket=RENDITIONS, Policy=json.dumps({"Version": "2012-10-17", "Statement": [read]}))

    def _topic(self):
        topic = self.sns.create_topic(Name="images")["TopicArn"]
        self.sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=self._arn(self.results), Attributes={"RawMessageDelivery": "true"})
        return topic


def event(key, size, etag):
    """As S3 tells of an object that was created."""
    created = {"key": key, "size": size, "eTag": etag}
    return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": created}}]})


def _key(hash, range=None):
    parts = [(hash, "HASH"), (range, "RANGE")]
    return [{"AttributeName": name, "KeyType": kind} for name, kind in parts if name]


def _index(name, hash, range):
    return {"IndexName": name, "KeySchema": _key(hash, range), "Projection": {"ProjectionType": "KEYS_ONLY"}}
