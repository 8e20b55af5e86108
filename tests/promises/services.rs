//! The services of a site for a process beside it.

use serde_json::{Value, json};
use tests::services::port;

use crate::site::{ADMIN_KEY, Site, read};

/// What tells a binary of them.
pub async fn variables(site: &Site) -> Vec<(&'static str, String)> {
    tests::services::variables(&site.faults, &site.folder.0, site.s3_url(), ADMIN_KEY).await.unwrap()
}

/// As when the deadline of an image has passed, for the next sweep.
pub async fn make_overdue(site: &Site, id: &str) {
    change(site, id, "deadline", json!({ "N": "1" })).await;
}

/// Sets an attribute of a record, whatever it was and whoever has the image.
pub async fn change(site: &Site, id: &str, attribute: &str, value: Value) {
    let update = json!({
        "TableName": "images", "Key": { "image_id": { "S": id } }, "UpdateExpression": "SET #attribute = :value",
        "ExpressionAttributeNames": { "#attribute": attribute }, "ExpressionAttributeValues": { ":value": value },
    });
    let database = port(&site.faults, "dynamodb").await.unwrap();
    let request = site.client.post(database).header("x-amz-target", "DynamoDB_20120810.UpdateItem");
    let answer = read(request.json(&update)).await;
    assert!(answer.status.is_success(), "{answer:?}");
}
