//! Bodies that come too slowly.

use std::{io, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use s3s::{S3ErrorCode, dto::StreamingBlob};
use store::catalog::{SLOWEST_BYTES_PER_SECOND, UPLOAD_GRACE_SECONDS};
use tokio::time::{Instant, sleep};

use crate::s3::receive::{longest, next_chunk};

#[tokio::test]
async fn a_body_that_drips_without_end_is_given_up() {
    let drip = |()| async {
        sleep(Duration::from_millis(10)).await;
        Some((Ok::<_, io::Error>(Bytes::from_static(b"x")), ()))
    };
    let mut body = StreamingBlob::wrap(stream::unfold((), drip));
    let deadline = Instant::now() + Duration::from_millis(100);
    let refused = loop {
        assert!(Instant::now() < deadline + Duration::from_secs(10), "it drips on");
        if let Err(refused) = next_chunk(&mut body, deadline).await {
            break refused;
        }
    };
    assert_eq!(refused.code(), &S3ErrorCode::RequestTimeout);
}

#[test]
fn the_slowest_body_is_whole_before_its_record_expires() {
    for mebibytes in [0, 1, 50, 5120] {
        let bytes = mebibytes * 1024 * 1024;
        let (at_the_slowest, record) =
            (bytes / SLOWEST_BYTES_PER_SECOND, UPLOAD_GRACE_SECONDS + bytes / SLOWEST_BYTES_PER_SECOND);
        assert!((at_the_slowest + 120..record).contains(&longest(bytes).as_secs()));
    }
}
