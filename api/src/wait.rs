//! Holding an answer until there is something to tell.

use std::time::Duration;

use axum::http::HeaderMap;
use store::{Image, Timestamp, objects::READ_WINDOW_SECONDS};

use crate::{App, problem::Problem};

/// An answer has to be there within 28 seconds.
pub const MAX_WAIT_SECONDS: u64 = 25;
/// Answers that are held at once. More: the table is read more often. Fewer: more clients have to ask again.
pub const MAX_WAITERS: usize = 256;
const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long the client would wait: `?wait=20`, or `Prefer: wait=20` by RFC 7240.
pub fn asked(query: Option<u64>, headers: &HeaderMap) -> Result<Duration, Problem> {
    let seconds = query.or_else(|| preferred(headers)).unwrap_or(0);
    match seconds <= MAX_WAIT_SECONDS {
        true => Ok(Duration::from_secs(seconds)),
        false => Err(Problem::invalid("wait", format!("is {seconds} seconds, the limit is {MAX_WAIT_SECONDS}"))),
    }
}

/// A preference is no demand: what is out of bounds is brought into them.
fn preferred(headers: &HeaderMap) -> Option<u64> {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut all = preferences.flat_map(|value| value.split([',', ';']));
    let seconds = all.find_map(|one| one.trim().strip_prefix("wait=")?.trim_matches('"').parse::<u64>().ok())?;
    Some(seconds.min(MAX_WAIT_SECONDS))
}

/// The record once it is settled, or is another than `known`, or when the time is over; at once where too many wait.
pub async fn until_changed(
    app: &App,
    mut image: Image,
    known: Option<&str>,
    patience: Duration,
) -> Result<Image, Problem> {
    let Ok(_seat) = app.waiters.try_acquire() else { return Ok(image) };
    let deadline = tokio::time::Instant::now() + patience;
    let mut pause = FIRST_PAUSE;
    while !image.status.is_settled() && known.is_none_or(|known| matches(known, &etag(&image, Timestamp::now()))) {
        if tokio::time::Instant::now() + pause > deadline {
            break;
        }
        tokio::time::sleep(pause).await;
        // Never later than a quarter of what it took.
        pause = (pause * 5 / 4).min(LONGEST_PAUSE);
        image = app.catalog.get(image.image_id).await?.ok_or(Problem::NotFound)?;
    }
    Ok(image)
}

/// Changes with the record, and each window, when the signed URLs in the answer do.
pub fn etag(image: &Image, now: Timestamp) -> String {
    let window = now.floor_to_seconds(READ_WINDOW_SECONDS).unix_seconds();
    let changed = image.status_changed_at.unix_milliseconds();
    format!("\"{}-{}-{changed:x}-{window:x}\"", image.revision, image.status.as_str())
}

/// `If-None-Match`, compared weakly as RFC 9110 §13.1.2 has it.
pub fn matches(header: &str, etag: &str) -> bool {
    header.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_beyond_the_limit_is_brought_within() {
        let mut headers = HeaderMap::new();
        headers.insert("prefer", "respond-async, wait=600".parse().unwrap());
        assert_eq!(asked(None, &headers).unwrap(), Duration::from_secs(MAX_WAIT_SECONDS));
        assert!(asked(Some(600), &headers).is_err());
    }

    #[test]
    fn any_of_several_etags_matches() {
        assert!(matches("\"a\", W/\"b\"", "\"b\""));
        assert!(!matches("\"a\"", "\"b\""));
    }
}
