//! `/uploads/{id}/complete`: for who will not wait for the bucket's own word.

use axum::{Json, extract::State, http::StatusCode};
use store::{ImageId, Status};

use super::Upload;
use crate::{
    App,
    allowed::{Allowed, UploadsCreate},
    extract::Path,
    openapi::Refused,
    problem::Problem,
};

/// Says that the bytes are there
///
/// Not needed as a rule: the bucket tells by itself. Where its word was lost, this has it tell once more.
#[utoipa::path(post, path = "/uploads/{id}/complete", tag = "uploads", security(("key" = ["uploads:create"])), params(("id" = String, Path, description = "The id of the upload.")),
    responses((status = 202, description = "The bytes are there; `links.image` tells what becomes of them.", body = Upload), Refused<404>, Refused<409>, Refused<410>))]
pub async fn complete_upload(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<UploadsCreate>,
    Path(id): Path<ImageId>,
) -> Result<(StatusCode, Json<Upload>), Problem> {
    let image = owner.sees(app.catalog.get(id).await?)?;
    match image.status {
        Status::Expired | Status::Deleted => return Err(Problem::UploadGone),
        Status::AwaitingUpload if !app.objects.repeat_event(&image).await? => return Err(Problem::NotUploaded),
        _ => {}
    }
    Ok((StatusCode::ACCEPTED, Json(Upload::of(&image))))
}
