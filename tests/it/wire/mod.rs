//! The dialect laws: each dialect's wire, with its contract's own examples.

mod ixopay;
mod ixopay_signed;
mod ixopay_status;
mod ixopay_trouble;
mod jobs;
mod readable;
mod secpaid;
mod secpaid_lists;
mod secpaid_refusals;
mod secpaid_told;
mod token_io_ahead;
mod token_io_hosted;
mod token_io_initiation;
mod token_io_links;
mod token_io_pages;
mod token_io_payments;
mod token_io_refusals;
mod token_io_v1;
mod token_io_webhooks;
mod yapily_auth_requests;
mod yapily_chosen;
mod yapily_consents;
mod yapily_exchanges;
mod yapily_hosted;
mod yapily_refusals;
mod yapily_users;
