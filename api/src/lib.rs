//! Tintype's HTTP API: grants uploads, answers for images. It never touches the bytes of an image.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod admin_key;
mod allowed;
mod config;
mod curl;
mod docs;
mod extract;
mod filename;
mod gate;
mod health;
mod idempotency;
mod image_answer;
mod images;
mod keys;
mod new_upload;
mod openapi;
mod original_answer;
mod origins;
mod paging;
mod presets;
mod problem;
mod reprocess;
mod request;
pub mod serve;
mod settings;
mod srcset;
mod uploads;
mod wait;
mod whole;

use std::sync::Arc;

use axum::{Router, extract::DefaultBodyLimit, middleware};
use store::{Accounts, Catalog, Objects};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use admin_key::AdminKey;
pub use allowed::{Admin, Allowed, ImagesRead};
pub use openapi::yaml as openapi_yaml;
pub use origins::Origins;
pub use problem::Problem;
pub use settings::Settings;

use gate::Gate;

/// JSON is small; pictures never come this way.
const MAX_JSON_BYTES: usize = 64 * 1024;

/// What every handler may reach.
#[derive(Clone, Debug)]
pub struct App {
    pub catalog: Catalog,
    pub objects: Objects,
    pub settings: Arc<Settings>,
    gate: Arc<Gate>,
    /// A seat for each answer that is held.
    waiters: Arc<Semaphore>,
}

impl App {
    pub fn new(catalog: Catalog, objects: Objects, accounts: Accounts, settings: Settings) -> Self {
        let gate = Arc::new(Gate::new(accounts, &settings));
        let waiters = Arc::new(Semaphore::new(wait::MAX_WAITERS));
        Self { catalog, objects, settings: Arc::new(settings), gate, waiters }
    }

    /// Whether nobody needs a key yet.
    pub fn is_open(&self) -> bool {
        self.gate.is_open()
    }
}

/// All routes, and `own` ones of whoever serves them, which may ask for scopes too; whatever they refuse is a problem by RFC 9457.
pub fn router(app: App, own: Router<App>) -> Router {
    let (routes, openapi) = documented_routes(&app.settings);
    let cors = app.settings.allowed_origins.cors();
    let routes = routes
        .merge(docs::routes(openapi))
        .merge(own)
        .with_state(app)
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::from_fn(request::in_time));
    match cors {
        Some(cors) => routes.layer(cors),
        None => routes,
    }
}

/// The outermost layer: gives every request its id and its line in the log, and every problem its body.
pub fn identified(router: Router) -> Router {
    router.layer(middleware::from_fn(request::identify))
}

/// The routes, and the one document that describes them.
fn documented_routes(settings: &Settings) -> (Router<App>, OpenApi) {
    let (routes, mut openapi) = OpenApiRouter::with_openapi(openapi::document())
        .routes(routes!(uploads::create_upload))
        .routes(routes!(uploads::get_upload, uploads::redirect_upload, uploads::delete_upload))
        .routes(routes!(uploads::renew_upload))
        .routes(routes!(uploads::complete_upload))
        .routes(routes!(images::list_images))
        .routes(routes!(images::get_image, images::delete_image))
        .routes(routes!(reprocess::reprocess_image))
        .routes(routes!(images::get_original))
        .routes(routes!(images::get_rendition))
        .routes(routes!(presets::list_presets))
        .routes(routes!(presets::get_preset))
        .routes(routes!(keys::create_key, keys::list_keys))
        .routes(routes!(keys::revoke_key))
        .routes(routes!(config::get_config))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .split_for_parts();
    openapi::complete(&mut openapi, settings);
    (routes, openapi)
}
