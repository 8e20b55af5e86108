//! What an operator sees of an image's way through here.

use store::Image;
use tracing::Span;

/// Around all that is done for an image; at the level of errors, so that it is there whatever is logged.
pub fn span(image: &Image) -> Span {
    tracing::error_span!(
        "image",
        image_id = %image.image_id,
        request_id = image.request_id.as_deref(),
        attempt = image.attempt
    )
}
