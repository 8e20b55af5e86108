//! What the tests put around Tintype: faults between it and the services that it uses, and who calls it on AWS.

pub mod calls;
pub mod faults;
pub mod lambda;
pub mod processes;
pub mod services;
