//! An S3 endpoint for one machine: the protocol by s3s, the objects on a shelf of our own.
//!
//! A partial or refused body is never visible, and a finished one never lacks its event:
//! bytes go to a file that nothing refers to, and one transaction writes the object's row and the event's.

mod access;
mod assemble;
mod blobs;
mod checks;
mod clock;
mod copy;
mod endpoint;
mod events;
mod guard;
mod list;
mod multipart;
mod objects;
mod operations;
mod parts;
mod put;
mod read;
mod receive;
mod rows;
mod shelf;
#[cfg(test)]
mod tests;

pub(crate) use blobs::has_blobs;
pub use endpoint::{Credentials, Endpoint, Settings, endpoint};
pub use events::{Backlog, Event};
pub use shelf::{Buckets, Shelf};
