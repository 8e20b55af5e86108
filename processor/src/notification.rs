//! What subscribers are told of an image: what `GET /images/{id}` says of it, but for signed URLs. They are passwords,
//! and a topic has many readers.

use preset::Fit;
use serde_json::{Map, Value, json};
use store::{Image, Original, Rendition};

/// The attribute `type`, such as `image.ready`.
pub fn kind(image: &Image) -> String {
    format!("image.{}", image.status.as_str())
}

/// The message, in the words of the API: how records are kept is no subscriber's business.
pub fn message(image: &Image) -> Value {
    json!({
        "event_id": image.event_id(),
        "type": kind(image),
        "at": image.status_changed_at,
        "request_id": image.request_id,
        "image": {
            "id": image.image_id,
            "status": image.status,
            "created_at": image.created_at,
            "owner": image.owner,
            "filename": image.filename,
            "metadata": image.metadata,
            "preset": image.preset,
            "original": image.original.as_ref().map(original),
            "renditions": renditions(image),
            "placeholder": image.placeholder,
            "color": image.color,
            "error": image.failure,
            "links": links(image),
        },
    })
}

fn original(found: &Original) -> Value {
    json!({
        "format": found.format,
        "width": found.width,
        "height": found.height,
        "bytes": found.bytes,
        "sha256": found.sha256,
        "frames": found.frames,
        "animation_dropped": found.animation_dropped,
        "exif": found.exif,
    })
}

fn renditions(image: &Image) -> Vec<Value> {
    // Without it, in a record of a newer version, every rendition counts as a whole picture.
    let recipe = image.recipe().map_or_else(|_| Vec::new(), |preset| preset.renditions);
    let rendition = |made: &Rendition| {
        let planned = recipe.iter().find(|planned| planned.name == made.name);
        json!({
            "name": made.name,
            "format": made.format,
            "width": made.width,
            "height": made.height,
            "fit": planned.map_or(Fit::Inside, |planned| planned.fit).as_str(),
            "bytes": made.bytes,
        })
    };
    image.renditions.iter().map(rendition).collect()
}

/// Beneath the address of the API; with a key they lead to fresh URLs for as long as the image is there.
fn links(image: &Image) -> Value {
    let myself = format!("/images/{}", image.image_id);
    let rendition = |made: &Rendition| (made.name.clone(), json!(format!("{myself}/{}", made.name)));
    let renditions: Map<_, _> = image.renditions.iter().map(rendition).collect();
    json!({ "self": myself, "original": format!("{myself}/original"), "renditions": renditions })
}
