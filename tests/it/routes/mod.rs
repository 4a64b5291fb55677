//! The routes of the gateway, by URL.

mod bodies;
mod connections;
mod crawl;
mod every_answer;
mod generated;
mod manual;
mod metrics;
mod pages;
mod uncallable_urls;
mod v1_check_up;
mod v1_consents;
mod v1_endpoints;
mod v1_events;
mod v1_jobs;
mod v1_journeys;
mod v1_merchants;
mod v1_payments;
mod v1_people;
mod v1_preview;
mod v1_profile;
mod v1_public_keys;
mod v1_secrets;
