//! The addresses of our pages.

use crate::domain::params::percent_encoded;

/// A page below `base`, for this link.
pub(super) fn address(base: &str, page: &str, link: &str) -> String {
    format!("{base}{page}?link_id={}", percent_encoded(link))
}
