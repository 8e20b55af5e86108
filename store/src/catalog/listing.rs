//! Which images an owner has, and which ones something must still happen to.

use std::{collections::HashMap, str::FromStr};

use anyhow::{Context, Result, ensure};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use futures_util::future::try_join_all;

use super::{Attributes, BY_OWNER, Catalog, UNSETTLED, create::owner_order, number, read, text};
use crate::{Image, ImageId, Status, Timestamp};

/// How many pages of the index one listing reads at the most when a status filters: the rest is the next page's.
const MAX_INDEX_PAGES: usize = 10;

/// As many records as one request may ask for.
const MAX_INDEX_PAGE: usize = 100;

/// How often a throttled table is asked for the rest of a page.
const MAX_ROUNDS: usize = 8;

/// As many milliseconds as fourteen digits tell.
const LATEST: i64 = 99_999_999_999_999;

/// Where a page of an owner's images ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    created_at: Timestamp,
    image_id: ImageId,
}

/// Some of an owner's images, newest first.
#[derive(Debug)]
pub struct Page {
    pub images: Vec<Image>,
    pub next: Option<Cursor>,
}

impl Catalog {
    /// An owner's images, newest first, `limit` (at most 100) at a time; of one status perhaps fewer than there are, if
    /// many others lie between.
    pub async fn by_owner(
        &self,
        owner: &str,
        status: Option<Status>,
        limit: usize,
        after: Option<Cursor>,
    ) -> Result<Page> {
        let mut page = Page { images: Vec::new(), next: after };
        let mut wanted = limit;
        for _ in 0..MAX_INDEX_PAGES {
            let (ids, next) = self.owner_index(owner, wanted, page.next.take()).await?;
            let images = self.get_all(ids).await?.into_iter();
            page.images.extend(images.filter(|image| status.is_none_or(|status| image.status == status)));
            page.next = next;
            page.cut(limit);
            if page.next.is_none() || page.images.len() == limit {
                break;
            }
            wanted = if status.is_some() { MAX_INDEX_PAGE } else { limit - page.images.len() };
        }
        Ok(page)
    }

    async fn owner_index(
        &self,
        owner: &str,
        limit: usize,
        after: Option<Cursor>,
    ) -> Result<(Vec<ImageId>, Option<Cursor>)> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(BY_OWNER)
            .key_condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(owner))
            .scan_index_forward(false)
            .limit(limit as i32)
            .set_exclusive_start_key(after.map(|cursor| cursor.start_key(owner)));
        let answer = query.send().await.context("list the images of an owner")?;
        let next = answer.last_evaluated_key.as_ref().map(Cursor::read).transpose()?;
        Ok((answer.items.unwrap_or_default().iter().map(id_of).collect::<Result<_>>()?, next))
    }

    /// The records as they are now, in the order of the ids, without tombstones: an index may lag behind.
    async fn get_all(&self, ids: Vec<ImageId>) -> Result<Vec<Image>> {
        let mut found = HashMap::new();
        let mut wanted: Vec<Attributes> = ids.iter().map(|id| HashMap::from([("image_id".into(), text(id))])).collect();
        let mut rounds = 0;
        while !wanted.is_empty() {
            ensure!(rounds < MAX_ROUNDS, "the table left records of a page unread {MAX_ROUNDS} times");
            rounds += 1;
            let keys = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build()?;
            let answer = self.client.batch_get_item().request_items(&self.table, keys).send().await;
            let answer = answer.context("read the image records of a page")?;
            for item in answer.responses.into_iter().flat_map(|mut tables| tables.remove(&self.table)).flatten() {
                found.extend(readable(item).map(|image| (image.image_id, image)));
            }
            wanted = answer
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(&self.table))
                .map_or_else(Vec::new, |rest| rest.keys);
        }
        let images = ids.iter().filter_map(|id| found.remove(id));
        Ok(images.filter(|image| image.status != Status::Deleted).collect())
    }

    /// The images whose deadline has passed, at most `limit_per_shard` of each of the sixteen partitions.
    pub async fn overdue(&self, now: Timestamp, limit_per_shard: i32) -> Result<Vec<ImageId>> {
        let shards = ImageId::shards().map(|shard| async move {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(UNSETTLED)
                .key_condition_expression("unsettled = :shard AND deadline <= :now")
                .expression_attribute_values(":shard", number(shard))
                .expression_attribute_values(":now", number(now.unix_seconds()))
                .limit(limit_per_shard);
            query.send().await.context("list what is overdue")
        });
        let answers = try_join_all(shards).await?;
        let ids = answers.iter().flat_map(|answer| answer.items()).map(id_of);
        Ok(ids.filter_map(|id| id.inspect_err(|fault| tracing::error!("{fault:#}")).ok()).collect())
    }
}

