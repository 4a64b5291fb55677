//! The dialect laws: each dialect's wire, with its contract's own examples.

mod secpaid;
mod secpaid_lists;
mod secpaid_refusals;
