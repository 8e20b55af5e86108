//! A body of zeros that is never in memory as a whole.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

const CHUNK: &[u8] = &[0; 64 * 1024];

/// So many bytes are still to come.
pub struct Zeros(pub u64);

impl Body for Zeros {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.0.min(CHUNK.len() as u64);
        self.0 -= length;
        let chunk = Bytes::from_static(&CHUNK[..length as usize]);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.0 == 0
    }

    /// Exact, from which hyper writes the length.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}
