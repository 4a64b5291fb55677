//! Stories: what a customer, a merchant's app and a bank do, and what the house answers.
//!
//! Most are told on every store; those about one store or one machine's trouble are told where they belong.

mod app_links;
mod bank_is_slow;
mod bank_refuses;
mod callbacks;
mod comes_home;
mod cookies;
mod customer_cancels;
mod deliveries;
mod forged;
mod idempotency;
mod link_expires;
mod prefetch;
mod profile_edits;
mod returns_twice;
mod round_trips;
mod store_away;
mod suspicious;
mod tokens;
mod two_tabs;
mod used_links;
