//! What the api and the processor both know: ids, records, keys, and where they are kept.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod catalog;
mod id;
mod image;
mod key;
mod limits;
pub mod objects;
pub mod preset;
mod settings;
mod timestamp;

pub use catalog::Catalog;
pub use id::ImageId;
pub use image::{Expected, Failure, Image, Original, Rendition, Status};
pub use key::ObjectKey;
pub use limits::Limits;
pub use objects::{Objects, SignedPut};
pub use preset::Preset;
pub use settings::{Settings, required};
pub use timestamp::Timestamp;
