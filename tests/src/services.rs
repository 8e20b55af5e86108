//! The services of a site for a process beside it: DynamoDB and SNS get a port, S3 has one.

use std::path::Path;

use anyhow::{Context, Result};
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
use sha2::{Digest, Sha256};

use crate::faults::Faults;

/// What tells a binary of the services of the site on `folder`, by the variables of the SDK and of Tintype.
pub async fn variables(
    faults: &Faults,
    folder: &Path,
    s3_url: &str,
    admin_key: &str,
) -> Result<Vec<(&'static str, String)>> {
    Ok(vec![
        ("AWS_REGION", "us-east-1".into()),
        // What Python's SDK reads; Lambda sets both.
        ("AWS_DEFAULT_REGION", "us-east-1".into()),
        ("AWS_ACCESS_KEY_ID", "tintype".into()),
        ("AWS_SECRET_ACCESS_KEY", secret_key(folder)?),
        ("AWS_ENDPOINT_URL_DYNAMODB", port(faults, "dynamodb").await?),
        ("AWS_ENDPOINT_URL_SNS", port(faults, "sns").await?),
        ("AWS_ENDPOINT_URL_S3", s3_url.into()),
        ("TINTYPE_S3_PATH_STYLE", "true".into()),
        ("TINTYPE_IMAGES_TABLE", "images".into()),
        ("TINTYPE_ACCOUNTS_TABLE", "accounts".into()),
        ("TINTYPE_ADMIN_KEY", admin_key.into()),
        ("TINTYPE_ORIGINALS_BUCKET", "originals".into()),
        ("TINTYPE_RENDITIONS_BUCKET", "renditions".into()),
        ("TINTYPE_TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:images".into()),
        ("TINTYPE_SECRET", "a secret of the tests".into()),
    ])
}

/// The embedded S3's own key, which is made of the folder's secret.
pub fn secret_key(folder: &Path) -> Result<String> {
    let root = std::fs::read(folder.join("secret")).context("read the folder's secret")?;
    let digest = Sha256::new().chain_update(root).chain_update("s3").finalize();
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The address of a service that has none by itself, for as long as this process lives.
pub async fn port(faults: &Faults, service: &str) -> Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("a port for a service")?;
    let address = listener.local_addr()?;
    let connector = faults.connector(service).context("a site that has started")?;
    let routes = Router::new().fallback(pass).with_state(connector);
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(format!("http://{address}"))
}

async fn pass(State(service): State<SharedHttpConnector>, request: Request) -> Response {
    answer(service, request).await.expect("the services are in this process")
}

async fn answer(service: SharedHttpConnector, request: Request) -> Result<Response> {
    let (head, body) = request.into_parts();
    let body = SdkBody::from(to_bytes(body, usize::MAX).await?);
    let request = HttpRequest::try_from(axum::http::Request::from_parts(head, body))?;
    let (head, body) = service.call(request).await?.try_into_http1x()?.into_parts();
    let body = body.collect().await.map_err(|fault| anyhow::anyhow!("read an answer: {fault}"))?;
    Ok(Response::from_parts(head, Body::from(body.to_bytes())))
}

/// From now on the bucket's word of an original reaches nobody.
pub fn lose_events(folder: &Path) -> Result<()> {
    let lose = "CREATE TRIGGER lost AFTER INSERT ON events BEGIN DELETE FROM events WHERE sequence = new.sequence; END";
    objects(folder)?.execute_batch(lose).context("lose events")
}

/// What the bucket tells of an original, as the queue hands it over.
pub fn event(folder: &Path, id: &str) -> Result<String> {
    let object = "SELECT etag, bytes FROM objects WHERE bucket = 'originals' AND key = ?";
    let (etag, bytes): (String, i64) =
        objects(folder)?.query_row(object, [id], |row| Ok((row.get(0)?, row.get(1)?))).context("find the original")?;
    let object = json!({ "key": id, "size": bytes, "eTag": etag });
    Ok(json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "object": object } }] }).to_string())
}

/// The embedded S3's own database.
pub fn objects(folder: &Path) -> Result<rusqlite::Connection> {
    let database = rusqlite::Connection::open(folder.join("objects.sqlite")).context("open the objects")?;
    // The site writes there, too.
    database.busy_timeout(std::time::Duration::from_secs(60))?;
    Ok(database)
}
