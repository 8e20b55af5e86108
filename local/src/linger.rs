//! Goes on reading a body that was refused, so that its sender gets to read why.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, header::EXPECT};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::runtime::Handle;

/// Larger: refused uploads cost more for nothing. Smaller: more browsers see a broken connection instead of the answer.
const LINGER_BYTES: u64 = 64 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(30);

/// A body whose rest is read and forgotten when it is dropped.
///
/// A connection closed with unread bytes is reset, and a browser that is still sending then never sees the answer.
pub(crate) struct Lingering<B: Lingerer> {
    body: Option<B>,
    // Who asks before sending has nothing on the way; reading on would tell it to begin.
    asks: bool,
}

/// What can be read by a task of its own.
pub(crate) trait Lingerer: Body<Data = Bytes> + Send + Unpin + 'static {}
impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Lingerer for B {}

pub(crate) fn linger<B: Lingerer>(request: Request<B>) -> Request<Lingering<B>> {
    let asks = request.headers().contains_key(EXPECT);
    request.map(|body| Lingering { body: Some(body), asks })
}

impl<B: Lingerer> Body for Lingering<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        // Once it was read from, the sender has been told to begin.
        self.asks = false;
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Lingerer> Drop for Lingering<B> {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !self.asks && !body.is_end_stream()) else { return };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(tokio::time::timeout(LINGER, read_on(body)));
        }
    }
}

async fn read_on<B: Lingerer>(mut body: B) {
    let mut read = 0;
    while read < LINGER_BYTES
        && let Some(Ok(frame)) = body.frame().await
    {
        read += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
}
