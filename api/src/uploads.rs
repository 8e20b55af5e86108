//! `/uploads`: grants that bytes may arrive.

mod answer;
mod complete;

use std::collections::BTreeSet;

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use store::{
    Image, ImageId, Status, Timestamp,
    catalog::{Creation, Deletion},
};
use telemetry::metrics::UPLOADS_GRANTED;
use utoipa::IntoParams;

use crate::{
    App,
    allowed::{Allowed, Owner, UploadsCreate},
    extract::{Json, Path, Query},
    idempotency::IdempotencyKey,
    new_upload::{AcceptedUpload, NewUpload},
    openapi::Refused,
    problem::Problem,
    request::RequestId,
};
use answer::Granted;
pub use answer::Upload;
pub use complete::*;

/// A redirect's URL has no header that binds it to its type: it lives just long enough to be followed.
const REDIRECT_TTL_SECONDS: u64 = 60;

/// Asks for a presigned PUT
///
/// The answer's `upload.headers` is the whole list to send with the PUT, no more and no less.
/// With `accept: text/plain` the answer is the ready `curl` line.
/// The same `Idempotency-Key` with the same body leads to the same image and a fresh URL.
#[utoipa::path(post, path = "/uploads", tag = "uploads", security(("key" = ["uploads:create"])),
    request_body(content = NewUpload, example = json!({ "filename": "photo.jpg", "bytes": 709919, "metadata": { "album": "hills" } })),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the call safe to repeat: visible ASCII, unique to this upload.")),
    responses((status = 201, description = "The record is made, the PUT is signed.", content((Upload = "application/json"), (String = "text/plain")), headers(("location" = String, description = "The image.")), links(
            ("upload" = (operation_id = "get_upload", parameters(("id" = "$response.body#/id")))),
            ("renew" = (operation_id = "renew_upload", parameters(("id" = "$response.body#/id")))),
            ("give_up" = (operation_id = "delete_upload", parameters(("id" = "$response.body#/id")))),
            ("image" = (operation_id = "get_image", parameters(("id" = "$response.body#/id")))),
            ("delete" = (operation_id = "delete_image", parameters(("id" = "$response.body#/id")))))),
        Refused<400>, Refused<408>, Refused<410>, Refused<413>, Refused<415>, Refused<422>))]
pub async fn create_upload(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<UploadsCreate>,
    Extension(request_id): Extension<RequestId>,
    key: IdempotencyKey,
    headers: HeaderMap,
    Json(new): Json<NewUpload>,
) -> Result<Response, Problem> {
    let new = new.accept(&app.settings)?;
    let (ttl, now) = (new.expires_in, Timestamp::now());
    let image = new_image(key.image_id(&owner, &app)?, owner, request_id, new, now);
    let as_text = answer::wants_text(&headers);
    let image = reserve(&app, image, if as_text { "text" } else { "json" }).await?;
    let upload = match image.status {
        Status::AwaitingUpload => Upload::granted(&image, app.objects.presign_put(&image, ttl, now).await?),
        _ => Upload::of(&image),
    };
    Ok(Granted { upload, as_text }.into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wishes {
    /// Which renditions are made; `GET /presets` lists what there is.
    #[param(example = "default")]
    pub preset: Option<String>,
}

/// Uploads with one line of curl
///
/// Answers with a redirect to the presigned PUT: `curl -fsS -LT cat.jpg http://127.0.0.1:8080/uploads/cat.jpg`.
/// The body is sent once, to the bucket.
#[utoipa::path(put, path = "/uploads/{id}", tag = "uploads", security(("key" = ["uploads:create"])),
    params(("id" = String, Path, description = "Here the file's name.", example = "cat.jpg"), Wishes),
    request_body(content = String, content_type = "application/octet-stream", description = "Not read: the redirect's target takes it."),
    responses((status = 307, description = "Send the same request there.", headers(
        ("location" = String, description = "The presigned URL, good for a minute."),
        ("content-location" = String, description = "The image."))), Refused<404>, Refused<411>, Refused<413>, Refused<422>))]
pub async fn redirect_upload(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<UploadsCreate>,
    Extension(request_id): Extension<RequestId>,
    Path(filename): Path<String>,
    Query(wishes): Query<Wishes>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let bytes = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let new = AcceptedUpload::bare(filename, bytes.ok_or(Problem::LengthRequired)?, wishes.preset, &app.settings)?;
    let now = Timestamp::now();
    let new = AcceptedUpload { expires_in: REDIRECT_TTL_SECONDS, ..new };
    let image = reserve(&app, new_image(ImageId::random()?, owner, request_id, new, now), "redirect").await?;
    let put = app.objects.presign_bare_put(&image, REDIRECT_TTL_SECONDS, now).await?;
    Ok(answer::redirect(&image, put))
}

/// Can I still upload, and with which headers?
#[utoipa::path(get, path = "/uploads/{id}", tag = "uploads", security(("key" = ["uploads:create"])), params(("id" = String, Path, description = "The id of the upload and of its image.")),
    responses((status = 200, description = "The state; with `upload` while its URL still works.", body = Upload), Refused<404>))]
