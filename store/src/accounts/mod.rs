//! The accounts table: who may do what.

mod key;
mod record;

use std::collections::HashMap;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::{
    Client,
    operation::{scan::builders::ScanFluentBuilder, update_item::UpdateItemError},
    types::AttributeValue,
};

use crate::Timestamp;
pub use key::{ApiKey, KeyId, NotAKeyId, SecretDigest};
pub use record::{KeyRecord, Scope};

/// The partition key: `key#<id>`, so that other things of an owner may stand beside.
pub const ACCOUNT_KEY: &str = "account_key";
const KEY_PREFIX: &str = "key#";
/// Records that one page of a listing looks at, of other owners and of other things too.
const PAGE: i32 = 1000;

type Attributes = HashMap<String, AttributeValue>;

/// The accounts table.
#[derive(Clone, Debug)]
pub struct Accounts {
    client: Client,
    table: String,
}

/// Some of the keys, in no order, and where the next page begins.
#[derive(Debug)]
pub struct KeyPage {
    pub keys: Vec<KeyRecord>,
    pub next: Option<KeyId>,
}

impl Accounts {
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Fails when the table cannot be read: what `/readyz` asks.
    pub async fn check(&self) -> Result<()> {
        self.client.describe_table().table_name(&self.table).send().await.context("describe the accounts table")?;
        Ok(())
    }

    /// The record as the last write left it: a key works as soon as it is made. One that this version cannot
    /// understand is logged, and opens nothing.
    pub async fn key(&self, id: &KeyId) -> Result<Option<KeyRecord>> {
        Ok(self.item(id).await?.and_then(readable))
    }

    async fn item(&self, id: &KeyId) -> Result<Option<Attributes>> {
        let get = self.client.get_item().table_name(&self.table).consistent_read(true);
        Ok(get.key(ACCOUNT_KEY, account_key(id)).send().await.context("read the record of a key")?.item)
    }

    /// Writes a key that was just drawn. The same one again, as when an answer was lost on the way, is no fault, unless
    /// it was revoked in the meantime: then it stays so.
    pub async fn add_key(&self, key: &KeyRecord) -> Result<()> {
        let mut item: Attributes = serde_dynamo::to_item(key).context("write the record of a key")?;
        item.insert(ACCOUNT_KEY.into(), account_key(&key.key_id));
        let digest = item.get("secret_digest").cloned().context("a record without its digest")?;
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put
            .condition_expression(
                "attribute_not_exists(account_key) OR \
                 (secret_digest = :digest AND attribute_type(revoked_at, :null))",
            )
            .expression_attribute_values(":digest", digest)
            .expression_attribute_values(":null", null());
        put.send().await.context("write the record of a key")?;
        Ok(())
    }

    /// The keys of an owner, or of all; a page may be empty and yet have a next one.
    pub async fn keys(&self, owner: Option<&str>, after: Option<&KeyId>) -> Result<KeyPage> {
        let (mut keys, mut after) =
            (Vec::new(), after.map(|id| HashMap::from([(ACCOUNT_KEY.into(), account_key(id))])));
        loop {
            let scan = self.scan_keys().limit(PAGE).set_exclusive_start_key(after);
            let answer = scan.send().await.context("list the keys")?;
            let found = answer.items.unwrap_or_default().into_iter().filter_map(readable);
            keys.extend(found.filter(|key| owner.is_none_or(|owner| key.owner == owner)));
            let next = answer.last_evaluated_key.as_ref().and_then(key_id);
            // A page that ended at something else than a key is no place to begin at.
            if answer.last_evaluated_key.is_none() || next.is_some() {
                return Ok(KeyPage { keys, next });
            }
            after = answer.last_evaluated_key;
        }
    }

    /// Whether there is a key that was not revoked, be it expired or of a kind that only a newer version knows.
    pub async fn has_key(&self) -> Result<bool> {
        let mut all = self.scan_keys().into_paginator().items().send();
        while let Some(item) = all.next().await {
            let item = item.context("look for a key")?;
            if item.get("revoked_at").is_none_or(|at| at.is_null()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether this is the only key that works for the scope `admin` and has no end.
    pub async fn is_last_admin(&self, id: &KeyId) -> Result<bool> {
        let (mut all, mut is_one) = (self.scan_keys().into_paginator().items().send(), false);
        while let Some(item) = all.next().await {
            let item = item.context("look for another administrator's key")?;
            let Some(key) = readable(item).filter(KeyRecord::stays_admin) else { continue };
            if key.key_id != *id {
                return Ok(false);
            }
            is_one = true;
        }
        Ok(is_one)
    }

    fn scan_keys(&self) -> ScanFluentBuilder {
        self.client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .filter_expression("begins_with(account_key, :prefix)")
            .expression_attribute_values(":prefix", AttributeValue::S(KEY_PREFIX.into()))
    }

    /// Whether there was such a key; one that was revoked before stays as it was.
    pub async fn revoke_key(&self, id: &KeyId, now: Timestamp) -> Result<bool> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(ACCOUNT_KEY, account_key(id))
            .update_expression("SET revoked_at = :now")
            .condition_expression(
                "attribute_exists(account_key) AND \
                 (attribute_not_exists(revoked_at) OR attribute_type(revoked_at, :null))",
            )
            .expression_attribute_values(":now", AttributeValue::S(now.to_string()))
            .expression_attribute_values(":null", null());
        match update.send().await.map_err(|e| e.into_service_error()) {
            Ok(_) => Ok(true),
            Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(self.item(id).await?.is_some()),
            Err(error) => Err(error).context("revoke a key"),
        }
    }
}

/// The type of what is null, as `attribute_type` names it.
fn null() -> AttributeValue {
    AttributeValue::S("NULL".into())
}

fn account_key(id: &KeyId) -> AttributeValue {
    AttributeValue::S(format!("{KEY_PREFIX}{id}"))
}

fn key_id(item: &Attributes) -> Option<KeyId> {
    item.get(ACCOUNT_KEY)?.as_s().ok()?.strip_prefix(KEY_PREFIX)?.parse().ok()
}

/// One record that cannot be read does not hide the others.
fn readable(item: Attributes) -> Option<KeyRecord> {
    let id = key_id(&item);
    let record = serde_dynamo::from_item(item);
    record.inspect_err(|cause| tracing::error!(?id, %cause, "a key that this version cannot understand")).ok()
}
