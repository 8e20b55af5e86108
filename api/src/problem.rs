//! The whole vocabulary of refusals, and their one conversion to RFC 9457.

use std::any::Any;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Value, json};
use store::Scope;
use utoipa::ToSchema;

use crate::filename;

const MAX_ECHO_CHARACTERS: usize = 100;
/// What a library says before a client's text, and as much of that as an echo has.
const MESSAGE_HEAD: usize = 160;
/// Which fields there are, and where in the body it was.
const MESSAGE_TAIL: usize = 100;

/// Why a request was refused.
#[derive(Debug)]
pub enum Problem {
    /// Nobody is known by what was shown.
    Unauthorized(Refusal),
    /// Somebody is, but the key is for other things.
    Forbidden {
        scope: Scope,
    },
    /// No other key could make one, and none is the deployment's own.
    LastAdminKey,
    NotFound,
    MethodNotAllowed,
    LengthRequired,
    BodyTooLarge {
        max_bytes: u64,
    },
    BodyTooSlow {
        max_seconds: u64,
    },
    UnsupportedMediaType,
    UnsupportedContentType {
        /// An `echo`.
        given: String,
        accepted: &'static [&'static str],
    },
    UploadTooLarge {
        bytes: u64,
        max_bytes: u64,
    },
    /// Not JSON at all, or not the right fields.
    InvalidBody {
        status: StatusCode,
        detail: String,
    },
    /// Not the right parameters behind the question mark.
    InvalidQuery {
        detail: String,
    },
    InvalidField {
        field: &'static str,
        detail: String,
    },
    IdempotencyKeyReused,
    AlreadyUploaded,
    NotUploaded,
    NotSettled,
    OriginalGone,
    UploadGone,
    /// The request calls this site by a name that is not its own.
    ForeignHost {
        detail: &'static str,
    },
    /// A page of another site, in the same browser, has sent it.
    ForeignOrigin,
    /// A proxy has sent it, to a site where nobody needs a key.
    PassedOn,
    NotReady,
    Overdue {
        max_seconds: u64,
    },
    /// A fault of ours, or of what we stand on; the cause is logged, not told.
    Internal(anyhow::Error),
}

/// Why a key opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NoKey,
    /// Told by its form alone.
    Mistyped,
    /// No such id, or another secret.
    Unknown,
    Expired,
    Revoked,
}

/// The body of every refusal, `application/problem+json` by RFC 9457.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// Always `about:blank`: `code` tells the kind.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    #[schema(example = "The upload is too large")]
    pub title: &'static str,
    #[schema(example = 413)]
    pub status: u16,
    #[schema(example = "The upload has 99999999 bytes, the limit is 52428800.")]
    detail: String,
    /// Stable: what programs look at.
    #[schema(example = "upload_too_large")]
    pub code: &'static str,
    /// The same as the header `x-request-id`, and in the log.
    pub request_id: String,
    /// The field of the request that was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    /// The limit that was hit.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<Value>,
}

/// Every code and its title.
pub const CODES: [(&str, &str); 26] = [
    ("unauthorized", "A key is needed"),
    ("forbidden", "The key is not for this"),
    ("last_admin_key", "There is no other key for admin that stays"),
    ("not_found", "There is nothing here"),
    ("method_not_allowed", "This address does not know that method"),
    ("length_required", "The length of the upload is missing"),
    ("body_too_large", "The request is too large"),
    ("body_too_slow", "The request did not arrive in time"),
    ("unsupported_media_type", "The request is not JSON"),
    ("unsupported_content_type", "Images of this type are not accepted"),
    ("upload_too_large", "The upload is too large"),
    ("invalid_body", "The request cannot be understood"),
    ("invalid_query", "The query cannot be understood"),
    ("invalid_field", "A field of the request is not valid"),
    ("idempotency_key_reused", "The idempotency key belongs to another request"),
    ("already_uploaded", "The upload has arrived already"),
    ("not_uploaded", "The upload has not arrived yet"),
    ("not_settled", "The image is still being worked on"),
    ("original_gone", "The original is no longer kept"),
    ("upload_gone", "The upload was given up"),
    ("foreign_host", "The request is for another site"),
    ("foreign_origin", "The request is a page's of another site"),
    ("passed_on", "The request comes by way of a proxy"),
    ("not_ready", "Not all parts are up"),
    ("overdue", "The answer took too long"),
    ("internal", "Something went wrong here"),
];

