//! What may go wrong on the way to a service and back.

use std::{io, sync::Arc, time::Duration};

use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use tokio::sync::Semaphore;

#[derive(Clone, Debug)]
pub enum Fault {
    /// 500, nothing done.
    Broken,
    /// The service is asked too often; nothing done.
    Throttled,
    /// The credentials have expired; nothing done.
    Expired,
    /// 404 without a word, as from a proxy whose backend is not there; nothing done.
    NotFound,
    /// The connection ends before anything is done.
    Reset,
    /// All is done, and the connection ends before the answer.
    AnswerLost,
    /// The answer comes late.
    Slow(Duration),
    /// The answer's body ends in its middle.
    Truncated,
    /// A bit of the answer's body is another.
    Altered,
    /// Waits at the gate, then goes on.
    Held(Gate),
    /// The process is killed before the step, or when it is done.
    DieBefore,
    DieAfter,
}

/// Holds requests back until it is opened; tells when one has come.
#[derive(Clone, Debug)]
pub struct Gate {
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { arrived: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) }
    }
}

impl Gate {
    /// Comes back when a request waits here.
    pub async fn reached(&self) {
        self.arrived.acquire().await.expect("never closed").forget();
    }

    /// Lets one request go on.
    pub fn open(&self) {
        self.open.add_permits(1);
    }

    async fn pass(&self) {
        self.arrived.add_permits(1);
        self.open.acquire().await.expect("never closed").forget();
    }
}

impl Fault {
    pub(super) async fn happen(
        self,
        service: &'static str,
        inner: SharedHttpConnector,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        match self {
            Fault::Broken => Ok(refusal(service, 500, "InternalServerError")),
            Fault::Throttled if service == "s3" => Ok(refusal(service, 503, "SlowDown")),
            Fault::Throttled => Ok(refusal(service, 400, "ThrottlingException")),
            Fault::Expired => Ok(refusal(service, 400, "ExpiredTokenException")),
            Fault::NotFound => Ok(HttpResponse::new(StatusCode::try_from(404).expect("a status"), SdkBody::empty())),
            Fault::Reset => Err(reset()),
            Fault::AnswerLost => inner.call(request).await.and_then(|_| Err(reset())),
            Fault::Slow(time) => {
                tokio::time::sleep(time).await;
                inner.call(request).await
            }
            Fault::Truncated => with_body(inner.call(request).await?, |body| body.truncate(body.len() / 2)).await,
            Fault::Altered => {
                let alter = |body: &mut Vec<u8>| {
                    let middle = body.len() / 2;
                    body[middle] ^= 1;
                };
                with_body(inner.call(request).await?, alter).await
            }
            Fault::Held(gate) => {
                gate.pass().await;
                inner.call(request).await
            }
            Fault::DieBefore => die(),
            Fault::DieAfter => {
                let _ = inner.call(request).await;
                die()
            }
        }
    }
}

fn reset() -> ConnectorError {
    ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into())
}

/// As each service words it.
fn refusal(service: &str, status: u16, code: &str) -> HttpResponse {
    let body = match service {
        "dynamodb" => format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"injected"}}"#),
        "sns" => {
            format!("<ErrorResponse><Error><Code>{code}</Code><Message>injected</Message></Error></ErrorResponse>")
        }
        _ => format!("<Error><Code>{code}</Code><Message>injected</Message></Error>"),
    };
    HttpResponse::new(StatusCode::try_from(status).expect("a status"), SdkBody::from(body))
}

/// The headers stay as they were: they tell of the whole.
async fn with_body(
    mut answer: HttpResponse,
    change: impl FnOnce(&mut Vec<u8>),
) -> Result<HttpResponse, ConnectorError> {
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let mut bytes = body.collect().await.map_err(ConnectorError::user)?.to_bytes().to_vec();
    change(&mut bytes);
    *answer.body_mut() = SdkBody::from(bytes);
    Ok(answer)
}

/// As by `kill -9`: nothing is flushed, nothing is told.
fn die() -> ! {
    std::process::abort()
}
