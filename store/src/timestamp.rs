//! A moment in UTC, to the millisecond, written as RFC 3339 of one fixed width so that text sorts as time does.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// Milliseconds since 1970 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    pub fn now() -> Self {
        Self((OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64)
    }

    pub fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds * 1000)
    }

    pub(crate) fn from_unix_milliseconds(milliseconds: i64) -> Self {
        Self(milliseconds)
    }

    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    pub fn unix_milliseconds(self) -> i64 {
        self.0
    }

    pub fn plus_seconds(self, seconds: u64) -> Self {
        Self(self.0 + 1000 * seconds as i64)
    }

    /// The start of the window of that many seconds which this moment lies in.
    pub fn floor_to_seconds(self, seconds: u64) -> Self {
        let window = 1000 * seconds as i64;
        Self(self.0.div_euclid(window) * window)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).map_err(|_| fmt::Error)?;
        let (date, clock) = (at.date(), at.time());
        write!(f, "{date}T{:02}:{:02}:{:02}.{:03}Z", clock.hour(), clock.minute(), clock.second(), clock.millisecond())
    }
}

impl From<Timestamp> for String {
    fn from(at: Timestamp) -> String {
        at.to_string()
    }
}

/// The text is no moment in RFC 3339 between the years 0 and 9999 in UTC.
#[derive(Debug)]
pub struct NotATimestamp;

impl TryFrom<String> for Timestamp {
    type Error = NotATimestamp;
    fn try_from(text: String) -> Result<Self, NotATimestamp> {
        let at = OffsetDateTime::parse(&text, &Rfc3339).map_err(|_| NotATimestamp)?;
        // Without its offset the last hours of 9999 lie in the year 10000, which has no text of this width.
        let at = at.checked_to_offset(UtcOffset::UTC).filter(|at| (0..=9999).contains(&at.year()));
        Ok(Self((at.ok_or(NotATimestamp)?.unix_timestamp_nanos() / 1_000_000) as i64))
    }
}

impl fmt::Display for NotATimestamp {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a time is RFC 3339, between the years 0 and 9999 in UTC")
    }
}

impl std::error::Error for NotATimestamp {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_back_as_it_was_written() {
        let at = Timestamp(1_764_000_000_042);
        assert_eq!(at.to_string(), "2025-11-24T16:00:00.042Z");
        assert_eq!(Timestamp::try_from(at.to_string()).unwrap(), at);
    }

    #[test]
    fn a_moment_without_a_text_of_its_own_is_refused() {
        let read = |text: &str| Timestamp::try_from(text.to_owned()).map(|at| at.to_string());
        assert_eq!(read("9999-12-31T23:59:59+01:00").unwrap(), "9999-12-31T22:59:59.000Z");
        for text in ["9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", "2026-02-30T00:00:00Z", "now"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_window_starts_at_or_before_its_moments() {
        let at = Timestamp(1_764_000_000_042);
        assert_eq!(at.floor_to_seconds(1800).unix_seconds() % 1800, 0);
        assert!(at.floor_to_seconds(1800) <= at && at < at.floor_to_seconds(1800).plus_seconds(1800));
    }
}
