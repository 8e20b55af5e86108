//! What a client asks for, checked once.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use store::Expected;
use utoipa::ToSchema;

use crate::{
    Settings, filename,
    problem::{Problem, echo},
    whole,
};

/// The types of originals that can be made into renditions.
pub const CONTENT_TYPES: &[&str] = &[
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/avif",
    "image/tiff",
    "image/bmp",
];
/// What others call them.
const ALIASES: [(&str, &str); 6] = [
    // Windows, and old cameras.
    ("image/jpg", "image/jpeg"),
    ("image/pjpeg", "image/jpeg"),
    ("image/x-ms-bmp", "image/bmp"),
    ("image/x-bmp", "image/bmp"),
    ("image/heic-sequence", "image/heic"),
    ("image/heif-sequence", "image/heif"),
];
/// For a file whose name tells nothing: the bytes decide.
const UNKNOWN_TYPE: &str = "application/octet-stream";

const MAX_METADATA_BYTES: usize = 2048;

/// The request of `POST /uploads`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUpload {
    /// Kept for people: where the object lies does not depend on it. Of a path the last part is the name; characters
    /// that cannot be seen are refused.
    #[schema(example = "cat.jpg", min_length = 1, max_length = 255)]
    filename: String,
    /// Guessed from the filename when absent. The PUT must declare it alike.
    #[schema(example = "image/jpeg")]
    content_type: Option<String>,
    /// The exact length of the file: S3 refuses any other.
    #[serde(deserialize_with = "whole::required")]
    #[schema(example = 1_234_567, minimum = 1)]
    bytes: u64,
    /// SHA-256 of the file, as 64 hexadecimal digits or in base64: S3 refuses other bytes.
    #[schema(
        example = "2f8683d21725261f37f86e115f0c212cc52d0fefd3a2ddfcc4fa648c1859906d",
        pattern = "^(?:[0-9A-Fa-f]{64}|[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)$"
    )]
    sha256: Option<String>,
    /// Which renditions are made; `GET /presets` lists what there is.
    #[schema(example = "default")]
    preset: Option<String>,
    /// Anything of yours, at most 2048 bytes of JSON.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    /// Seconds that the URL works.
    #[serde(default, deserialize_with = "whole::optional")]
    #[schema(example = 900, minimum = 1, maximum = 3600)]
    expires_in: Option<u64>,
}

/// A request that can be granted.
#[derive(Debug, Serialize)]
pub struct AcceptedUpload {
    pub filename: String,
    pub expected: Expected,
    pub preset: String,
    /// What the preset says now. Not of the digest: a request that is repeated after the presets changed is the same.
    #[serde(skip)]
    pub recipe: String,
    pub metadata: Map<String, Value>,
    pub expires_in: u64,
}

impl AcceptedUpload {
    /// The little that is known of a file sent without any JSON.
    pub fn bare(filename: String, bytes: u64, preset: Option<String>, settings: &Settings) -> Result<Self, Problem> {
        NewUpload { filename, content_type: None, bytes, sha256: None, preset, metadata: Map::new(), expires_in: None }
            .accept(settings)
    }

    /// The same for the same request, however it was written.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(serde_json::to_vec(self).unwrap_or_default()))
    }
}

impl NewUpload {
    pub fn accept(self, settings: &Settings) -> Result<AcceptedUpload, Problem> {
        let filename = filename::accept(&self.filename)?;
        let content_type = accept_content_type(self.content_type, &filename)?;
        let (preset, recipe) = accept_preset(self.preset, settings)?;
        Ok(AcceptedUpload {
            expected: Expected {
                bytes: accept_bytes(self.bytes, settings)?,
                content_type,
                sha256: self.sha256.as_deref().map(accept_sha256).transpose()?,
            },
            filename,
            preset,
            recipe,
            metadata: accept_metadata(self.metadata)?,
            expires_in: accept_expires_in(self.expires_in, settings)?,
        })
    }
}

fn accept_content_type(given: Option<String>, filename: &str) -> Result<String, Problem> {
    let Some(given) = given.filter(|given| !given.trim().is_empty()) else {
        return Ok(guess_content_type(filename).into());
    };
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let alias = ALIASES.into_iter().find(|(alias, _)| *alias == essence);
    let usual = alias.map_or(essence.as_str(), |(_, usual)| usual);
    match CONTENT_TYPES.contains(&usual) || usual == UNKNOWN_TYPE {
        true => Ok(usual.into()),
        false => Err(Problem::UnsupportedContentType { given: echo(&given), accepted: CONTENT_TYPES }),
    }
}

