//! The steps of an image's way, told by the requests that take them.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The record is written, before its URL is given out.
    Create,
    Read,
    Claim,
    Renew,
    Release,
    /// A grant grows.
    Extend,
    Finish,
    Mark,
    /// Of a key.
    Revoke,
    /// Any other change of a record, and any list.
    Catalog,
    /// Is there an original?
    Look,
    Fetch,
    Write,
    Remove,
    Publish,
}

impl Step {
    /// Those that bring an image to its end, in their order.
    pub const ALL: [Step; 7] =
        [Step::Create, Step::Claim, Step::Fetch, Step::Write, Step::Finish, Step::Publish, Step::Mark];

    pub fn of(service: &str, request: &HttpRequest) -> Step {
        match service {
            "dynamodb" => catalog(request),
            "sns" => Step::Publish,
            _ => match request.method() {
                "HEAD" => Step::Look,
                "GET" => Step::Fetch,
                "DELETE" => Step::Remove,
                _ => Step::Write,
            },
        }
    }
}

fn catalog(request: &HttpRequest) -> Step {
    let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let operation = request.headers().get("x-amz-target").and_then(|target| target.split('.').next_back());
    match operation.unwrap_or_default() {
        "PutItem" => Step::Create,
        "GetItem" => Step::Read,
        // By what is peculiar to each update's expression.
        "UpdateItem" if body.contains("ADD attempt") => Step::Claim,
        "UpdateItem" if body.contains("SET lease_until = :until") => Step::Renew,
        "UpdateItem" if body.contains("SET lease_until = :now") => Step::Release,
        "UpdateItem" if body.contains("SET granted_until") => Step::Extend,
        "UpdateItem" if body.contains("SET notified_at") => Step::Mark,
        "UpdateItem" if body.contains("AND revision = :revision") => Step::Finish,
        "UpdateItem" if body.contains("SET revoked_at") => Step::Revoke,
        _ => Step::Catalog,
    }
}
