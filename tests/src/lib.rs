//! What the tests put around Tintype: faults between it and the services that it uses, and who calls it on AWS.

pub mod calls;
pub mod faults;
pub mod lambda;
pub mod processes;
#[cfg(target_os = "linux")]
pub mod sandbox;
pub mod services;
