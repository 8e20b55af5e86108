//! Promises of the endpoint, kept over a real port by the real client and by requests written out by hand.
#![allow(clippy::unwrap_used)]

mod answer;
mod checksums;
mod events;
mod guard;
mod multipart;
mod objects;
mod presigned;
mod recovery;
mod site;
mod slow;
