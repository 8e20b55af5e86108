//! What the tests put between Tintype and the services that it uses.

pub mod faults;
