//! What an operator sees of an image's way through here.

use std::time::Duration;

use anyhow::Error;
use store::{Image, Status, Timestamp};
use telemetry::metrics::{IMAGES_FAILED, IMAGES_READY, MESSAGES_POSTPONED, QUEUE_WAIT};
use tracing::Span;

use crate::Busy;

/// Around all that is done for an image; at the level of errors, so that it is there whatever is logged.
pub fn span(image: &Image) -> Span {
    tracing::error_span!(
        "image",
        image_id = %image.image_id,
        request_id = image.request_id.as_deref(),
        attempt = image.attempt
    )
}

/// Notes how long the original lay there before anybody took it; later claims wait for other reasons.
pub fn claimed(image: &Image, arrived_at: Option<Timestamp>) {
    if let Some(at) = arrived_at.filter(|_| image.attempt == 1) {
        // Clocks differ: what comes from the future has not waited.
        let waited = Timestamp::now().unix_milliseconds() - at.unix_milliseconds();
        QUEUE_WAIT.note(&[], Duration::from_millis(waited.max(0) as u64));
    }
}

/// Counts an outcome where it was recorded: that happens once, while it may be announced more often.
pub fn finished(image: &Image) {
    match (image.status, &image.failure) {
        (Status::Failed, Some(failure)) => IMAGES_FAILED.add_of(&failure.code),
        _ => IMAGES_READY.add(),
    }
}

/// Counts and tells a message that is to come again; `receives` is how often it came so far, where that is known.
pub fn postponed(message_id: &str, receives: Option<u32>, fault: &Error) {
    MESSAGES_POSTPONED.add_of(if fault.is::<Busy>() { "busy" } else { "fault" });
    tracing::warn!(message_id, receives, cause = format!("{fault:#}"), "to be delivered again");
}
