"""What a function in Python does for an upload: boto3 and Pillow, as most are written."""

import http.client
import io
import json
import os
import urllib.parse

import boto3
from PIL import Image, ImageOps

WIDTHS = (320, 640, 1280)
ORIGINALS, RENDITIONS = os.environ["TINTYPE_ORIGINALS_BUCKET"], os.environ["TINTYPE_RENDITIONS_BUCKET"]
s3, dynamodb, sns = boto3.client("s3"), boto3.client("dynamodb"), boto3.client("sns")


def handle(event):
    for message in event["Records"]:
        for record in json.loads(message["body"]).get("Records", []):
            develop(urllib.parse.unquote_plus(record["s3"]["object"]["key"]))
    return {"batchItemFailures": []}


def develop(key):
    original = s3.get_object(Bucket=ORIGINALS, Key=key)["Body"].read()
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(original))).convert("RGB")
    for width in WIDTHS:
        made = image.copy()
        made.thumbnail((width, width * image.height), Image.LANCZOS)
        jpeg = io.BytesIO()
        made.save(jpeg, "JPEG", quality=80)
        s3.put_object(Bucket=RENDITIONS, Key=f"{key}/{width}.jpeg", Body=jpeg.getvalue(), ContentType="image/jpeg")
    dynamodb.put_item(
        TableName=os.environ["TINTYPE_IMAGES_TABLE"],
        Item={"image_id": {"S": f"python-{key}"}, "width": {"N": str(image.width)}, "height": {"N": str(image.height)}})
    told = {"event_id": key, "type": "image.ready", "at": "", "image": {"id": key, "filename": key, "status": "ready"}}
    sns.publish(TopicArn=os.environ["TINTYPE_TOPIC_ARN"], Message=json.dumps(told))


def serve():
    """Lambda's Runtime API, by hand: what AWS puts around a handler does no less."""
    runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    while True:
        runtime.request("GET", "/2018-06-01/runtime/invocation/next")
        asked = runtime.getresponse()
        request_id, event = asked.headers["lambda-runtime-aws-request-id"], json.loads(asked.read())
        answer = json.dumps(handle(event))
        runtime.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", answer)
        runtime.getresponse().read()


serve()
