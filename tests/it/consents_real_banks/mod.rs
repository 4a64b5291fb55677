//! The whole way, at real banks: an app asks in Yapily's words, its customer goes to a real OpenID provider that the
//! configuration file names, and comes home.

mod config;
mod decisions;
mod faults;
mod starts;
mod way;
