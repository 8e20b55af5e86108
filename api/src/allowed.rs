//! On whose behalf a request is made, and what a handler needs its caller to be allowed, told in its signature.

use std::marker::PhantomData;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use store::{Image, Scope, Status};

use crate::{App, problem::Problem};

/// The owner on whose behalf a request is made, by a key that has the scope `S`; anybody else is refused.
///
/// There is no other way to an owner, so that a handler which asks for no scope knows nobody's images.
pub struct Allowed<S> {
    pub owner: Owner,
    /// While nobody needs a key: a first one is still to be made.
    pub needs_first_key: bool,
    scope: PhantomData<S>,
}

/// The owner of what a request makes, and the only one whose images it sees.
pub struct Owner(String);

/// A scope as a type.
pub trait Needed {
    const SCOPE: Scope;
}

pub struct UploadsCreate;
pub struct ImagesRead;
pub struct ImagesDelete;
pub struct Admin;

impl Needed for UploadsCreate {
    const SCOPE: Scope = Scope::UploadsCreate;
}

impl Needed for ImagesRead {
    const SCOPE: Scope = Scope::ImagesRead;
}

impl Needed for ImagesDelete {
    const SCOPE: Scope = Scope::ImagesDelete;
}

impl Needed for Admin {
    const SCOPE: Scope = Scope::Admin;
}

impl Owner {
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Another's image, a deleted and an unknown one are answered alike: as nothing.
    pub fn sees(&self, image: Option<Image>) -> Result<Image, Problem> {
        image.filter(|image| image.owner == self.0 && image.status != Status::Deleted).ok_or(Problem::NotFound)
    }
}

impl<S: Needed> Allowed<S> {
    /// Asks anew whom these headers let in: an answer that was held finds the key revoked in the meantime.
    pub async fn now(app: &App, headers: &HeaderMap) -> Result<Self, Problem> {
        let caller = app.gate.caller(headers).await?;
        match caller.scopes.contains(&S::SCOPE) {
            true => {
                Ok(Self { owner: Owner(caller.owner), needs_first_key: caller.needs_first_key, scope: PhantomData })
            }
            false => Err(Problem::Forbidden { scope: S::SCOPE }),
        }
    }
}

impl<S: Needed> FromRequestParts<App> for Allowed<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::now(app, &parts.headers).await
    }
}
