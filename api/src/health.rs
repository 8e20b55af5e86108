//! Whether the process lives, and whether it can work.

use axum::extract::State;

use crate::{App, problem::Problem};

/// Is the process alive?
#[utoipa::path(get, path = "/healthz", tag = "service", responses((status = 200, description = "It is.", body = String, content_type = "text/plain")))]
pub async fn healthz() -> &'static str {
    "alive\n"
}

/// Can it work: are the tables and the buckets within reach?
#[utoipa::path(get, path = "/readyz", tag = "service", responses((status = 200, description = "All parts are up.", body = String, content_type = "text/plain")))]
pub async fn readyz(State(app): State<App>) -> Result<&'static str, Problem> {
    tokio::try_join!(app.catalog.check(), app.gate.accounts.check(), app.objects.check()).map_err(|cause| {
        tracing::warn!(cause = format!("{cause:#}"), "not ready");
        Problem::NotReady
    })?;
    Ok("ready\n")
}
