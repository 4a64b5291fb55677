//! Customers' pages: one handler a page, all of them extract, engine, reply; the templates are in [`super::views`].

pub(super) mod bank_list;
pub(super) mod home;
pub(super) mod instead;
pub(super) mod link;
pub(super) mod outcome;
pub(super) mod sending;

mod address;
mod app_page;
mod checkout;
mod consent;
mod phone;
mod popup;
mod returns;

use actix_web::web;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.configure(checkout::routes).configure(consent::routes).configure(returns::routes);
}