/// What `content_type` may be, as a regular expression: with parameters, or empty.
pub fn content_type_pattern() -> String {
    let known = CONTENT_TYPES.iter().copied().chain(ALIASES.map(|(alias, _)| alias)).chain([UNKNOWN_TYPE]);
    format!("^(?:(?:{})(?: *;.*)?)?$", known.collect::<Vec<_>>().join("|"))
}

fn guess_content_type(filename: &str) -> &'static str {
    let extension = filename.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("jpg" | "jpeg" | "jpe" | "jfif") => "image/jpeg",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        Some("gif") => "image/gif",
        Some("heic") => "image/heic",
        Some("heif" | "hif") => "image/heif",
        Some("avif") => "image/avif",
        Some("tif" | "tiff") => "image/tiff",
        Some("bmp" | "dib") => "image/bmp",
        _ => UNKNOWN_TYPE,
    }
}

fn accept_bytes(bytes: u64, settings: &Settings) -> Result<u64, Problem> {
    let max_bytes = settings.limits.max_bytes;
    match bytes {
        0 => Err(Problem::invalid("bytes", "is 0: there is nothing to upload")),
        _ if bytes > max_bytes => Err(Problem::UploadTooLarge { bytes, max_bytes }),
        _ => Ok(bytes),
    }
}

/// One spelling inside: 64 hexadecimal digits in lower case.
fn accept_sha256(given: &str) -> Result<String, Problem> {
    let digest = match given.len() {
        64 => hex::decode(given).ok(),
        44 => BASE64.decode(given).ok(),
        _ => None,
    };
    let digest = digest.filter(|digest| digest.len() == 32);
    digest
        .map(hex::encode)
        .ok_or_else(|| Problem::invalid("sha256", "is neither 64 hexadecimal digits nor 44 characters of base64"))
}

/// Its name, and its renditions as the record keeps them.
pub fn accept_preset(given: Option<String>, settings: &Settings) -> Result<(String, String), Problem> {
    let presets = &settings.presets;
    let preset = match &given {
        None => presets.all().first(),
        Some(name) => presets.named(name),
    };
    let preset = preset.ok_or_else(|| {
        Problem::invalid("preset", format!("is {}, which GET /presets does not list", echo(&given.unwrap_or_default())))
    })?;
    let recipe = serde_json::to_string(&preset.renditions).map_err(|cause| Problem::Internal(cause.into()))?;
    Ok((preset.name.clone(), recipe))
}

fn accept_metadata(metadata: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let bytes = serde_json::to_vec(&metadata).map_or(usize::MAX, |json| json.len());
    match bytes > MAX_METADATA_BYTES {
        true => {
            Err(Problem::invalid("metadata", format!("has {bytes} bytes of JSON, the limit is {MAX_METADATA_BYTES}")))
        }
        false => Ok(metadata),
    }
}

