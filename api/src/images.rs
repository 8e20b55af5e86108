//! `/images`: what became of an upload.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use store::{
    Image, ImageId, ObjectKey, Rendition, Status, Timestamp,
    catalog::{Cursor, Deletion},
    objects::Disposition,
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    App,
    allowed::{Allowed, ImagesDelete, ImagesRead},
    extract::{Path, Query},
    image_answer::ImageAnswer,
    openapi::Refused,
    paging::next_link,
    problem::{Problem, echo},
    wait,
};

const DEFAULT_PAGE: usize = 20;
const MAX_PAGE: usize = 100;
/// The states that an image shows.
pub const SHOWN: [Status; 5] =
    [Status::AwaitingUpload, Status::Processing, Status::Ready, Status::Failed, Status::Expired];
/// What `?download` may be: show it, save it.
pub const DOWNLOAD: [u8; 2] = [0, 1];

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Waiting {
    /// Hold the answer until the image is settled or changes from `If-None-Match`: seconds, at most 25.
    #[param(example = 20, maximum = 25)]
    wait: Option<u64>,
}

/// The status of an image, and all that is known of it
#[utoipa::path(get, path = "/images/{id}", tag = "images", security(("key" = ["images:read"])),
    params(("id" = String, Path, description = "The id of the image."), Waiting,
        ("If-None-Match" = Option<String>, Header, description = "The ETag that the client knows."),
        ("Prefer" = Option<String>, Header, description = "`wait=20`, as the query parameter.")),
    responses((status = 200, description = "Every state is a 200.", body = ImageAnswer, headers(
            ("etag" = String, description = "Changes with the image."),
            ("retry-after" = String, description = "Seconds, while unsettled."))),
        (status = 304, description = "As the client knows it."), Refused<404>, Refused<422>))]
pub async fn get_image(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<ImagesRead>,
    Path(id): Path<ImageId>,
    Query(query): Query<Waiting>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let patience = wait::asked(query.wait, &headers)?;
    let known = headers.get(header::IF_NONE_MATCH).and_then(|etag| etag.to_str().ok());
    let image = owner.sees(app.catalog.get(id).await?)?;
    let told = wait::until_changed(&app, image, known, patience).await?;
    let Allowed { owner, .. } = Allowed::<ImagesRead>::now(&app, &headers).await?;
    let image = owner.sees(Some(told))?;
    let now = Timestamp::now();
    let etag = wait::etag(&image, now);
    let mut response = match known.is_some_and(|known| wait::matches(known, &etag)) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Json(ImageAnswer::new(image.clone(), &app.objects, now).await?).into_response(),
    };
    describe(response.headers_mut(), &image, &etag);
    Ok(response)
}

fn describe(headers: &mut HeaderMap, image: &Image, etag: &str) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    if !image.status.is_settled() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Listing {
    /// Only images of this status.
    #[param(example = "ready")]
    status: Option<String>,
    /// How many at the most.
    #[param(example = 20, minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// Where the page before ended: from its `next`.
    cursor: Option<String>,
}

/// A page of images.
#[derive(Serialize, ToSchema)]
pub struct Images {
    images: Vec<ImageAnswer>,
    /// The address of the next page; null on the last.
    next: Option<String>,
}

/// The owner's images, newest first
///
/// A page looks at some hundreds of images: where only those of one status are asked for it may hold fewer than `limit`,
/// or none, and yet have a next.
#[utoipa::path(get, path = "/images", tag = "images", security(("key" = ["images:read"])), params(Listing),
    responses((status = 200, description = "A page.", body = Images, headers(("link" = String, description = "`rel=\"next\"` until the last page."))), Refused<422>))]
pub async fn list_images(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<ImagesRead>,
    Query(query): Query<Listing>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Problem::invalid("limit", format!("is {limit}, accepted are 1 to {MAX_PAGE}")));
    }
    let status = query.status.as_deref().map(listed_status).transpose()?;
    let cursor = query.cursor.as_deref().map(str::parse::<Cursor>).transpose();
    let cursor = cursor.map_err(|e| Problem::invalid("cursor", format!("is none of ours: {e}")))?;
    let page = app.catalog.by_owner(owner.name(), status, limit, cursor).await?;
    let next = page.next.map(|cursor| next_page(&cursor, limit, status));
    let mut images = Vec::new();
    for image in page.images {
        images.push(ImageAnswer::new(image, &app.objects, Timestamp::now()).await?);
    }
    let link = next_link(next.as_deref());
    Ok((link, Json(Images { images, next })).into_response())
}

