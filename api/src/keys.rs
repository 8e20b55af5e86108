//! `/keys`: who may use the API, for administrators.

mod new_key;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use store::{ApiKey, KeyId, KeyRecord, Timestamp};
use utoipa::{IntoParams, ToSchema};

use crate::{
    App,
    allowed::{Admin, Allowed},
    extract::{self, Path, Query},
    openapi::Refused,
    paging::next_link,
    problem::Problem,
};
pub use new_key::{NewKey, OWNER_PATTERN};

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyAnswer {
    /// Public: it also stands in the log of what was done with the key.
    #[schema(value_type = String, example = "7q2m0x9d4k1c8v5t")]
    id: KeyId,
    #[schema(example = "ann")]
    owner: String,
    /// What it is for.
    #[schema(example = "the scanner in the hall")]
    name: Option<String>,
    scopes: Vec<&'static str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Null: it does not expire.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Null: it works.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

/// The one answer that has the key itself.
#[derive(Serialize, ToSchema)]
pub struct MadeKey {
    #[serde(flatten)]
    record: KeyAnswer,
    /// To be sent as `Authorization: Bearer …`. Only its digest is kept: nobody can show it again.
    #[schema(example = "tk_7q2m0x9d4k1c8v5t_…_…")]
    key: String,
}

impl From<KeyRecord> for KeyAnswer {
    fn from(record: KeyRecord) -> Self {
        Self {
            id: record.key_id,
            owner: record.owner,
            name: record.name,
            scopes: record.scopes.into_iter().map(|scope| scope.as_str()).collect(),
            created_at: record.created_at,
            expires_at: record.expires_at,
            revoked_at: record.revoked_at,
        }
    }
}

/// Makes a key
///
/// It is shown this once. Where none was made yet and nobody needs one, as `tintype` begins, the first must have the
/// scope `admin` and no end: from then on keys are required.
#[utoipa::path(post, path = "/keys", tag = "keys", security(("key" = ["admin"])), request_body = NewKey,
    responses((status = 201, description = "It works at once.", body = MadeKey,
            links(("revoke" = (operation_id = "revoke_key", parameters(("key_id" = "$response.body#/id")))))),
        Refused<400>, Refused<408>, Refused<413>, Refused<415>, Refused<422>))]
pub async fn create_key(
    State(app): State<App>,
    Allowed { needs_first_key, .. }: Allowed<Admin>,
    extract::Json(new): extract::Json<NewKey>,
) -> Result<Response, Problem> {
    let (key, now) = (ApiKey::draw()?, Timestamp::now());
    let record = new.accept(&key, now, needs_first_key)?;
    app.gate.add(&record, needs_first_key).await?;
    tracing::info!(made = %record.key_id, owner = record.owner, scopes = ?record.scopes, "a key was made");
    let made = MadeKey { record: record.into(), key: key.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Listing {
    /// Only keys of this owner.
    #[param(example = "ann")]
    owner: Option<String>,
    /// Where the page before ended: from its `next`.
    after: Option<String>,
}

/// Some of the keys.
#[derive(Serialize, ToSchema)]
pub struct Keys {
    /// In no order; revoked and expired ones too.
    keys: Vec<KeyAnswer>,
    /// The address of the next page; null on the last.
    next: Option<String>,
}

/// The keys, without their secrets
///
/// A page looks at a thousand keys: where only those of an owner are asked for it may be empty, and yet have a next.
#[utoipa::path(get, path = "/keys", tag = "keys", security(("key" = ["admin"])), params(Listing),
    responses((status = 200, description = "A page.", body = Keys, headers(("link" = String, description = "`rel=\"next\"` until the last page."))), Refused<422>))]
pub async fn list_keys(
    State(app): State<App>,
    _: Allowed<Admin>,
    Query(query): Query<Listing>,
) -> Result<Response, Problem> {
    let after = query.after.as_deref().map(str::parse::<KeyId>).transpose();
    let after = after.map_err(|e| Problem::invalid("after", format!("is none of ours: {e}")))?;
    let owner = query.owner.map(new_key::accept_owner).transpose()?;
    let page = app.gate.accounts.keys(owner.as_deref(), after.as_ref()).await?;
    let of_owner = owner.map_or(String::new(), |owner| format!("&owner={owner}"));
    let next = page.next.map(|after| format!("/keys?after={after}{of_owner}"));
    let link = next_link(next.as_deref());
    let keys = page.keys.into_iter().map(KeyAnswer::from).collect();
    Ok((link, Json(Keys { keys, next })).into_response())
}

/// Revokes a key
///
/// Where several instances answer, the others let it through for up to a minute. What it has signed stays good until
/// it expires. The record stays, as revoked. The last one for `admin` that has no end is
/// kept, unless there is a `TINTYPE_ADMIN_KEY`.
#[utoipa::path(delete, path = "/keys/{key_id}", tag = "keys", security(("key" = ["admin"])),
    params(("key_id" = String, Path, description = "The id of the key, which is its second part.")),
    responses((status = 204, description = "It opens nothing any more."), Refused<404>, Refused<409>))]
pub async fn revoke_key(
    State(app): State<App>,
    _: Allowed<Admin>,
    Path(id): Path<KeyId>,
) -> Result<StatusCode, Problem> {
    match app.gate.revoke(&id).await? {
        true => {
            tracing::info!(revoked = %id, "a key was revoked");
            Ok(StatusCode::NO_CONTENT)
        }
        false => Err(Problem::NotFound),
    }
}
