//! How long an answer of AWS is waited for.

use std::time::Duration;

use aws_sdk_s3::config::timeout::TimeoutConfig;

/// Longer: a service that accepts and never answers holds a run for longer. Shorter: a slow service is asked twice.
const CONNECT: Duration = Duration::from_secs(3);
/// From the beginning of the question to that of the answer, the body of a `PUT` among it; an answer's body that stalls is
/// the SDK's own watch. Shorter: a large rendition on a slow way is never written.
const ATTEMPT: Duration = Duration::from_secs(15);

/// For every client: by itself the SDK waits for ever.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(ATTEMPT).build()
}