fn accept_expires_in(given: Option<u64>, settings: &Settings) -> Result<u64, Problem> {
    let (seconds, max) = (given.unwrap_or(settings.url_ttl_seconds), settings.max_url_ttl_seconds);
    match (1..=max).contains(&seconds) {
        true => Ok(seconds),
        false => Err(Problem::invalid("expires_in", format!("is {seconds} seconds, accepted are 1 to {max}"))),
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use proptest::{option, prelude::*};

    use super::*;

    fn accept(json: Value) -> Result<AcceptedUpload, Problem> {
        serde_json::from_value::<NewUpload>(json)
            .unwrap()
            .accept(&Settings::new(b"secret".to_vec(), Default::default()))
    }

    #[test]
    fn every_type_that_is_accepted_is_guessed_from_a_name_and_known_by_its_other_names() {
        let of = |json: Value| accept(json).unwrap().expected.content_type;
        let guessed = ["jpg", "png", "webp", "gif", "HEIC", "heif", "avif", "tif", "bmp"]
            .map(|ending| of(serde_json::json!({"filename": format!("a.{ending}"), "bytes": 1})));
        assert_eq!(guessed, CONTENT_TYPES);
        for (given, usual) in [("image/x-ms-bmp", "image/bmp"), ("image/heic-sequence", "image/heic")] {
            assert_eq!(of(serde_json::json!({"filename": "a", "bytes": 1, "content_type": given})), usual);
        }
    }

    #[test]
    fn whole_numbers_are_taken_however_they_are_written() {
        let bytes = |bytes: &str| {
            let json = format!(r#"{{"filename": "a", "bytes": {bytes}, "expires_in": 60.0}}"#);
            serde_json::from_str::<NewUpload>(&json).map(|new| new.bytes).ok()
        };
        assert_eq!([bytes("168"), bytes("168.0"), bytes("1.68e2")], [Some(168); 3]);
        assert_eq!([bytes("168.5"), bytes("-1"), bytes("-1.0"), bytes("1e300"), bytes("\"168\"")], [None; 5]);
    }

    #[test]
    fn both_spellings_of_a_hash_are_one() {
        let hash = Sha256::digest(b"cat");
        let spelled =
            |sha256: String| accept(serde_json::json!({"filename": "a", "bytes": 1, "sha256": sha256})).unwrap();
        assert_eq!(spelled(hex::encode_upper(hash)).expected.sha256, spelled(BASE64.encode(hash)).expected.sha256);
    }

    #[test]
    fn what_cannot_be_granted_names_its_field() {
        let valid = serde_json::json!({"filename": "cat.jpg", "bytes": 5});
        for (field, value) in [
            ("filename", serde_json::json!("a\r\nb")),
            ("filename", serde_json::json!("/")),
            ("bytes", serde_json::json!(0)),
            ("sha256", serde_json::json!("z".repeat(64))),
            ("preset", serde_json::json!("nope")),
            ("metadata", serde_json::json!({"long": "x".repeat(3000)})),
            ("expires_in", serde_json::json!(0)),
        ] {
            let mut json = valid.clone();
            json[field] = value;
            let problem = accept(json).unwrap_err();
            assert!(
                matches!(problem, Problem::InvalidField { field: named, .. } if named == field),
                "{field}: {problem:?}"
            );
        }
    }

    /// A value of the right kind or of any other, often one that is accepted.
    fn value(right: &'static str) -> impl Strategy<Value = Value> {
        let text = prop_oneof![right, ".{0,40}"].prop_map(Value::from);
        let number = prop_oneof![any::<u64>().prop_map(Value::from), (0..5000u64).prop_map(Value::from)];
        prop_oneof![4 => text, 2 => number, 1 => any::<f64>().prop_map(Value::from), 1 => Just(Value::Null)]
    }

    fn request() -> impl Strategy<Value = Value> {
        let fields = (
            value("[a-z./\\\\]{1,9}"),
            option::of(value("image/(jpeg|heif|x-bmp|svg)( ;.*)?")),
            value("[0-9]"),
            option::of(value("[0-9a-fA-F]{64}")),
            option::of(value("default")),
            option::of(value("")),
        );
        fields.prop_map(|(filename, content_type, bytes, sha256, preset, expires_in)| {
            let mut request = serde_json::json!({ "filename": filename, "bytes": bytes });
            let others =
                [("content_type", content_type), ("sha256", sha256), ("preset", preset), ("expires_in", expires_in)];
            others.into_iter().for_each(|(field, value)| request[field] = value.unwrap_or(Value::Null));
            request
        })
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_within_the_limits_and_whatever_is_not_is_the_fault_of_the_client(json in request()) {
            let settings = Settings::new(b"secret".to_vec(), Default::default());
            let Ok(new) = serde_json::from_value::<NewUpload>(json) else { return Ok(()) };
            match new.accept(&settings) {
                Err(problem) => prop_assert!(problem.into_response().status().is_client_error()),
                Ok(accepted) => {
                    let Expected { bytes, content_type, sha256 } = accepted.expected;
                    prop_assert!((1..=settings.limits.max_bytes).contains(&bytes));
                    prop_assert!((1..=settings.max_url_ttl_seconds).contains(&accepted.expires_in));
                    prop_assert!(content_type == UNKNOWN_TYPE || CONTENT_TYPES.contains(&content_type.as_str()));
                    let is_digit = |digit: char| digit.is_ascii_digit() || ('a'..='f').contains(&digit);
                    prop_assert!(sha256.is_none_or(|digest| digest.len() == 64 && digest.chars().all(is_digit)));
                    prop_assert!(!accepted.filename.contains(['/', '\\']) && !accepted.filename.contains(char::is_control));
                }
            }
        }
    }
}
