//! Stories: what a customer, a merchant's app and a bank do, and what the gateway answers.
//!
//! Most run on every store; those about one store or one machine's trouble stand where they belong.

mod app_links;
mod authorised_callbacks;
mod bank_is_slow;
mod bank_refuses;
mod callbacks;
mod comes_home;
mod consent_pages;
mod consents_again;
mod consents_are_late;
mod consents_come_home;
mod cookies;
mod customer_cancels;
mod deliveries;
mod expiry;
mod forged;
mod idempotency;
mod in_time;
mod ixopay;
mod ixopay_late;
mod link_expires;
mod lists;
mod malformed;
mod merchants_shut_out;
mod modes;
mod prefetch;
mod profile_edits;
mod provider_accounts;
mod provider_crowds;
mod provider_payments;
mod returns_in_fragments;
mod returns_posted;
mod returns_timed;
mod returns_twice;
mod round_trips;
mod same_words;
mod sandbox_bank;
mod secrets_rotated;
mod store_away;
mod suspicious;
mod tokens;
mod two_tabs;
mod used_links;
mod ways_home;
mod webhooks;
