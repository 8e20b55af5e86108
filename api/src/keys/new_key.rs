//! The key that an administrator asks for, checked once.

use std::collections::BTreeSet;

use serde::Deserialize;
use store::{ApiKey, KeyRecord, Scope, Timestamp};
use utoipa::ToSchema;

use crate::{
    filename,
    problem::{Problem, echo},
    whole,
};

const MAX_OWNER_CHARACTERS: usize = 64;
const MAX_NAME_CHARACTERS: usize = 100;
/// Ten years: whoever means longer means for ever.
const MAX_EXPIRES_IN_SECONDS: u64 = 315_360_000;
/// What needs no quoting in a URL, a shell or a log.
pub const OWNER_PATTERN: &str = "^[A-Za-z0-9@._-]{1,64}$";

/// The request of `POST /keys`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// Whose images it reaches, and whose its uploads become.
    #[schema(example = "ann")]
    owner: String,
    /// None contains another.
    #[schema(value_type = Vec<String>, min_items = 1)]
    scopes: BTreeSet<Scope>,
    /// What it is for.
    #[schema(example = "the scanner in the hall", max_length = 100)]
    name: Option<String>,
    /// Seconds that it works; absent: until it is revoked.
    #[serde(default, deserialize_with = "whole::optional")]
    #[schema(example = 7_776_000, minimum = 1, maximum = 315_360_000)]
    expires_in: Option<u64>,
}

impl NewKey {
    /// The record of `key`. The first one must not lock everybody out.
    pub fn accept(self, key: &ApiKey, now: Timestamp, needs_first_key: bool) -> Result<KeyRecord, Problem> {
        if needs_first_key {
            self.refuse_lockout()?;
        }
        Ok(KeyRecord {
            key_id: key.id().clone(),
            owner: accept_owner(self.owner)?,
            name: self.name.map(accept_name).transpose()?,
            scopes: accept_scopes(self.scopes)?,
            secret_digest: key.digest(),
            created_at: now,
            expires_at: self.expires_in.map(accept_expires_in).transpose()?.map(|seconds| now.plus_seconds(seconds)),
            revoked_at: None,
        })
    }

    fn refuse_lockout(&self) -> Result<(), Problem> {
        if !self.scopes.contains(&Scope::Admin) {
            return Err(Problem::invalid(
                "scopes",
                "lacks admin: with the first key keys are required, and nobody could make another",
            ));
        }
        match self.expires_in {
            None => Ok(()),
            Some(_) => Err(Problem::invalid(
                "expires_in",
                "is given: once the first key had expired, nobody could make another",
            )),
        }
    }
}

pub fn accept_owner(given: String) -> Result<String, Problem> {
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"@._-".contains(&letter);
    match (1..=MAX_OWNER_CHARACTERS).contains(&given.len()) && given.bytes().all(plain) {
        true => Ok(given),
        false => Err(Problem::invalid(
            "owner",
            format!("is {}, accepted are 1 to {MAX_OWNER_CHARACTERS} letters, digits and @._-", echo(&given)),
        )),
    }
}

fn accept_name(given: String) -> Result<String, Problem> {
    let characters = given.chars().count();
    if characters > MAX_NAME_CHARACTERS {
        return Err(Problem::invalid(
            "name",
            format!("has {characters} characters, the limit is {MAX_NAME_CHARACTERS}"),
        ));
    }
    match given.chars().find(|letter| filename::is_hidden(*letter)) {
        None => Ok(given),
        Some(hidden) => Err(Problem::invalid(
            "name",
            format!("has the character U+{:04X}, which cannot be seen", u32::from(hidden)),
        )),
    }
}

fn accept_scopes(given: BTreeSet<Scope>) -> Result<BTreeSet<Scope>, Problem> {
    match given.is_empty() {
        true => Err(Problem::invalid(
            "scopes",
            format!("is empty, accepted are {}", Scope::ALL.map(Scope::as_str).join(", ")),
        )),
        false => Ok(given),
    }
}

fn accept_expires_in(seconds: u64) -> Result<u64, Problem> {
    match (1..=MAX_EXPIRES_IN_SECONDS).contains(&seconds) {
        true => Ok(seconds),
        false => Err(Problem::invalid(
            "expires_in",
            format!("is {seconds} seconds, accepted are 1 to {MAX_EXPIRES_IN_SECONDS}"),
        )),
    }
}
