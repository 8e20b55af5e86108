//! Times as the rows keep them: milliseconds since 1970.

use s3s::dto::Timestamp;
use time::OffsetDateTime;

pub(super) fn now() -> i64 {
    store::Timestamp::now().unix_milliseconds()
}

/// The time that a row keeps.
pub(super) fn at(millis: i64) -> OffsetDateTime {
    // Only a row that nobody here wrote is out of range.
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The same as S3's answers tell it.
pub(super) fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from(at(millis))
}