impl Problem {
    /// `detail` goes on where the field's name leaves off: `is 0, accepted are 1 to 100`.
    pub fn invalid(field: &'static str, detail: impl Into<String>) -> Self {
        Self::InvalidField { field, detail: detail.into() }
    }

    fn parts(&self) -> (StatusCode, &'static str, String) {
        use StatusCode as S;
        match self {
            Self::Unauthorized(refusal) => (S::UNAUTHORIZED, "unauthorized", refusal.detail().into()),
            Self::Forbidden { scope } => {
                (S::FORBIDDEN, "forbidden", format!("The key does not have the scope {scope}, which is needed here."))
            }
            Self::LastAdminKey => (
                S::CONFLICT,
                "last_admin_key",
                "Without this key nobody could make another: make one with the scope admin and no end first, or revoke it with the administrator's own, TINTYPE_ADMIN_KEY.".into(),
            ),
            Self::NotFound => (S::NOT_FOUND, "not_found", "Nothing is known under this address.".into()),
            Self::MethodNotAllowed => (
                S::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "The header Allow lists the methods of this address.".into(),
            ),
            Self::LengthRequired => (
                S::LENGTH_REQUIRED,
                "length_required",
                "Send the file with its length, as curl -T FILE does; a stream of unknown length cannot be signed."
                    .into(),
            ),
            Self::BodyTooLarge { max_bytes } => {
                (S::PAYLOAD_TOO_LARGE, "body_too_large", format!("The request has more than {max_bytes} bytes."))
            }
            Self::BodyTooSlow { max_seconds } => {
                (S::REQUEST_TIMEOUT, "body_too_slow", format!("The body had not arrived after {max_seconds} seconds."))
            }
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Send JSON with the header content-type: application/json.".into(),
            ),
            Self::UnsupportedContentType { given, accepted } => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_content_type",
                format!("content_type is {given}, accepted are {}.", accepted.join(", ")),
            ),
            Self::UploadTooLarge { bytes, max_bytes } => (
                S::PAYLOAD_TOO_LARGE,
                "upload_too_large",
                format!("The upload has {bytes} bytes, the limit is {max_bytes}."),
            ),
            Self::InvalidBody { status, detail } => (*status, "invalid_body", abridged(detail)),
            Self::InvalidQuery { detail } => (S::UNPROCESSABLE_ENTITY, "invalid_query", abridged(detail)),
            Self::InvalidField { field, detail } => {
                (S::UNPROCESSABLE_ENTITY, "invalid_field", format!("{field} {detail}."))
            }
            Self::IdempotencyKeyReused => (
                S::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "The same Idempotency-Key came with another body before: use a new key for a new upload.".into(),
            ),
            Self::AlreadyUploaded => (
                S::CONFLICT,
                "already_uploaded",
                "The bytes of this upload have arrived: ask GET /images/{id} what became of them.".into(),
            ),
            Self::NotUploaded => (
                S::CONFLICT,
                "not_uploaded",
                "Nothing lies in the bucket for this upload: send the bytes first.".into(),
            ),
            Self::NotSettled => {
                (S::CONFLICT, "not_settled", "Only an image that is ready or failed can be made once more.".into())
            }
            Self::OriginalGone => (
                S::CONFLICT,
                "original_gone",
                "Nothing more can be made of this image: its original is gone. What was made of it stays.".into(),
            ),
            Self::UploadGone => {
                (S::GONE, "upload_gone", "This upload expired or was given up: ask POST /uploads for a new one, with another Idempotency-Key if you sent one.".into())
            }
            Self::ForeignHost { detail } => (S::MISDIRECTED_REQUEST, "foreign_host", (*detail).into()),
            Self::ForeignOrigin => (S::FORBIDDEN, "foreign_origin", "Pages of other sites are not answered.".into()),
            Self::PassedOn => (
                S::FORBIDDEN,
                "passed_on",
                "A proxy has passed this request on, or it speaks HTTP/1.0 as proxies do, and this site is open to every program on its own machine: start it with TINTYPE_ADMIN_KEY and --public-url, or make a first key, before others reach it.".into(),
            ),
            Self::NotReady => {
                (S::SERVICE_UNAVAILABLE, "not_ready", "The database or the bucket cannot be reached.".into())
            }
            Self::Overdue { max_seconds } => (
                S::SERVICE_UNAVAILABLE,
                "overdue",
                format!("The request was not carried out within {max_seconds} seconds; it is safe to send it again."),
            ),
            Self::Internal(_) => (
                S::INTERNAL_SERVER_ERROR,
                "internal",
                "The request was not carried out; it is safe to send it again.".into(),
            ),
        }
    }

    /// All but the id of the request that it answers.
    pub fn body(&self) -> ProblemBody {
        let (status, code, detail) = self.parts();
        let title = CODES.iter().find(|(known, _)| *known == code).map_or("", |(_, title)| title);
        ProblemBody {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            detail,
            code,
            request_id: String::new(),
            field: if let Self::InvalidField { field, .. } = self { Some(field) } else { None },
            limit: self.limit(),
        }
    }

    /// The header `WWW-Authenticate`, by RFC 6750 §3.
    fn challenge(&self) -> Option<String> {
        match self {
            Self::Unauthorized(Refusal::NoKey) => Some("Bearer".into()),
            Self::Unauthorized(_) => Some("Bearer error=\"invalid_token\"".into()),
            Self::Forbidden { scope } => Some(format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"")),
            _ => None,
        }
    }

    fn limit(&self) -> Option<Value> {
        match self {
            Self::BodyTooLarge { max_bytes } | Self::UploadTooLarge { max_bytes, .. } => {
                Some(json!({ "max_bytes": max_bytes }))
            }
            Self::BodyTooSlow { max_seconds } | Self::Overdue { max_seconds } => {
                Some(json!({ "max_seconds": max_seconds }))
            }
            Self::UnsupportedContentType { accepted, .. } => Some(json!({ "content_types": accepted })),
            _ => None,
        }
    }
}

