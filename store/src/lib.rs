//! What the api and the processor both know: ids, records, keys, and where they are kept.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod accounts;
mod base32;
pub mod catalog;
mod exif;
mod id;
mod image;
mod key;
mod limits;
pub mod objects;
mod settings;
mod source;
mod timeouts;
mod timestamp;

pub use accounts::{Accounts, ApiKey, KeyId, KeyRecord, Scope, SecretDigest};
pub use catalog::Catalog;
pub use exif::Exif;
pub use id::ImageId;
pub use image::{Expected, Failure, Image, Original, Rendition, Status};
pub use key::ObjectKey;
pub use limits::Limits;
pub use objects::{Objects, SignedPut};
pub use settings::{Settings, required, required_address};
pub use source::Source;
pub use timeouts::timeouts;
pub use timestamp::Timestamp;