fn listed_status(name: &str) -> Result<Status, Problem> {
    let accepted = || SHOWN.map(Status::as_str).join(", ");
    let found = SHOWN.into_iter().find(|status| status.as_str() == name);
    found.ok_or_else(|| Problem::invalid("status", format!("is {}, accepted are {}", echo(name), accepted())))
}

fn next_page(cursor: &Cursor, limit: usize, status: Option<Status>) -> String {
    let status = status.map_or(String::new(), |status| format!("&status={}", status.as_str()));
    format!("/images?cursor={cursor}&limit={limit}{status}")
}

/// Deletes an image: its record, its original and its renditions
#[utoipa::path(delete, path = "/images/{id}", tag = "images", security(("key" = ["images:delete"])), params(("id" = String, Path, description = "The id of the image.")),
    responses((status = 204, description = "It is gone."), Refused<404>))]
pub async fn delete_image(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<ImagesDelete>,
    Path(id): Path<ImageId>,
) -> Result<StatusCode, Problem> {
    owner.sees(app.catalog.get(id).await?)?;
    match app.catalog.delete(id, false, Timestamp::now()).await? {
        Deletion::Done(image) => remove_objects(&app, &image).await,
        Deletion::Refused(_) | Deletion::Unknown => return Err(Problem::NotFound),
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What fails here the sweep makes good: the tombstone is written, and nobody sees the image any more.
pub async fn remove_objects(app: &App, tombstone: &Image) {
    let removed = async {
        app.objects.delete_all(tombstone).await?;
        app.catalog.bury(tombstone, Timestamp::now()).await
    };
    if let Err(cause) = removed.await {
        tracing::warn!(image_id = %tombstone.image_id, cause = format!("{cause:#}"), "objects of a deleted image remain for the sweep");
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Fetching {
    /// 1 makes browsers save it instead of showing it.
    #[param(example = 1)]
    download: Option<u8>,
}

impl Fetching {
    fn as_attachment(&self) -> Result<bool, Problem> {
        match self.download.filter(|asked| !DOWNLOAD.contains(asked)) {
            None => Ok(self.download == Some(1)),
            Some(other) => Err(Problem::invalid("download", format!("is {other}, accepted are 0 and 1"))),
        }
    }
}

/// The original, always as an attachment
#[utoipa::path(get, path = "/images/{id}/original", tag = "images", security(("key" = ["images:read"])), params(("id" = String, Path, description = "The id of the image."), Fetching),
    responses((status = 302, description = "To a signed URL.", headers(("location" = String, description = "Good for an hour at least."))), Refused<404>, Refused<422>))]
pub async fn get_original(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<ImagesRead>,
    Path(id): Path<ImageId>,
    Query(query): Query<Fetching>,
) -> Result<Response, Problem> {
    // An original is one in any case.
    query.as_attachment()?;
    let image = owner.sees(app.catalog.get(id).await?)?;
    if matches!(image.status, Status::AwaitingUpload | Status::Expired) {
        return Err(Problem::NotFound);
    }
    Ok(found(app.objects.original_url(id, &image.filename, Timestamp::now()).await?))
}

/// One rendition by its name
#[utoipa::path(get, path = "/images/{id}/{rendition}", tag = "images", security(("key" = ["images:read"])),
    params(("id" = String, Path, description = "The id of the image."), ("rendition" = String, Path, description = "Its name in the preset. Where the original is too small for it, the largest of its kind answers.", example = "avif-320"), Fetching),
    responses((status = 302, description = "To a signed URL, or to where everybody may read it.", headers(("location" = String, description = "Good for an hour at least."))), Refused<404>, Refused<422>))]
pub async fn get_rendition(
    State(app): State<App>,
    Allowed { owner, .. }: Allowed<ImagesRead>,
    Path((id, name)): Path<(ImageId, String)>,
    Query(query): Query<Fetching>,
) -> Result<Response, Problem> {
    let as_attachment = query.as_attachment()?;
    let image = owner.sees(app.catalog.get(id).await?)?;
    let rendition = image.rendition(&name).ok_or(Problem::NotFound)?;
    let filename = rendition_filename(&image.filename, rendition);
    let disposition = match as_attachment {
        true => Disposition::Attachment { filename: &filename },
        false => Disposition::Inline,
    };
    let key = ObjectKey::of(id, rendition);
    Ok(found(app.objects.rendition_url(&key, disposition, Timestamp::now()).await?))
}

fn rendition_filename(original: &str, rendition: &Rendition) -> String {
    let stem = original.rsplit_once('.').map_or(original, |(stem, _)| stem);
    format!("{stem}-{}.{}", rendition.width, rendition.format)
}

fn found(url: String) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, url)]).into_response()
}
