//! How the parts are connected to what they use: as usual by default, otherwise in tests alone.

use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use processor::Darkroom;

/// Between an SDK client, named by its service, and the one who answers it.
pub type Between = Arc<dyn Fn(&'static str, SharedHttpClient) -> SharedHttpClient + Send + Sync>;

#[derive(Clone)]
pub struct Wiring {
    /// Nothing, as a rule; tests put faults there.
    pub between: Between,
    /// This program itself, as a rule; a test's program is none.
    pub darkroom: Darkroom,
    /// Shorter than on AWS: only one process can hold a lease here, so one that was lost is soon taken over.
    pub lease_seconds: u64,
}

impl Default for Wiring {
    fn default() -> Self {
        Self { between: Arc::new(|_, client| client), darkroom: Darkroom::default(), lease_seconds: 15 }
    }
}
