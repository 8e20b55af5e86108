//! Who is let in, and by which key.

mod cache;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::Result;
use axum::http::{HeaderMap, header};
use store::{Accounts, ApiKey, KeyId, KeyRecord, Scope, Timestamp};
use tokio::sync::Mutex;

use crate::{
    Settings,
    admin_key::AdminKey,
    problem::{Problem, Refusal},
};
use cache::Cache;

/// The owner of the administrator's own key, and what it is called in the log.
const ADMIN: &str = "admin";

/// On whose behalf a request is made, and what it may do.
pub struct Caller {
    pub owner: String,
    pub scopes: BTreeSet<Scope>,
    /// While nobody needs a key: a first one is still to be made.
    pub needs_first_key: bool,
}

/// Keeps the keys; whoever shows none of them stays outside.
#[derive(Debug)]
pub struct Gate {
    pub accounts: Accounts,
    recent: Cache,
    admin_key: Option<AdminKey>,
    open_as: Option<String>,
    /// For good, once the first key is made.
    is_closed: AtomicBool,
    /// Whoever makes the first key, or revokes what may be the last one.
    alone: Mutex<()>,
}

impl Gate {
    pub fn new(accounts: Accounts, settings: &Settings) -> Self {
        let (admin_key, open_as) = (settings.admin_key.clone(), settings.open_as.clone());
        let is_closed = AtomicBool::new(open_as.is_none());
        Self { accounts, recent: Cache::default(), admin_key, open_as, is_closed, alone: Mutex::default() }
    }

    /// While it is open nobody needs a key, and whatever is shown is not looked at.
    pub fn is_open(&self) -> bool {
        !self.is_closed.load(Ordering::Acquire)
    }

    /// Who asks, by the header `Authorization`.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        match &self.open_as {
            Some(owner) if self.is_open() => {
                Ok(Caller { owner: owner.clone(), scopes: Scope::ALL.into(), needs_first_key: true })
            }
            _ => self.holder(bearer(headers)?).await,
        }
    }

    async fn holder(&self, given: &str) -> Result<Caller, Problem> {
        if self.admin_key.as_ref().is_some_and(|key| key.is(given)) {
            note(ADMIN);
            return Ok(Caller { owner: ADMIN.into(), scopes: [Scope::Admin].into(), needs_first_key: false });
        }
        let key = ApiKey::read(given).ok_or(Problem::Unauthorized(Refusal::Mistyped))?;
        let record = self.record(key.id()).await?.filter(|record| record.secret_digest == key.digest());
        let record = record.ok_or(Problem::Unauthorized(Refusal::Unknown))?;
        note(&record.key_id);
        // Said only to who holds the whole key.
        if record.revoked_at.is_some() {
            return Err(Problem::Unauthorized(Refusal::Revoked));
        }
        if record.is_expired(Timestamp::now()) {
            return Err(Problem::Unauthorized(Refusal::Expired));
        }
        Ok(Caller { owner: record.owner, scopes: record.scopes, needs_first_key: false })
    }

    /// As it was at most a minute ago.
    async fn record(&self, id: &KeyId) -> Result<Option<KeyRecord>> {
        let changes = match self.recent.get(id) {
            Ok(known) => return Ok(known),
            Err(changes) => changes,
        };
        let found = self.accounts.key(id).await?;
        self.recent.keep(id, found.clone(), changes);
        Ok(found)
    }

    /// Writes a key that was just drawn. With the first one the gate closes, also where its client has gone and nobody
    /// has the key. What is cut off in between leaves such a key too, and the gate closes at the next start.
    ///
    /// Who was let in without a key makes the first one or none: the gate may have closed while the request came.
    pub async fn add(&self, key: &KeyRecord, needs_first_key: bool) -> Result<(), Problem> {
        let _alone = if needs_first_key { Some(self.alone.lock().await) } else { None };
        if needs_first_key && !self.is_open() {
            return Err(Problem::Unauthorized(Refusal::NoKey));
        }
        self.accounts.add_key(key).await?;
        self.is_closed.store(true, Ordering::Release);
        Ok(())
    }

    /// Whether there was such a key. Here it opens nothing from now on, elsewhere within a minute.
    ///
    /// The last one with which others can be made stays, as the first is to: nobody locks everybody out.
    pub async fn revoke(&self, id: &KeyId) -> Result<bool, Problem> {
        let _alone = if self.admin_key.is_none() { Some(self.alone.lock().await) } else { None };
        if self.admin_key.is_none() && self.accounts.is_last_admin(id).await? {
            return Err(Problem::LastAdminKey);
        }
        let _whatever_comes = Forgetting { recent: &self.recent, id };
        Ok(self.accounts.revoke_key(id, Timestamp::now()).await?)
    }
}

/// Forgets a key at its end: also when the answer was lost, or is waited for no longer, it may be revoked.
struct Forgetting<'a> {
    recent: &'a Cache,
    id: &'a KeyId,
}

impl Drop for Forgetting<'_> {
    fn drop(&mut self) {
        self.recent.forget(self.id);
    }
}

/// For the line of the request in the log.
fn note(key_id: impl std::fmt::Display) {
    tracing::Span::current().record("key_id", tracing::field::display(key_id));
}

fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let header = headers.get(header::AUTHORIZATION).ok_or(Problem::Unauthorized(Refusal::NoKey))?;
    let (scheme, given) = header.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
    match scheme.eq_ignore_ascii_case("bearer") {
        true => Ok(given.trim()),
        false => Err(Problem::Unauthorized(Refusal::NoKey)),
    }
}