impl Refusal {
    fn detail(self) -> &'static str {
        match self {
            Self::NoKey => "Send a key with the request: Authorization: Bearer tk_….",
            Self::Mistyped => "What was sent is no key: it is mistyped, cut short, or something else.",
            Self::Unknown => "This key is not known here.",
            Self::Expired => "This key has expired.",
            Self::Revoked => "This key was revoked.",
        }
    }
}

/// The body travels as an extension: `request::identify` writes it, with the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Self::Internal(cause) = &self {
            tracing::error!(cause = format!("{cause:#}"), "request failed");
        }
        let ((status, ..), challenge) = (self.parts(), self.challenge());
        let mut response = status.into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(challenge) = challenge.and_then(|challenge| HeaderValue::try_from(challenge).ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(self.body());
        response
    }
}

impl From<anyhow::Error> for Problem {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}

/// A client's own text as a detail repeats it: with what cannot be seen escaped, and not at any length.
pub fn echo(text: &str) -> String {
    match text.char_indices().nth(MAX_ECHO_CHARACTERS) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

/// A message of a library, which repeats the client's text in full and as it is somewhere before its end.
fn abridged(message: &str) -> String {
    let letters: Vec<char> = message.chars().collect();
    let shown = |letters: &[char]| {
        let escaped = |letter: &char| match filename::is_hidden(*letter) {
            true => letter.escape_unicode().to_string(),
            false => letter.to_string(),
        };
        letters.iter().map(escaped).collect::<String>()
    };
    match letters.len() > MESSAGE_HEAD + MESSAGE_TAIL {
        true => format!("{}…{}", shown(&letters[..MESSAGE_HEAD]), shown(&letters[letters.len() - MESSAGE_TAIL..])),
        false => shown(&letters),
    }
}

pub async fn no_such_route() -> Problem {
    Problem::NotFound
}

pub async fn no_such_method() -> Problem {
    Problem::MethodNotAllowed
}

/// The panic's message stays here; the caller is told what every internal fault tells.
pub fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Problem::Internal(anyhow::anyhow!("panic: {}", message.unwrap_or("of no text"))).into_response()
}
