//! Callbacks under attack: what must be refused, what must be kept byte for byte, and what holds whatever is written.

mod corpus;
mod properties;
