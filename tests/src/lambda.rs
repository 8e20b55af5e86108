//! Lambda's Runtime API on a port of this machine: events to the process of a function, and its answers back.
//!
//! By <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex as Lock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc, oneshot};

/// One function; its process finds it by `variables`.
pub struct Runtime {
    address: SocketAddr,
    events: mpsc::UnboundedSender<Invocation>,
}

struct Invocation {
    event: Value,
    deadline: SystemTime,
    ended: Ended,
}

/// Who waits for what the function answers, or for how it failed.
type Ended = oneshot::Sender<Result<Value, Value>>;

#[derive(Clone)]
struct Calls {
    count: Arc<AtomicU64>,
    waiting: Arc<Mutex<mpsc::UnboundedReceiver<Invocation>>>,
    running: Arc<Lock<HashMap<String, Ended>>>,
}

impl Runtime {
    /// Serves until the process that it is in ends.
    pub async fn start() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("a port for the Runtime API")?;
        let address = listener.local_addr()?;
        let (events, waiting) = mpsc::unbounded_channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(Calls { count: Arc::default(), waiting, running: Arc::default() });
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { address, events })
    }

    /// What Lambda sets for the process of a function.
    pub fn variables(&self, function: &str) -> [(&'static str, String); 6] {
        [
            ("AWS_LAMBDA_RUNTIME_API", self.address.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", function.to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{function}")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/27/[$LATEST]1".to_owned()),
        ]
    }

    /// What the function answers, or how it failed; after `time` that it had no time left.
    pub async fn invoke(&self, event: Value, time: Duration) -> Result<Value, Value> {
        let (ended, end) = oneshot::channel();
        let invocation = Invocation { event, deadline: SystemTime::now() + time, ended };
        self.events.send(invocation).map_err(|_| json!({ "errorType": "Runtime.Gone" }))?;
        match tokio::time::timeout(time, end).await {
            Ok(ended) => ended.unwrap_or_else(|_| Err(json!({ "errorType": "Runtime.ExitError" }))),
            Err(_) => Err(json!({ "errorType": "Sandbox.Timedout" })),
        }
    }
}

impl Calls {
    fn begin(&self, ended: Ended) -> String {
        let id = format!("00000000-0000-4000-8000-{:012}", self.count.fetch_add(1, Ordering::Relaxed));
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), ended);
        id
    }

    fn end(&self, id: &str, ended: Result<Value, Value>) -> StatusCode {
        let waiting = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        // Whoever asked may have lost patience: Lambda says the same then.
        match waiting.is_some_and(|waiting| waiting.send(ended).is_ok()) {
            true => StatusCode::ACCEPTED,
            false => StatusCode::BAD_REQUEST,
        }
    }
}

async fn next(State(calls): State<Calls>) -> Result<impl IntoResponse, StatusCode> {
    let Invocation { event, deadline, ended } = calls.waiting.lock().await.recv().await.ok_or(StatusCode::GONE)?;
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let headers = [
        ("lambda-runtime-aws-request-id", calls.begin(ended)),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:tested".into()),
        ("lambda-runtime-trace-id", "Root=1-6a1b2c3d-0123456789abcdef01234567".into()),
    ];
    Ok((headers, Json(event)))
}

async fn response(State(calls): State<Calls>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    match serde_json::from_slice(&body) {
        Ok(answer) => calls.end(&id, Ok(answer)),
        Err(_) => calls.end(&id, Err(json!({ "errorType": "Runtime.MarshalError" }))),
    }
}

async fn error(State(calls): State<Calls>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    calls.end(&id, Err(serde_json::from_slice(&body).unwrap_or_default()))
}

/// The process ends after it: whoever waits for it sees that.
async fn init_error() -> StatusCode {
    StatusCode::ACCEPTED
}
