//! The console over HTTP, as a browser without scripts meets it.

mod accounts;
mod browser;
mod callbacks;
mod crawl;
mod every_route;
mod journeys;
mod keys;
mod numbers;
mod openid;
mod people;
mod sign_in;
mod start;
mod webhooks;

/// Every page that asks for a session.
pub fn pages_of_members() -> Vec<String> {
    let routes = every_route::declared().into_iter();
    let routes = routes.filter(|route| route.takes("GET") && !route.is_one_of(&every_route::OPEN));
    routes.map(|route| route.address("57bf2b44-e571-4dda-95b4-5a8d37b4ac3e")).collect()
}
