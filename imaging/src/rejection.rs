//! How a refusal is made, spelled and shown.

use crate::{Rejection, RejectionCode};

impl RejectionCode {
    pub fn as_str(self) -> &'static str {
        match self {
            RejectionCode::Empty => "empty",
            RejectionCode::UnsupportedFormat => "unsupported_format",
            RejectionCode::Truncated => "truncated",
            RejectionCode::Corrupt => "corrupt",
            RejectionCode::TooManyPixels => "too_many_pixels",
            RejectionCode::SideTooLong => "side_too_long",
            RejectionCode::TooManyScans => "too_many_scans",
            RejectionCode::MetadataTooLarge => "metadata_too_large",
            RejectionCode::TooMuchMemory => "too_much_memory",
            RejectionCode::TooMuchTime => "too_much_time",
        }
    }
}

impl Rejection {
    pub(crate) fn new(code: RejectionCode, detail: impl Into<String>) -> Rejection {
        Rejection { code, detail: detail.into() }
    }

    pub(crate) fn corrupt(detail: impl Into<String>) -> Rejection {
        Rejection::new(RejectionCode::Corrupt, detail)
    }

    /// Its decoder panicked or crashed.
    pub fn stopped_its_decoder() -> Rejection {
        Rejection::corrupt("The picture is broken in a way that stopped its decoder.")
    }

    pub(crate) fn unsupported(detail: impl Into<String>) -> Rejection {
        Rejection::new(RejectionCode::UnsupportedFormat, detail)
    }

    pub(crate) fn truncated(what: &str) -> Rejection {
        Rejection::new(RejectionCode::Truncated, format!("The {what} ends before its picture is complete."))
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Rejection {}
