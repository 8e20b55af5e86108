//! `/presets`: what an upload may choose from.

use axum::{Json, extract::State};
use preset::Preset;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{App, extract::Path, openapi::Refused, problem::Problem};

/// All presets of this deployment. The same JSON is a file for `TINTYPE_PRESETS`.
#[derive(Serialize, ToSchema)]
pub struct Presets {
    /// The default comes first.
    presets: Vec<Preset>,
}

/// The presets, and what each makes of an original
///
/// What has its default is left out.
#[utoipa::path(get, path = "/presets", tag = "presets", responses((status = 200, description = "All of them.", body = Presets)))]
pub async fn list_presets(State(app): State<App>) -> Json<Presets> {
    Json(Presets { presets: app.settings.presets.all().to_vec() })
}

/// One preset by its name
#[utoipa::path(get, path = "/presets/{name}", tag = "presets",
    params(("name" = String, Path, description = "As `POST /uploads` takes it.", example = "default")),
    responses((status = 200, description = "What it makes of an original.", body = Preset), Refused<404>))]
pub async fn get_preset(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Preset>, Problem> {
    app.settings.presets.named(&name).cloned().map(Json).ok_or(Problem::NotFound)
}
