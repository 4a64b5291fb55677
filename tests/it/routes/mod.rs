//! The front door, by URL.

mod bodies;
mod manual;
mod metrics;
mod pages;
mod v1_consents;
mod v1_journeys;
mod v1_preview;
mod v1_profile;
