//! The console over HTTP, as a browser without scripts meets it.

mod accounts;
mod browser;
mod callbacks;
mod every_route;
mod journeys;
mod numbers;
mod openid;
mod people;
mod sign_in;
mod start;
mod webhooks;
