//! Limits, types and presets, so that page, picker and server agree.

use axum::{Json, extract::State};
use preset::Preset;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{App, new_upload::CONTENT_TYPES};

/// What a client should know before it asks for an upload.
#[derive(Serialize, ToSchema)]
pub struct Config {
    limits: Limits,
    /// What an original may be; the bytes decide, whatever is declared.
    content_types: &'static [&'static str],
    /// The default comes first; the same as `GET /presets`.
    presets: Vec<Preset>,
}

#[derive(Serialize, ToSchema)]
struct Limits {
    #[schema(example = 52_428_800)]
    max_bytes: u64,
    /// Width × height. Of an animation times its frames: beyond that its first frame is taken alone.
    #[schema(example = 50_000_000)]
    max_pixels: u64,
    #[schema(example = 16_384)]
    max_side: u32,
    #[schema(example = 300)]
    max_frames: u32,
    #[schema(example = 900)]
    url_ttl_seconds: u64,
    #[schema(example = 3600)]
    max_url_ttl_seconds: u64,
}

/// Limits, accepted types and presets
#[utoipa::path(get, path = "/config", tag = "service", responses((status = 200, description = "As they are now.", body = Config)))]
pub async fn get_config(State(app): State<App>) -> Json<Config> {
    let settings = &app.settings;
    Json(Config {
        limits: Limits {
            max_bytes: settings.limits.max_bytes,
            max_pixels: settings.limits.max_pixels,
            max_side: settings.limits.max_side,
            max_frames: settings.limits.max_frames,
            url_ttl_seconds: settings.url_ttl_seconds,
            max_url_ttl_seconds: settings.max_url_ttl_seconds,
        },
        content_types: CONTENT_TYPES,
        presets: settings.presets.all().to_vec(),
    })
}
