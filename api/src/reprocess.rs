//! `/images/{id}/reprocess`: the same original, made once more.

use axum::{Json, extract::State, http::StatusCode};
use store::{ImageId, Status, Timestamp, catalog::Reprocessing};

use crate::{
    App,
    allowed::{Allowed, ImagesRead, UploadsCreate},
    extract::{Path, Query},
    image_answer::ImageAnswer,
    new_upload::accept_preset,
    openapi::Refused,
    problem::Problem,
    uploads::Wishes,
};

/// Makes the renditions once more
///
/// For an image that failed by no fault of its own, or after its preset changed. Until the new ones are ready the old
/// ones stay.
#[utoipa::path(post, path = "/images/{id}/reprocess", tag = "images", security(("key" = ["uploads:create", "images:read"])),
    params(("id" = String, Path, description = "The id of the image."), Wishes),
    responses((status = 202, description = "It is `processing` again.", body = ImageAnswer), Refused<404>, Refused<409>, Refused<410>, Refused<422>))]
pub async fn reprocess_image(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<UploadsCreate>,
    // The answer shows the image.
    _: Allowed<ImagesRead>,
    Path(id): Path<ImageId>,
    Query(wishes): Query<Wishes>,
) -> Result<(StatusCode, Json<ImageAnswer>), Problem> {
    let image = owner.sees(app.catalog.get(id).await?)?;
    let (preset, recipe) = match wishes.preset {
        Some(preset) => accept_preset(Some(preset), &app.settings)?,
        // One that the deployment no longer has is known from the record.
        None => accept_preset(Some(image.preset.clone()), &app.settings)
            .unwrap_or_else(|_| (image.preset.clone(), image.recipe.clone())),
    };
    refuse_unless_settled(image.status)?;
    // Begun without it, it would end as a failure, and lose the renditions that there are.
    if app.objects.find_original(id).await?.is_none() {
        return Err(Problem::OriginalGone);
    }
    let now = Timestamp::now();
    let image = match app.catalog.reprocess(&image, &preset, &recipe, now).await? {
        Reprocessing::Begun(image) => *image,
        Reprocessing::Refused(found) => {
            refuse_unless_settled(owner.sees(found.map(|image| *image))?.status)?;
            // Somebody else has asked for it meanwhile, and it was made by now.
            return Err(Problem::NotSettled);
        }
    };
    wake(&app, &image).await;
    Ok((StatusCode::ACCEPTED, Json(ImageAnswer::new(image, &app.objects, now).await?)))
}

fn refuse_unless_settled(status: Status) -> Result<(), Problem> {
    match status {
        Status::Ready | Status::Failed => Ok(()),
        Status::AwaitingUpload => Err(Problem::NotUploaded),
        Status::Expired => Err(Problem::UploadGone),
        Status::Processing | Status::Deleted => Err(Problem::NotSettled),
    }
}

/// What fails here the sweep makes good, if later.
async fn wake(app: &App, image: &store::Image) {
    if let Err(cause) = app.objects.repeat_event(image).await {
        tracing::warn!(image_id = %image.image_id, cause = format!("{cause:#}"), "the sweep will begin with it");
    }
}
