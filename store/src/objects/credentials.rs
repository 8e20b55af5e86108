//! The credentials that requests and URLs are signed with: the same for both, and asked for only when they run out.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, Result, SharedCredentialsProvider, future},
};

/// Left of their time when others are asked for. Longer: they are asked for more often. Shorter: URLs end sooner.
const RENEWED_BEFORE_END: Duration = Duration::from_secs(300);

/// Keeps what a metadata service or a token service has provided, which takes a request each time.
#[derive(Debug)]
pub struct Kept {
    from: SharedCredentialsProvider,
    last: Mutex<Option<Credentials>>,
}

impl Kept {
    pub fn new(from: SharedCredentialsProvider) -> Self {
        Self { from, last: Mutex::default() }
    }

    async fn provide(&self) -> Result {
        let kept = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.as_ref().filter(|kept| lasts(kept, RENEWED_BEFORE_END)) {
            return Ok(kept.clone());
        }
        match (self.from.provide_credentials().await, kept) {
            (Ok(new), _) => {
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(new.clone());
                Ok(new)
            }
            // Nobody answers: what is there still works for a while.
            (Err(_), Some(kept)) if lasts(&kept, Duration::ZERO) => Ok(kept),
            (Err(fault), _) => Err(fault),
        }
    }
}

/// Those without an end cost nothing to ask for, and may be others next time.
fn lasts(credentials: &Credentials, time: Duration) -> bool {
    credentials.expiry().is_some_and(|end| end > SystemTime::now() + time)
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

    /// Each one's key is its number; they last for so many seconds.
    #[derive(Debug)]
    struct Numbered {
        asked: Arc<AtomicU64>,
        seconds: u64,
    }

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.asked.fetch_add(1, Ordering::Relaxed).to_string();
            let end = SystemTime::now() + Duration::from_secs(self.seconds);
            future::ProvideCredentials::ready(Ok(Credentials::new(number, "secret", None, Some(end), "test")))
        }
    }

    async fn asked_in_three_uses(seconds: u64) -> u64 {
        let asked = Arc::<AtomicU64>::default();
        let kept = Kept::new(SharedCredentialsProvider::new(Numbered { asked: asked.clone(), seconds }));
        for _ in 0..3 {
            kept.provide_credentials().await.unwrap();
        }
        asked.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn credentials_are_asked_for_when_they_run_out_and_not_before() {
        assert_eq!(asked_in_three_uses(3600).await, 1);
        assert_eq!(asked_in_three_uses(299).await, 3);
    }
}
