//! The id of an image: 128 bits that nobody can guess, in 26 characters that fit a URL and a path.

use std::{fmt, str::FromStr};

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::base32::ALPHABET;

const LENGTH: usize = 26;
const SHARDS: u128 = 16;

/// 128 bits, evenly spread over the partitions of S3 and DynamoDB.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageId(u128);

/// The text is not an id that could exist.
#[derive(Debug)]
pub struct NotAnId;

impl ImageId {
    /// Every id, as a regular expression.
    pub const PATTERN: &str = "^[0-7][0-9a-hjkmnp-tv-z]{25}$";

    /// A fresh id from the operating system's randomness.
    pub fn random() -> anyhow::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|e| anyhow::anyhow!("read randomness: {e}"))?;
        Ok(Self(u128::from_be_bytes(bytes)))
    }

    /// The id that an owner's idempotency key always leads to, so that one conditional put makes the call idempotent.
    ///
    /// Keyed with a secret of the deployment: nobody else can tell which id a key leads to.
    pub fn derived(secret: &[u8], owner: &str, idempotency_key: &str) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
        // The length of the owner keeps ("ab", "c") apart from ("a", "bc").
        mac.update(&(owner.len() as u64).to_be_bytes());
        mac.update(owner.as_bytes());
        mac.update(idempotency_key.as_bytes());
        let digest = mac.finalize().into_bytes();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(u128::from_be_bytes(bytes))
    }

    /// Which of the sixteen partitions of the `unsettled` index holds the image.
    pub fn shard(self) -> u8 {
        (self.0 % SHARDS) as u8
    }

    /// Every partition of the `unsettled` index.
    pub fn shards() -> std::ops::Range<u8> {
        0..SHARDS as u8
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let mut text = [0; LENGTH];
        for (i, slot) in text.iter_mut().enumerate() {
            let shift = 5 * (LENGTH - 1 - i);
            *slot = ALPHABET[((self.0 >> shift) & 31) as usize];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ImageId {
    type Err = NotAnId;

    /// Takes exactly what `Display` writes: one image has one spelling.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // 26 characters hold 130 bits: the first may only use three of its five.
        if text.len() != LENGTH || text.as_bytes()[0] > b'7' {
            return Err(NotAnId);
        }
        text.bytes()
            .try_fold(0, |bits: u128, byte| {
                let digit = ALPHABET.iter().position(|&letter| letter == byte).ok_or(NotAnId)?;
                Ok(bits << 5 | digit as u128)
            })
            .map(Self)
    }
}

impl TryFrom<String> for ImageId {
    type Error = NotAnId;
    fn try_from(text: String) -> Result<Self, NotAnId> {
        text.parse()
    }
}

impl From<ImageId> for String {
    fn from(id: ImageId) -> String {
        id.to_string()
    }
}

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an image id is 26 characters of lower-case Crockford base32")
    }
}

impl std::error::Error for NotAnId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_as_it_was_written() {
        for bits in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let text = ImageId(bits).to_string();
            assert_eq!(text.len(), 26);
            assert_eq!(text.parse::<ImageId>().unwrap().0, bits);
        }
    }

    #[test]
    fn an_id_that_cannot_exist_is_refused() {
        let valid = ImageId(7).to_string();
        let too_large = format!("8{}", &valid[1..]);
        for text in ["", "abc", &valid.to_uppercase(), &valid.replace('7', "u"), &too_large, &format!("{valid}0")] {
            let same = text == valid;
            assert!(same || text.parse::<ImageId>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_idempotency_key_leads_to_one_id_per_owner_and_secret() {
        let id = ImageId::derived(b"secret", "ann", "key");
        assert_eq!(id, ImageId::derived(b"secret", "ann", "key"));
        assert_ne!(id, ImageId::derived(b"secret", "bob", "key"));
        assert_ne!(id, ImageId::derived(b"other", "ann", "key"));
        assert_ne!(id, ImageId::derived(b"secret", "annk", "ey"));
    }
}
