//! The service that is served: guard, CORS, signatures, operations, from the outside in.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response, header};
use http_body::Body;
use s3s::{
    HttpError,
    auth::SimpleAuth,
    config::{S3Config, StaticConfigProvider},
    service::{S3Service, S3ServiceBuilder},
};
use tower::{Layer, Service};
use tower_http::cors::Cors;
use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

use super::{access::Access, guard::Guard, operations::Store, shelf::Shelf};
use crate::linger::linger;

/// The one key that opens the endpoint.
#[derive(Clone)]
pub struct Credentials {
    pub access_key: String,
    pub secret_key: String,
}

/// Whom the endpoint answers, and how much it takes.
pub struct Settings {
    pub credentials: Credentials,
    /// The names, without a port, that it is called by here and from elsewhere.
    pub hosts: Vec<String>,
    /// Whose pages are answered: those of the page, such as `http://localhost:8080`, and those that were allowed.
    pub origins: Vec<HeaderValue>,
    /// Larger: one upload may fill more of the disk. Smaller: larger originals are refused.
    pub max_object_bytes: u64,
}

/// A tower service; clones share everything.
#[derive(Clone)]
pub struct Endpoint {
    guard: Arc<Guard>,
    inner: Cors<S3Service>,
}

/// Makes an S3 endpoint of the shelf, for hyper to serve.
pub fn endpoint(shelf: Shelf, settings: Settings) -> Endpoint {
    let Settings { credentials, hosts, origins, max_object_bytes } = settings;
    let guard = Guard::new(hosts, origins);
    let access = Access(shelf.buckets().clone());
    let mut service = S3ServiceBuilder::new(Store { shelf, max_object_bytes });
    service.set_auth(SimpleAuth::from_single(credentials.access_key, credentials.secret_key));
    service.set_access(access);
    service.set_config(Arc::new(StaticConfigProvider::new(Arc::new(limits()))));
    let inner = guard.cors().layer(service.build());
    Endpoint { guard: Arc::new(guard), inner }
}

/// Of what s3s reads into memory.
fn limits() -> S3Config {
    let mut limits = S3Config::default();
    // The longest that is needed lists 10,000 parts or 1,000 keys.
    limits.xml_max_body_size = 4 * 1024 * 1024;
    // Forms are not implemented, but would be read before anybody asks who sent them.
    limits.form_max_field_size = 0;
    limits.form_max_fields_size = 0;
    limits.post_object_max_file_size = 0;
    limits
}

impl<B> Service<Request<B>> for Endpoint
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Response<s3s::Body>;
    type Error = HttpError;
    type Future = BoxFuture<'static, Result<Self::Response, HttpError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), HttpError>> {
        // Neither CORS nor s3s ever makes anyone wait here.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let request = linger(request);
        if let Some(refusal) = self.guard.refusal(&request) {
            let answer = refusal.to_http_response().map(seal).map_err(|error| HttpError::new(Box::new(error)));
            return Box::pin(async { answer });
        }
        let answer = self.inner.call(request);
        // s3s logs whole requests, and a presigned URL is a password: within it nothing is logged.
        Box::pin(async move { answer.await.map(seal) }.with_subscriber(NoSubscriber::default()))
    }
}

/// Whatever lies in a bucket, no browser may run it.
fn seal(mut answer: Response<s3s::Body>) -> Response<s3s::Body> {
    let headers = answer.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    answer
}