impl Page {
    /// Leaves what is too much to the next page.
    fn cut(&mut self, limit: usize) {
        if self.images.len() > limit {
            self.images.truncate(limit);
            self.next = self.images.last().map(Cursor::behind);
        }
    }
}

/// One record that cannot be read does not hide the others.
fn readable(item: Attributes) -> Option<Image> {
    let id = item.get("image_id").cloned();
    read(item).inspect_err(|fault| tracing::error!(?id, cause = format!("{fault:#}"), "left out of a list")).ok()
}

impl Cursor {
    /// Every cursor, as a regular expression: milliseconds since 1970 and the id of the last image.
    pub const PATTERN: &str = "^(?:0|[1-9][0-9]{0,13})_[0-7][0-9a-hjkmnp-tv-z]{25}$";

    fn behind(image: &Image) -> Self {
        Self { created_at: image.created_at, image_id: image.image_id }
    }

    fn start_key(&self, owner: &str) -> Attributes {
        HashMap::from([
            ("owner".into(), text(owner)),
            ("owner_order".into(), text(owner_order(self.created_at, self.image_id))),
            ("image_id".into(), text(self.image_id)),
        ])
    }

    fn read(key: &Attributes) -> Result<Self> {
        let order = key.get("owner_order").and_then(|value| value.as_s().ok()).context("a cursor without its order")?;
        let (created_at, _) = order.split_once('#').context("an order that begins with no time")?;
        Ok(Self { created_at: created_at.to_owned().try_into()?, image_id: id_of(key)? })
    }
}

/// As a query parameter.
impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}_{}", self.created_at.unix_milliseconds(), self.image_id)
    }
}

impl FromStr for Cursor {
    type Err = anyhow::Error;
    fn from_str(text: &str) -> Result<Self> {
        let (at, id) = text.split_once('_').context("a cursor is a number, an underscore and an id")?;
        let image_id: ImageId = id.parse().context("a cursor ends with an id")?;
        let milliseconds: i64 = at.parse().context("a cursor begins with a number")?;
        ensure!((0..=LATEST).contains(&milliseconds), "a cursor begins with a moment between 1970 and 5138");
        let cursor = Self { created_at: Timestamp::from_unix_milliseconds(milliseconds), image_id };
        ensure!(cursor.to_string() == text, "a cursor has one spelling, that of `next`");
        Ok(cursor)
    }
}

fn id_of(item: &Attributes) -> Result<ImageId> {
    let id = item.get("image_id").and_then(|value: &AttributeValue| value.as_s().ok());
    Ok(id.context("an index entry without its image")?.parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_in_no_other_spelling() {
        let id = ImageId::derived(b"s", "o", "k");
        let written = format!("1764000000042_{id}");
        assert_eq!(written.parse::<Cursor>().unwrap().to_string(), written);
        for at in ["01764000000042", "+1764000000042", "-1", "", "100000000000000", "2025-11-24T16:00:00.042Z"] {
            assert!(format!("{at}_{id}").parse::<Cursor>().is_err(), "{at}");
        }
    }
}
