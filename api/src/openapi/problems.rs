//! What refusals look like, by their status: each kind as it really comes.

use std::collections::BTreeMap;

use anyhow::anyhow;
use axum::http::StatusCode;
use serde_json::json;
use store::Scope;
use utoipa::{
    ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder, example::ExampleBuilder},
};

use crate::{
    new_upload::CONTENT_TYPES,
    problem::{Problem, ProblemBody, Refusal},
};

const REQUEST_ID: &str = "66wzetcw0pz1may153z846bphb";

/// The response of that status.
pub fn reference(status: u16) -> RefOr<Response> {
    RefOr::Ref(Ref::from_response_name(name(status)))
}

/// All that `reference` may name.
pub fn responses() -> impl Iterator<Item = (String, RefOr<Response>)> {
    let mut by_status = BTreeMap::<u16, Vec<ProblemBody>>::new();
    for mut body in samples().iter().map(Problem::body) {
        body.request_id = REQUEST_ID.into();
        by_status.entry(body.status).or_default().push(body);
    }
    by_status.into_iter().map(|(status, bodies)| (name(status), response(&bodies).into()))
}

fn name(status: u16) -> String {
    format!("Problem{status}")
}

fn response(bodies: &[ProblemBody]) -> Response {
    let mut content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name())));
    for body in bodies {
        let example = ExampleBuilder::new().summary(body.title).value(Some(json!(body))).build();
        content = content.examples_from_iter([(body.code, example)]);
    }
    let titles: Vec<_> = bodies.iter().map(|body| body.title).collect();
    let response = ResponseBuilder::new().description(format!("{}.", titles.join(", or: ")));
    response.content("application/problem+json", content.build()).build()
}

/// One of each kind.
fn samples() -> Vec<Problem> {
    let (status, detail) = (StatusCode::BAD_REQUEST, "Failed to parse the request body as JSON.".to_owned());
    let query = "Failed to deserialize query string: limit: invalid digit found in string.";
    let fields = "Failed to deserialize the JSON body into the target type: missing field `bytes` at line 1 column 24.";
    vec![
        Problem::Unauthorized(Refusal::NoKey),
        Problem::Forbidden { scope: Scope::ImagesRead },
        Problem::LastAdminKey,
        Problem::NotFound,
        Problem::MethodNotAllowed,
        Problem::LengthRequired,
        Problem::BodyTooLarge { max_bytes: crate::MAX_JSON_BYTES as u64 },
        Problem::BodyTooSlow { max_seconds: 10 },
        Problem::UnsupportedMediaType,
        Problem::UnsupportedContentType { given: "\"image/x-icon\"".into(), accepted: CONTENT_TYPES },
        Problem::UploadTooLarge { bytes: 99_999_999, max_bytes: 52_428_800 },
        Problem::InvalidBody { status, detail },
        Problem::InvalidBody { status: StatusCode::UNPROCESSABLE_ENTITY, detail: fields.into() },
        Problem::InvalidQuery { detail: query.into() },
        Problem::invalid("expires_in", "is 7200, allowed are 1 to 3600"),
        Problem::IdempotencyKeyReused,
        Problem::AlreadyUploaded,
        Problem::NotUploaded,
        Problem::NotSettled,
        Problem::OriginalGone,
        Problem::UploadGone,
        Problem::ForeignHost { detail: "This site answers to localhost and 127.0.0.1 on its own port." },
        Problem::ForeignOrigin,
        Problem::PassedOn,
        Problem::NotReady,
        Problem::Overdue { max_seconds: 28 },
        Problem::Internal(anyhow!("a cause that is not told")),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::problem::CODES;

    #[test]
    fn every_code_has_its_example() {
        let shown: BTreeSet<_> = samples().iter().map(|problem| problem.body().code).collect();
        assert_eq!(shown, CODES.iter().map(|(code, _)| *code).collect());
    }
}
