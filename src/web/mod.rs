//! The front door. Its pages live in [`page`].

pub mod page;
