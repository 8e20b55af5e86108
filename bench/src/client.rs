//! One connection by HTTP/1.1, kept for as many requests as are sent.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, Uri, header, request::Builder};
use http_body_util::{BodyExt, Either, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::{net::TcpStream, task::JoinHandle};

use crate::zeros::Zeros;

pub type Payload = Either<Full<Bytes>, Zeros>;

/// Sends one request after the other.
pub struct Connection {
    sender: SendRequest<Payload>,
    host: HeaderValue,
    running: JoinHandle<hyper::Result<()>>,
}

/// An answer that was read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

impl Connection {
    /// Connects to the host that the URL names.
    pub async fn open(url: &str) -> Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("understand the URL {url}"))?;
        ensure!(uri.scheme_str() == Some("http"), "{url} is no http:// URL: only a server on this machine is measured");
        let authority = uri.authority().context("a URL with a host")?.as_str();
        let stream = TcpStream::connect(authority).await.with_context(|| format!("connect to {authority}"))?;
        // A small request should not wait for more to send.
        stream.set_nodelay(true).context("send without delay")?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.context("begin HTTP")?;
        let host = HeaderValue::try_from(authority).context("a host that no header can hold")?;
        Ok(Self { sender, host, running: tokio::spawn(connection) })
    }

    /// Adds the host, sends, and reads the whole answer.
    pub async fn send(&mut self, request: Builder, payload: Payload) -> Result<Answer> {
        let request = request.header(header::HOST, &self.host).body(payload).context("make a request")?;
        self.sender.ready().await.context("wait for the connection")?;
        let answer = self.sender.send_request(request).await.context("send a request")?;
        let status = answer.status();
        let body = answer.into_body().collect().await.context("read the answer")?.to_bytes();
        Ok(Answer { status, body })
    }

    /// Until nothing more is sent, be it that the server has closed while a refused body was still on its way.
    pub async fn ended(self) {
        drop(self.sender);
        // How it ended says nothing that the answer did not.
        let _ = self.running.await;
    }

    pub async fn get(&mut self, path: &str) -> Result<Answer> {
        self.send(Request::get(path), nothing()).await
    }
}

impl Answer {
    /// Whatever else was answered is the reason to stop.
    pub fn expect(self, status: StatusCode) -> Result<Self> {
        let said = || String::from_utf8_lossy(&self.body);
        ensure!(self.status == status, "{} was answered where {status} was expected: {}", self.status, said());
        Ok(self)
    }

    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).context("read the answer's JSON")
    }
}

pub fn nothing() -> Payload {
    whole(Bytes::new())
}

pub fn whole(body: impl Into<Bytes>) -> Payload {
    Either::Left(Full::new(body.into()))
}

pub fn zeros(bytes: u64) -> Payload {
    Either::Right(Zeros(bytes))
}

/// The part of a URL that its host is asked for.
pub fn path_of(url: &str) -> Result<String> {
    let uri: Uri = url.parse().context("understand a signed URL")?;
    Ok(uri.path_and_query().context("a URL with a path")?.to_string())
}
