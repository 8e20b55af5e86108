//! The services of a site for a process beside it: DynamoDB and SNS get a port, S3 has one.

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, SharedHttpConnector},
    orchestrator::HttpRequest,
};
use aws_smithy_types::body::SdkBody;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http_body_util::BodyExt;
use serde_json::json;

use crate::{
    signer::Signer,
    site::{ADMIN_KEY, Site, read},
};

/// What tells a binary of the site's services, by the variables of the SDK and of Tintype.
pub async fn variables(site: &Site) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_REGION", "us-east-1".into()),
        ("AWS_ACCESS_KEY_ID", "tintype".into()),
        ("AWS_SECRET_ACCESS_KEY", Signer::of(site).secret_key),
        ("AWS_ENDPOINT_URL_DYNAMODB", port(site, "dynamodb").await),
        ("AWS_ENDPOINT_URL_SNS", port(site, "sns").await),
        ("AWS_ENDPOINT_URL_S3", site.s3_url().into()),
        ("TINTYPE_S3_PATH_STYLE", "true".into()),
        ("TINTYPE_IMAGES_TABLE", "images".into()),
        ("TINTYPE_ACCOUNTS_TABLE", "accounts".into()),
        ("TINTYPE_ADMIN_KEY", ADMIN_KEY.into()),
        ("TINTYPE_ORIGINALS_BUCKET", "originals".into()),
        ("TINTYPE_RENDITIONS_BUCKET", "renditions".into()),
        ("TINTYPE_TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:images".into()),
        ("TINTYPE_SECRET", "a secret of the tests".into()),
    ]
}

/// The address of a service that has none by itself.
async fn port(site: &Site, service: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().fallback(pass).with_state(site.faults.connector(service).unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

/// As when the deadline of an image has passed, for the next sweep.
pub async fn make_overdue(site: &Site, id: &str) {
    let update = json!({
        "TableName": "images", "Key": { "image_id": { "S": id } }, "UpdateExpression": "SET deadline = :then",
        "ExpressionAttributeValues": { ":then": { "N": "1" } },
    });
    let request = site.client.post(port(site, "dynamodb").await).header("x-amz-target", "DynamoDB_20120810.UpdateItem");
    let answer = read(request.json(&update)).await;
    assert!(answer.status.is_success(), "{answer:?}");
}

async fn pass(State(service): State<SharedHttpConnector>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = SdkBody::from(to_bytes(body, usize::MAX).await.unwrap());
    let request = HttpRequest::try_from(axum::http::Request::from_parts(head, body)).unwrap();
    let answer = service.call(request).await.unwrap().try_into_http1x().unwrap();
    let (head, body) = answer.into_parts();
    Response::from_parts(head, Body::from(body.collect().await.unwrap().to_bytes()))
}
