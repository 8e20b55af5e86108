//! What calls a function on AWS: the queue, and API Gateway.

use serde_json::{Value, json};

/// As the queue hands messages over to a function; each is called by its place.
pub fn batch(bodies: &[String]) -> Value {
    let records = bodies.iter().enumerate().map(|(index, body)| {
        json!({
            "messageId": index.to_string(), "receiptHandle": "receipt", "body": body, "attributes": {},
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:ingest",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// A request as API Gateway's HTTP APIs hand it over, format 2.0; the body as text, and whether that is base64.
pub fn request(method: &str, path_and_query: &str, key: Option<&str>, body: Option<(&str, bool)>) -> Value {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let authorization = key.map(|key| format!("Bearer {key}")).unwrap_or_default();
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": {
            "host": "api.example.org", "content-type": "application/json", "authorization": authorization,
        },
        "requestContext": {
            "accountId": "000000000000", "apiId": "api", "domainName": "api.example.org", "domainPrefix": "api",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "curl" },
            "requestId": "request", "routeKey": "$default", "stage": "$default",
            "time": "27/Nov/2026:00:00:00 +0000", "timeEpoch": 1_795_737_600_000_i64,
        },
        "body": body.map(|(text, _)| text), "isBase64Encoded": body.is_some_and(|(_, encoded)| encoded),
    })
}
