//! The OpenAPI document, made from the handlers themselves.

use serde_json::json;
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder, example::ExampleBuilder},
};

use crate::problem::{CODES, ProblemBody};

const PROBLEM: &str = "Problem";

#[derive(OpenApi)]
#[openapi(
    info(title = "Tintype", description = "Images straight into the bucket by presigned URLs; renditions moments later.", license(name = "MIT", identifier = "MIT")),
    tags((name = "uploads", description = "Grants that bytes may arrive."), (name = "images", description = "What became of them."), (name = "presets", description = "What can be made of them."), (name = "service", description = "Limits and health.")),
    components(schemas(ProblemBody)),
    modifiers(&Refusals)
)]
struct Document;

/// The part that stands before any route.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The whole document as it is committed.
pub fn yaml() -> String {
    let (_, openapi) = crate::documented_routes();
    serde_yaml_ng::to_string(&openapi).expect("an OpenAPI document is plain data")
}

struct Refusals;

impl Modify for Refusals {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        components.responses.insert(PROBLEM.into(), RefOr::T(problem()));
    }
}

/// Every operation may answer with a problem.
pub fn refuse_everywhere(openapi: &mut utoipa::openapi::OpenApi) {
    for item in openapi.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".into(), RefOr::Ref(Ref::from_response_name(PROBLEM)));
        }
    }
}

fn problem() -> Response {
    let mut content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemBody::name())));
    for (code, title) in CODES {
        let example = ExampleBuilder::new().value(Some(json!({ "code": code, "title": title }))).build();
        content = content.examples_from_iter([(code, example)]);
    }
    ResponseBuilder::new()
        .description("A problem, by RFC 9457.")
        .content("application/problem+json", content.build())
        .build()
}
