// What a function in Node does for an upload: the AWS SDK and sharp, as most are written.

const { S3Client, GetObjectCommand, PutObjectCommand } = require("@aws-sdk/client-s3");
const { DynamoDBClient, PutItemCommand } = require("@aws-sdk/client-dynamodb");
const { SNSClient, PublishCommand } = require("@aws-sdk/client-sns");
const sharp = require("sharp");

const WIDTHS = [320, 640, 1280];
const { TINTYPE_ORIGINALS_BUCKET, TINTYPE_RENDITIONS_BUCKET, TINTYPE_IMAGES_TABLE, TINTYPE_TOPIC_ARN } = process.env;
const s3 = new S3Client({ forcePathStyle: true });
const dynamodb = new DynamoDBClient();
const sns = new SNSClient();

async function handle(event) {
	for (const message of event.Records) {
		for (const record of JSON.parse(message.body).Records ?? []) {
			await develop(decodeURIComponent(record.s3.object.key.replaceAll("+", " ")));
		}
	}
	return { batchItemFailures: [] };
}

async function develop(Key) {
	const got = await s3.send(new GetObjectCommand({ Bucket: TINTYPE_ORIGINALS_BUCKET, Key }));
	const original = sharp(await got.Body.transformToByteArray()).rotate();
	const { width, height } = await original.metadata();
	await Promise.all(WIDTHS.map(async (width) => {
		const Body = await original.clone().resize({ width, withoutEnlargement: true }).jpeg({ quality: 80 }).toBuffer();
		const put = { Bucket: TINTYPE_RENDITIONS_BUCKET, Key: `${Key}/${width}.jpeg`, Body, ContentType: "image/jpeg" };
		await s3.send(new PutObjectCommand(put));
	}));
	const Item = { image_id: { S: `node-${Key}` }, width: { N: `${width}` }, height: { N: `${height}` } };
	await dynamodb.send(new PutItemCommand({ TableName: TINTYPE_IMAGES_TABLE, Item }));
	const told = { event_id: Key, type: "image.ready", at: "", image: { id: Key, filename: Key, status: "ready" } };
	await sns.send(new PublishCommand({ TopicArn: TINTYPE_TOPIC_ARN, Message: JSON.stringify(told) }));
}

// Lambda's Runtime API, by hand: what AWS puts around a handler does no less.
async function serve() {
	const runtime = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
	for (;;) {
		const asked = await fetch(`${runtime}/next`);
		const body = JSON.stringify(await handle(await asked.json()));
		await fetch(`${runtime}/${asked.headers.get("lambda-runtime-aws-request-id")}/response`, { method: "POST", body });
	}
}

serve();
