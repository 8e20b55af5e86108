//! Connections of one listener, until it is told to stop.

mod descriptors;
mod stall;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};
use axum::http::{HeaderValue, Request, Response, header::DATE};
use http_body::Body;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tower::{Service, ServiceExt};

use stall::Unstalled;

/// For how long a connection may be idle, or tell its request; and the same for one that comes when more than half of all
/// are taken, since then those that wait in vain must make room.
#[derive(Clone, Copy)]
pub struct Patience {
    usual: Duration,
    crowded: Duration,
}

impl Patience {
    pub const WITH_CLIENTS: Self = Self { usual: Duration::from_secs(15), crowded: Duration::from_secs(2) };
    /// Longer than they keep a connection themselves, mostly for 60 seconds: one that is closed as they send a request by
    /// it loses that.
    pub const WITH_BALANCERS: Self = Self { usual: Duration::from_secs(75), crowded: Duration::from_secs(75) };
}

/// Of a listener at once. Larger: more memory and descriptors for those who only hold connections open.
/// Smaller: slow uploads keep others waiting sooner.
const MAX_CONNECTIONS: usize = 512;
/// A presigned URL has one kilobyte, a browser's headers have one or two.
const MAX_HEADER_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
/// Of a connection, each way. Larger: fewer turns for a large body. Smaller: less memory for who only connects.
const BUFFER_BYTES: usize = 64 * 1024;
/// How long requests may still take once the process should end.
const STOPPING_PATIENCE: Duration = Duration::from_secs(10);
const PAUSE_WITHOUT_DESCRIPTORS: Duration = Duration::from_millis(100);

/// Binds, so that the address is known before anything is served.
pub async fn bind(address: std::net::SocketAddr, flag: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listen on {address}: choose another address by {flag}"))
}

/// Serves until `stop` turns true, then lets what has begun come to its end.
///
/// Who comes when all connections are taken waits for the first that ends.
pub async fn serve<S, B>(listener: TcpListener, service: S, patience: Patience, mut stop: watch::Receiver<bool>)
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let connections = GracefulShutdown::new();
    let max = max_connections();
    let slots = Arc::new(Semaphore::new(max));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &slots) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Ok((stream, slot)) = accepted else {
            // Out of descriptors, most likely: the connections that end will free some.
            tokio::time::sleep(PAUSE_WITHOUT_DESCRIPTORS).await;
            continue;
        };
        // Small answers should not wait for more to send.
        let _ = stream.set_nodelay(true);
        let crowded = slots.available_permits() < max / 2;
        let connection = http1::Builder::new()
            // Kept from one answer to the next, and after the clock was set back not looked at again for as long.
            .auto_date_header(false)
            .timer(TokioTimer::new())
            .header_read_timeout(if crowded { patience.crowded } else { patience.usual })
            .max_header_size(MAX_HEADER_BYTES)
            .max_headers(MAX_HEADERS)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(
                TokioIo::new(Unstalled::new(stream)),
                TowerToHyperService::new(service.clone().map_response(dated)),
            );
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            let _slot = slot;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(STOPPING_PATIENCE, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time and are cut off");
    }
}

/// With the time as it is now: SDKs go by it when they sign.
fn dated<B>(mut response: Response<B>) -> Response<B> {
    let now = httpdate::fmt_http_date(SystemTime::now());
    if let Ok(now) = HeaderValue::try_from(now) {
        response.headers_mut().insert(DATE, now);
    }
    response
}

/// A connection, once there is a slot for it.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> Result<(TcpStream, OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, slot))
}

/// Two listeners together leave half of the descriptors for files.
fn max_connections() -> usize {
    MAX_CONNECTIONS.min(descriptors::raise_limit() / 4)
}
