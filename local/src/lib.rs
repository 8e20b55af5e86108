//! Tintype on one machine, in one process: the api and the processor unchanged, over embedded S3, DynamoDB and SNS.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod command;
mod connector;
mod contents;
mod database;
mod folder;
mod guard;
mod linger;
mod memory;
mod metrics;
mod options;
mod page;
mod parts;
mod queue;
pub mod s3;
mod say;
mod site;
mod tables;
mod topic;
mod wiring;

pub use options::Options;
pub use site::Site;
pub use wiring::{Between, Wiring};
