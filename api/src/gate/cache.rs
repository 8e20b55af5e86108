//! What the table said of a key a moment ago, so that it is not asked at every request.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use store::{KeyId, KeyRecord};
use tokio::time::Instant;

/// Longer: a key that was revoked elsewhere opens for longer. Shorter: the table is asked more often.
const KEPT: Duration = Duration::from_secs(60);
/// Of keys that there are, and as many that there are not. More: more memory, some hundred bytes each.
const MAX: usize = 10_000;

/// Shared by all requests.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Recent>);

/// Kept apart, so that whoever makes keys up drives out none that there is.
#[derive(Debug, Default)]
struct Recent {
    found: HashMap<KeyId, (Moment, KeyRecord)>,
    missing: HashMap<KeyId, Moment>,
    changes: Changes,
}

/// By both clocks: one stands still while the machine does, as a function does between two requests; the other is set
/// by people and by time servers.
#[derive(Clone, Copy, Debug)]
struct Moment {
    steady: Instant,
    wall: SystemTime,
}

/// How often a key was revoked here: what was read before one of these may no longer be true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes(u64);

impl Cache {
    /// What is known; or else, for `keep`, the moment since when nothing may have changed.
    pub fn get(&self, id: &KeyId) -> Result<Option<KeyRecord>, Changes> {
        let recent = self.recent();
        match (recent.found.get(id), recent.missing.get(id)) {
            (Some((at, record)), _) if at.is_recent() => Ok(Some(record.clone())),
            (_, Some(at)) if at.is_recent() => Ok(None),
            _ => Err(recent.changes),
        }
    }

    pub fn keep(&self, id: &KeyId, read: Option<KeyRecord>, since: Changes) {
        let mut recent = self.recent();
        if recent.changes != since {
            return;
        }
        let now = Moment::now();
        match read {
            Some(record) => {
                make_room(&mut recent.found, |(at, _)| at.is_recent());
                recent.found.insert(id.clone(), (now, record));
            }
            None => {
                make_room(&mut recent.missing, Moment::is_recent);
                recent.missing.insert(id.clone(), now);
            }
        }
    }

    pub fn forget(&self, id: &KeyId) {
        let mut recent = self.recent();
        recent.changes.0 += 1;
        recent.found.remove(id);
    }

    /// A panic elsewhere leaves it whole: each change is one call.
    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Moment {
    fn now() -> Self {
        Self { steady: Instant::now(), wall: SystemTime::now() }
    }

    /// Not where the clock has been set back since: then nobody knows how long ago it was.
    fn is_recent(&self) -> bool {
        self.steady.elapsed() < KEPT && self.wall.elapsed().is_ok_and(|since| since < KEPT)
    }
}

/// Drops what is too old; where that is not enough, all, which costs a look-up each.
fn make_room<V>(kept: &mut HashMap<KeyId, V>, is_fresh: impl Fn(&V) -> bool) {
    if kept.len() < MAX {
        return;
    }
    kept.retain(|_, value| is_fresh(value));
    if kept.len() >= MAX {
        kept.clear();
    }
}

#[cfg(test)]
mod tests {
    use store::{ApiKey, Scope, Timestamp};

    use super::*;

    fn record() -> KeyRecord {
        let key = ApiKey::draw().unwrap();
        KeyRecord {
            key_id: key.id().clone(),
            owner: "ann".into(),
            name: None,
            scopes: [Scope::ImagesRead].into(),
            secret_digest: key.digest(),
            created_at: Timestamp::now(),
            expires_at: None,
            revoked_at: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_found_is_known_for_a_minute_and_so_is_what_was_not() {
        let (cache, record) = (Cache::default(), record());
        for read in [Some(record.clone()), None] {
            let since = cache.get(&record.key_id).unwrap_err();
            cache.keep(&record.key_id, read.clone(), since);
            tokio::time::advance(Duration::from_secs(59)).await;
            assert_eq!(cache.get(&record.key_id).unwrap().is_some(), read.is_some());
            tokio::time::advance(Duration::from_secs(1)).await;
            assert!(cache.get(&record.key_id).is_err());
        }
    }

    /// As when the machine stood still for a minute, or its clock was set back.
    #[tokio::test]
    async fn what_was_found_is_known_no_longer_when_the_other_clock_says_so() {
        let (cache, record) = (Cache::default(), record());
        for wall in [SystemTime::now() - KEPT, SystemTime::now() + KEPT] {
            let since = cache.get(&record.key_id).unwrap_err();
            cache.keep(&record.key_id, Some(record.clone()), since);
            assert!(cache.get(&record.key_id).is_ok());
            cache.recent().found.get_mut(&record.key_id).unwrap().0.wall = wall;
            assert!(cache.get(&record.key_id).is_err());
        }
    }

    #[tokio::test]
    async fn what_was_read_before_a_key_was_revoked_is_not_kept() {
        let (cache, record) = (Cache::default(), record());
        let before = cache.get(&record.key_id).unwrap_err();
        cache.forget(&record.key_id);
        cache.keep(&record.key_id, Some(record.clone()), before);
        assert!(cache.get(&record.key_id).is_err());
    }

    #[tokio::test]
    async fn made_up_keys_are_bounded_and_drive_out_none_that_there_is() {
        let (cache, record) = (Cache::default(), record());
        let since = cache.get(&record.key_id).unwrap_err();
        cache.keep(&record.key_id, Some(record.clone()), since);
        for _ in 0..=MAX {
            cache.keep(ApiKey::draw().unwrap().id(), None, since);
        }
        assert!(cache.get(&record.key_id).unwrap().is_some());
        assert_eq!(cache.recent().missing.len(), 1);
    }
}
