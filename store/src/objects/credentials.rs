//! The credentials that requests and URLs are signed with: the same for both, and asked for only when they run out.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, Result, SharedCredentialsProvider, future},
};

/// Left of their time when others are asked for. Longer: they are asked for more often. Shorter: URLs end sooner.
const RENEWED_BEFORE_END: Duration = Duration::from_secs(300);
/// Of those that tell no end. Longer: others that took their place are found later. Shorter: a program that provides them
/// is started more often.
const KEPT_WITHOUT_END: Duration = Duration::from_secs(60);

/// Keeps what a metadata service or a token service has provided, which takes a request each time.
#[derive(Debug)]
pub struct Kept {
    from: SharedCredentialsProvider,
    last: Mutex<Option<Provided>>,
}

#[derive(Clone, Debug)]
struct Provided {
    credentials: Credentials,
    at: Instant,
}

impl Kept {
    pub fn new(from: SharedCredentialsProvider) -> Self {
        Self { from, last: Mutex::default() }
    }

    async fn provide(&self) -> Result {
        let kept = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_fresh()) {
            return Ok(kept.credentials.clone());
        }
        match (self.from.provide_credentials().await, kept) {
            (Ok(credentials), _) => {
                let provided = Provided { credentials: credentials.clone(), at: Instant::now() };
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(provided);
                Ok(credentials)
            }
            // Nobody answers: what is there still works for a while.
            (Err(_), Some(kept)) if kept.lasts(Duration::ZERO) => Ok(kept.credentials),
            (Err(fault), _) => Err(fault),
        }
    }
}

impl Provided {
    fn is_fresh(&self) -> bool {
        match self.credentials.expiry() {
            Some(_) => self.lasts(RENEWED_BEFORE_END),
            None => self.at.elapsed() < KEPT_WITHOUT_END,
        }
    }

    fn lasts(&self, time: Duration) -> bool {
        self.credentials.expiry().is_none_or(|end| end > SystemTime::now() + time)
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use super::*;

    /// Each one's key is its number; they last for so many seconds, or for ever.
    #[derive(Debug)]
    struct Numbered {
        asked: Arc<AtomicU64>,
        seconds: Option<u64>,
    }

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.asked.fetch_add(1, Ordering::Relaxed).to_string();
            let end = self.seconds.map(|seconds| SystemTime::now() + Duration::from_secs(seconds));
            future::ProvideCredentials::ready(Ok(Credentials::new(number, "secret", None, end, "test")))
        }
    }

    async fn asked_in_three_uses(seconds: Option<u64>) -> u64 {
        let asked = Arc::<AtomicU64>::default();
        let kept = Kept::new(SharedCredentialsProvider::new(Numbered { asked: asked.clone(), seconds }));
        for _ in 0..3 {
            kept.provide_credentials().await.unwrap();
        }
        asked.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn credentials_are_asked_for_when_they_run_out_and_not_before() {
        assert_eq!(asked_in_three_uses(Some(3600)).await, 1);
        assert_eq!(asked_in_three_uses(Some(299)).await, 3);
        assert_eq!(asked_in_three_uses(None).await, 1);
    }
}
