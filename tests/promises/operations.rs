//! The operations of the OpenAPI document, so that a new route is by itself in the tests that walk through all.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::site::{Site, text};

/// What a caller may ask, and what its key must be for.
pub struct Operation {
    pub method: Method,
    pub path: String,
    pub scopes: Vec<String>,
    /// The statuses that it may answer with.
    pub statuses: Vec<String>,
    body: Option<Body>,
}

enum Body {
    Json(Value),
    Bytes,
}

/// All of the document, and those that only one machine has.
pub async fn operations(site: &Site) -> Vec<Operation> {
    let document = site.get("/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap().iter();
    let documented = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(|(method, operation)| Operation::read(path, method, operation))
    });
    let own = [("/local/notifications", "images:read"), ("/metrics", "admin")].map(|(path, scope)| Operation {
        method: Method::GET,
        path: path.into(),
        scopes: vec![scope.into()],
        statuses: vec!["200".into()],
        body: None,
    });
    documented.chain(own).collect()
}

impl Operation {
    fn read(path: &str, method: &str, operation: &Value) -> Self {
        let scopes =
            operation["security"][0]["key"].as_array().map_or(vec![], |scopes| scopes.iter().map(text).collect());
        let content = operation["requestBody"]["content"].as_object();
        let body = content.map(|content| match content.get("application/json") {
            Some(json) => Body::Json(example(json["schema"]["$ref"].as_str().unwrap_or_default())),
            None => Body::Bytes,
        });
        let statuses = operation["responses"].as_object().unwrap().keys().cloned().collect();
        Self { method: method.to_uppercase().parse().unwrap(), path: path.into(), scopes, statuses, body }
    }

    /// Whether its path says which image, or key, it is about.
    pub fn is_about_one(&self) -> bool {
        (self.path.contains("{id}") || self.path.contains("{key_id}")) && !matches!(self.body, Some(Body::Bytes))
    }

    /// A request that would be right, about the image or key `id`.
    pub fn request(&self, site: &Site, id: &str) -> RequestBuilder {
        let request = site.request(self.method.clone(), &address(&self.path, id));
        match &self.body {
            None => request,
            Some(Body::Json(json)) => request.json(json),
            Some(Body::Bytes) => request.body("bytes"),
        }
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The path with all that it leaves open filled in.
pub fn address(path: &str, id: &str) -> String {
    let filled = path.replace("{id}", id).replace("{key_id}", id);
    let filled = filled.replace("{rendition}", "avif-320").replace("{name}", "default");
    assert!(!filled.contains('{'), "a new kind of parameter, to be filled in here: {path}");
    filled
}

fn example(schema: &str) -> Value {
    match schema.rsplit('/').next().unwrap_or_default() {
        "NewUpload" => json!({ "filename": "a.png", "bytes": 5 }),
        "NewKey" => json!({ "owner": "eve", "scopes": ["images:read"] }),
        other => panic!("a new kind of body, to be written here: {other}"),
    }
}
