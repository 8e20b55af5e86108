//! On whose behalf a request is made.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};
use store::Image;

use crate::{App, problem::Problem};

/// The owner of what a request makes, and the only one whose images it sees.
pub struct Owner(pub String);

impl FromRequestParts<App> for Owner {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(app.settings.owner.clone()))
    }
}

impl Owner {
    /// Another's image, a deleted and an unknown one are answered alike: as nothing.
    pub fn sees(&self, image: Option<Image>) -> Result<Image, Problem> {
        image.filter(|image| image.owner == self.0 && image.status != store::Status::Deleted).ok_or(Problem::NotFound)
    }
}
