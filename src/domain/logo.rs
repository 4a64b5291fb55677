//! A merchant's logo as pages show it: which picture it is, and how large.

use std::time::Duration;

use crate::domain::UnixMillis;

/// The picture that a merchant's logo has become. The picture itself lies in the store, beside the merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logo {
    /// The beginning of the digest of its bytes, which stands in its address.
    pub digest: [u8; Logo::DIGEST],
    /// How many pixels it is wide.
    pub width: u8,
    /// How many pixels it is high.
    pub height: u8,
}

impl Logo {
    /// How many bytes of the digest stand in an address: enough to tell pictures apart, nobody is to be kept out by it.
    pub const DIGEST: usize = 6;
    /// The widest picture, in pixels.
    pub const WIDEST: u8 = 240;
    /// The highest picture, in pixels.
    pub const HIGHEST: u8 = 80;
    /// For how long an address is not fetched again that is chosen again.
    pub const FRESH_FOR: Duration = Duration::from_hours(24);
    /// The most bytes of a picture.
    pub const MOST_BYTES: usize = 8 * 1024;
}

/// A merchant's logo, and when it was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchedLogo {
    /// Which picture it is.
    pub logo: Logo,
    /// When it was fetched.
    pub at: UnixMillis,
}

/// A picture that can be shown as a logo: WebP, and within the bounds of [`Logo`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoPicture {
    /// The picture.
    pub bytes: Vec<u8>,
    /// How many pixels it is wide.
    pub width: u8,
    /// How many pixels it is high.
    pub height: u8,
}