pub async fn get_upload(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<UploadsCreate>,
    Path(id): Path<ImageId>,
) -> Result<axum::Json<Upload>, Problem> {
    let image = owner.sees(app.catalog.get(id).await?)?;
    let now = Timestamp::now();
    let seconds_left = image.granted_until.unix_seconds() - now.unix_seconds();
    if image.status != Status::AwaitingUpload || seconds_left <= 0 {
        return Ok(axum::Json(Upload::of(&image)));
    }
    let put = app.objects.presign_put(&image, seconds_left as u64, now).await?;
    Ok(axum::Json(Upload::granted(&image, put)))
}

/// A fresh URL for the same image
#[utoipa::path(post, path = "/uploads/{id}/renew", tag = "uploads", security(("key" = ["uploads:create"])), params(("id" = String, Path, description = "The id of the upload.")),
    responses((status = 200, description = "Signed anew; earlier URLs work until they expire.", body = Upload), Refused<404>, Refused<409>, Refused<410>))]
pub async fn renew_upload(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<UploadsCreate>,
    Path(id): Path<ImageId>,
) -> Result<axum::Json<Upload>, Problem> {
    let image = owner.sees(app.catalog.get(id).await?)?;
    refuse_unless_awaiting(image.status)?;
    // The record is told of them a little later.
    if app.objects.find_original(id).await?.is_some() {
        return Err(Problem::AlreadyUploaded);
    }
    let (ttl, now) = (app.settings.url_ttl_seconds, Timestamp::now());
    let until = image.granted_until.max(now.plus_seconds(ttl));
    let image = owner.sees(app.catalog.extend_grant(&image, until).await?)?;
    refuse_unless_awaiting(image.status)?;
    let put = app.objects.presign_put(&image, ttl, now).await?;
    Ok(axum::Json(Upload::granted(&image, put)))
}

/// Gives an upload up
#[utoipa::path(delete, path = "/uploads/{id}", tag = "uploads", security(("key" = ["uploads:create"])), params(("id" = String, Path, description = "The id of the upload.")),
    responses((status = 204, description = "It is gone, and what has arrived or still arrives for it."), Refused<404>, Refused<409>))]
pub async fn delete_upload(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<UploadsCreate>,
    Path(id): Path<ImageId>,
) -> Result<StatusCode, Problem> {
    owner.sees(app.catalog.get(id).await?)?;
    match app.catalog.delete(id, true, Timestamp::now()).await? {
        Deletion::Done(image) => crate::images::remove_objects(&app, &image).await,
        Deletion::Refused(_) => return Err(Problem::AlreadyUploaded),
        Deletion::Unknown => return Err(Problem::NotFound),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Writes the record; finds the one that the same request made before. `form` is how the grant is answered.
async fn reserve(app: &App, image: Image, form: &'static str) -> Result<Image, Problem> {
    let existing = match app.catalog.create(&image).await? {
        Creation::New => {
            UPLOADS_GRANTED.add_of(form);
            tracing::info!(image_id = %image.image_id, bytes = image.expected.bytes, preset = image.preset, "granted");
            return Ok(image);
        }
        Creation::Existing(existing) => existing,
    };
    if existing.request_digest != image.request_digest {
        return Err(Problem::IdempotencyKeyReused);
    }
    // The grant grows, or the sweep would end the upload while its fresh URL still works.
    let until = existing.granted_until.max(image.granted_until);
    let found = match existing.status {
        Status::AwaitingUpload => app.catalog.extend_grant(&existing, until).await?,
        _ => Some(*existing),
    };
    found.filter(|found| !matches!(found.status, Status::Deleted | Status::Expired)).ok_or(Problem::UploadGone)
}

fn new_image(image_id: ImageId, owner: Owner, request_id: RequestId, new: AcceptedUpload, now: Timestamp) -> Image {
    Image {
        image_id,
        owner: owner.name().to_owned(),
        status: Status::AwaitingUpload,
        revision: 1,
        created_at: now,
        status_changed_at: now,
        request_digest: new.digest(),
        request_id: Some(request_id.0),
        granted_until: now.plus_seconds(new.expires_in),
        filename: new.filename,
        metadata: new.metadata,
        preset: new.preset,
        recipe: new.recipe,
        expected: new.expected,
        original: None,
        renditions: Vec::new(),
        retired: Vec::new(),
        placeholder: None,
        color: None,
        failure: None,
        attempt: 0,
        claimed_at: None,
        sources: BTreeSet::new(),
        lease_holder: None,
        lease_until: None,
        notified_at: None,
    }
}

fn refuse_unless_awaiting(status: Status) -> Result<(), Problem> {
    match status {
        Status::AwaitingUpload => Ok(()),
        Status::Expired | Status::Deleted => Err(Problem::UploadGone),
        _ => Err(Problem::AlreadyUploaded),
    }
}
