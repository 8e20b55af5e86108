//! How an SDK client reaches a service that lives in this process: by a call, not by a port.
//!
//! What has no address can be reached by no browser and by no other user of the machine.

use std::{fmt, sync::Arc};

use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;

/// A request as far as these services look at it.
pub struct Call {
    /// The header `x-amz-target`, where there is one.
    pub target: String,
    pub body: Bytes,
}

/// What a service answers.
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

type Service = dyn Fn(Call) -> BoxFuture<'static, anyhow::Result<Answer>> + Send + Sync;

/// An HTTP client for the SDK whose every request goes to one service in this process.
#[derive(Clone)]
pub struct InProcess(Arc<Service>);

impl InProcess {
    pub fn new(service: impl Fn(Call) -> BoxFuture<'static, anyhow::Result<Answer>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(service))
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("InProcess")
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = self.0.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let body = request.into_body().collect().await.map_err(ConnectorError::user)?.to_bytes();
            let answer = service(Call { target, body }).await.map_err(|fault| ConnectorError::io(fault.into()))?;
            let status = StatusCode::try_from(answer.status).map_err(|fault| ConnectorError::user(fault.into()))?;
            let mut response = HttpResponse::new(status, SdkBody::from(answer.body));
            response.headers_mut().insert("content-type", answer.content_type);
            Ok(response)
        })
    }
}
