//! The OpenAPI document, made from the handlers themselves.

mod problems;
mod values;

use std::collections::BTreeMap;

use preset::Presets;
use utoipa::{
    IntoResponses, OpenApi,
    openapi::{
        RefOr, Response,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{Settings, problem::ProblemBody};

/// A key for other things or another site's page, another site's name, a fault of ours, and what took too long.
const ALWAYS_POSSIBLE: [u16; 4] = [403, 421, 500, 503];
/// Without a key that opens.
const NO_KEY: u16 = 401;

#[derive(OpenApi)]
#[openapi(
    info(title = "Tintype", description = "Images straight into the bucket by presigned URLs; renditions moments later.", license(name = "MIT", identifier = "MIT")),
    tags((name = "uploads", description = "Grants that bytes may arrive."), (name = "images", description = "What became of them."), (name = "presets", description = "What can be made of them."), (name = "keys", description = "Who may use all this."), (name = "service", description = "Limits and health.")),
    components(schemas(ProblemBody)),
)]
struct Document;

/// The part that stands before any route.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The whole document as it is committed: that of a deployment without presets of its own.
pub fn yaml() -> String {
    let settings = Settings::new(Vec::new(), Presets::default());
    let (_, openapi) = crate::documented_routes(&settings);
    serde_yaml_ng::to_string(&openapi).expect("an OpenAPI document is plain data")
}

/// What the handlers' own descriptions leave out, since it holds for all of them or follows from the settings.
pub fn complete(openapi: &mut utoipa::openapi::OpenApi, settings: &Settings) {
    for operation in operations(openapi) {
        if operation.security.is_some() {
            operation.responses.responses.insert(NO_KEY.to_string(), problems::reference(NO_KEY));
        }
        let possible = ALWAYS_POSSIBLE.map(|status| (status.to_string(), problems::reference(status)));
        operation.responses.responses.extend(possible);
    }
    if let Some(components) = &mut openapi.components {
        components.add_security_scheme("key", key());
        components.responses.extend(problems::responses());
    }
    values::narrow(openapi, settings);
}

/// How a key travels. What an operation lists beside it are the scopes that the key must have, all of them.
fn key() -> SecurityScheme {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("tk_<id>_<secret>_<checksum>");
    SecurityScheme::Http(bearer.description(Some("A key of `POST /keys`; its scopes must be those listed.")).build())
}

fn operations(openapi: &mut utoipa::openapi::OpenApi) -> impl Iterator<Item = &mut Operation> {
    let items = openapi.paths.paths.values_mut();
    items.flat_map(|item| [&mut item.get, &mut item.put, &mut item.post, &mut item.delete]).flatten()
}

/// A handler's refusal by this status.
pub struct Refused<const STATUS: u16>;

impl<const STATUS: u16> IntoResponses for Refused<STATUS> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([(STATUS.to_string(), problems::reference(STATUS))])
    }
}
