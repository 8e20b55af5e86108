//! When a process has to have given back what it holds.

use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::Processor;

/// Known from the start of a call under Lambda, told to a worker that is to end, elsewhere never.
#[derive(Clone, Debug)]
pub struct StopAt(watch::Receiver<Option<Instant>>);

impl StopAt {
    pub fn never() -> Self {
        Self(watch::channel(None).1)
    }

    pub fn moment(moment: Instant) -> Self {
        Self(watch::channel(Some(moment)).1)
    }

    /// Never, until the sender tells a moment.
    pub fn told_later() -> (watch::Sender<Option<Instant>>, Self) {
        let (tell, told) = watch::channel(None);
        (tell, Self(told))
    }
}

impl Processor {
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.stop_at.0.borrow().is_some_and(|moment| moment <= Instant::now())
    }

    /// Comes back when this process is about to be stopped.
    pub(crate) async fn out_of_time(&self) {
        let mut told = self.stop_at.0.clone();
        // Whoever could tell may be gone.
        let moment = told.wait_for(Option::is_some).await.ok().and_then(|moment| *moment);
        match moment {
            Some(moment) => sleep_until(moment).await,
            None => std::future::pending().await,
        }
    }
}
