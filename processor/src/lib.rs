//! Tintype's processor: an event in, renditions and a record out, and word to whoever asked. It never answers HTTP.
//!
//! Every step may run twice, or die anywhere, with the same outcome.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod announce;
mod arrival;
mod darkroom;
mod develop;
mod event;
pub mod lambda;
mod lease;
mod minutes;
mod notification;
mod settings;
mod slots;
mod stop;
mod sweep;
mod watch;
mod worker;

use store::{Catalog, Objects};

pub use announce::Topic;
pub use arrival::Busy;
pub use darkroom::{Bounds, Darkroom, develop_if_asked};
pub use minutes::each_minute;
pub use settings::Settings;
pub use slots::slots;
pub use stop::StopAt;
pub use sweep::Swept;
pub use worker::{Queue, check, work};

/// What every step may reach.
#[derive(Clone, Debug)]
pub struct Processor {
    pub catalog: Catalog,
    pub objects: Objects,
    pub topic: Topic,
    pub darkroom: Darkroom,
    pub settings: Settings,
    /// When this process has to have given back what it holds.
    pub stop_at: StopAt,
}
