//! An API key as its holder has it: shown once, kept nowhere, logged never.

use std::{fmt, str::FromStr};

use anyhow::{Result, anyhow};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::base32;

/// Tells a key from all else, to people and to those who look for leaked ones.
const PREFIX: &str = "tk";
const ID_BYTES: usize = 10;
const SECRET_BYTES: usize = 32;
const ID_CHARACTERS: usize = 16;
const SECRET_CHARACTERS: usize = 52;
const CHECKSUM_CHARACTERS: usize = 7;

/// `tk_<id>_<secret>_<checksum>`: 80 characters of lower-case base32 and underscores, one word to a double click.
///
/// The id is public: 80 random bits. The secret is 256 bits. The checksum is the first 35 bits of the SHA-256 of
/// all before its underscore, so that a mistyped key, or what only looks like one, is told without asking anybody.
pub struct ApiKey {
    id: KeyId,
    text: String,
}

/// What a key is called in answers, logs and the table.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId(String);

/// The text is not the id of a key that could exist.
#[derive(Debug)]
pub struct NotAKeyId;

/// A SHA-256: all that is kept of a secret. Of 256 random bits nothing slower is needed.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretDigest(String);

impl ApiKey {
    /// A fresh one from the operating system's randomness.
    pub fn draw() -> Result<Self> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(|e| anyhow!("read randomness: {e}"))?;
        let (id, secret) = bytes.split_at(ID_BYTES);
        let id = KeyId(base32::encode(id));
        let unchecked = format!("{PREFIX}_{id}_{}", base32::encode(secret));
        Ok(Self { text: format!("{unchecked}_{}", checksum(&unchecked)), id })
    }

    /// None for what is mistyped, cut short, or no key at all.
    pub fn read(text: &str) -> Option<Self> {
        let (unchecked, found) = text.rsplit_once('_')?;
        let mut parts = unchecked.split('_');
        let (prefix, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = prefix == PREFIX && base32::is_encoded(secret, SECRET_CHARACTERS) && parts.next().is_none();
        let id = id.parse().ok()?;
        (whole && found == checksum(unchecked)).then(|| Self { id, text: text.to_owned() })
    }

    pub fn id(&self) -> &KeyId {
        &self.id
    }

    pub fn digest(&self) -> SecretDigest {
        SecretDigest::of(self.text.split('_').nth(2).unwrap_or_default())
    }

    /// The key itself, for the one answer that shows it.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

fn checksum(unchecked: &str) -> String {
    base32::encode(&Sha256::digest(unchecked)[..5])[..CHECKSUM_CHARACTERS].to_owned()
}

impl KeyId {
    /// Every id, as a regular expression.
    pub const PATTERN: &str = "^[0-9a-hjkmnp-tv-z]{16}$";
}

impl FromStr for KeyId {
    type Err = NotAKeyId;

    fn from_str(text: &str) -> Result<Self, NotAKeyId> {
        match base32::is_encoded(text, ID_CHARACTERS) {
            true => Ok(Self(text.to_owned())),
            false => Err(NotAKeyId),
        }
    }
}

impl TryFrom<String> for KeyId {
    type Error = NotAKeyId;
    fn try_from(text: String) -> Result<Self, NotAKeyId> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> String {
        id.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NotAKeyId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key's id is 16 characters of lower-case Crockford base32")
    }
}

impl std::error::Error for NotAKeyId {}

impl SecretDigest {
    pub fn of(secret: &str) -> Self {
        Self(hex::encode(Sha256::digest(secret)))
    }
}

/// In constant time: how long a comparison takes tells nothing of the secret.
impl PartialEq for SecretDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for SecretDigest {}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("SecretDigest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_as_it_was_drawn() {
        let drawn = ApiKey::draw().unwrap();
        let read = ApiKey::read(drawn.reveal()).unwrap();
        assert_eq!((read.id(), read.digest()), (drawn.id(), drawn.digest()));
        assert_eq!((drawn.reveal().len(), drawn.reveal().split('_').count()), (80, 4));
        assert_ne!(ApiKey::draw().unwrap().digest(), drawn.digest());
    }

    /// At each place each other character.
    #[test]
    fn a_mistyped_key_is_none() {
        let key = ApiKey::draw().unwrap().reveal().to_owned();
        for at in 0..key.len() {
            let others = (b' '..=b'~').filter(|letter| *letter != key.as_bytes()[at]);
            for mistyped in others.map(|letter| [&key[..at], &char::from(letter).to_string(), &key[at + 1..]].concat())
            {
                assert!(ApiKey::read(&mistyped).is_none(), "{mistyped} for {key}");
            }
            assert!(ApiKey::read(&key[..at]).is_none());
        }
        for other in [format!("{key}0"), format!("{key}_"), format!("_{key}"), key.to_uppercase(), String::new()] {
            assert!(ApiKey::read(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn what_only_looks_like_a_key_is_none() {
        let (id, secret) = ("0".repeat(16), "0".repeat(52));
        let with_checksum = |unchecked: String| format!("{unchecked}_{}", checksum(&unchecked));
        assert!(ApiKey::read(&with_checksum(format!("tk_{id}_{secret}"))).is_some());
        for other in [format!("tk_{id}_{id}"), format!("tk_{secret}_{secret}"), format!("xx_{id}_{secret}")] {
            assert!(ApiKey::read(&with_checksum(other)).is_none());
        }
        assert!(ApiKey::read(&with_checksum(format!("tk_{id}_{secret}_{secret}"))).is_none());
    }
}
