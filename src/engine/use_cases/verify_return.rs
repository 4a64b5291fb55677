//! VERIFY: whether an address is one that we have sent a merchant's customer to.
//!
//! It only ever answers whether a signature that was brought is ours. What it is compared with is not shown.

use std::time::Duration;

use crate::domain::callback::{bare, take_apart};
use crate::domain::signed_return::{PARAMETER, Statement};
use crate::domain::{MerchantId, UnixMillis};
use crate::engine::Engine;
use crate::keys::{ReturnKey, ReturnSecret, Unproven};

/// An address that a merchant was called at.
#[derive(Clone, Copy)]
pub struct CameBack<'a> {
    /// The URL, or its query alone where the callback is named.
    pub url: &'a str,
    /// The callback that it must be; without one, what the URL is without our parameters.
    pub callback: Option<&'a str>,
    /// How far its time may be from now.
    pub tolerance: Duration,
}

/// An address that is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// When its outcome came about.
    pub at: UnixMillis,
    /// The id of the key that signed it.
    pub key: String,
    /// The callback that it was signed for.
    pub callback: String,
    /// Our parameters, decoded, without the signature.
    pub params: Vec<(String, String)>,
}

/// Why an address is not taken for ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsigned {
    /// It carries no signature.
    Missing,
    /// One of our parameters is in it twice, so that two readers may read two things.
    Repeated,
    /// Its signature proves nothing.
    Unproven(Unproven),
    /// It is ours, and older than the tolerance.
    TooOld,
    /// It is ours, and of a time that has not come.
    TooNew,
}

/// Whether this merchant's customer was sent there by us.
///
/// # Errors
/// When that is not proven, with the reason.
pub fn verify_return(engine: &Engine, merchant: MerchantId, came: CameBack<'_>) -> Result<Verified, Unsigned> {
    // Where nothing is appended, names like ours are the merchant's own, and part of its callback.
    let appended = engine
        .deps
        .dialects
        .iter()
        .map(|dialect| dialect.appended())
        .filter(|appended| !appended.is_empty())
        .chain([&[][..]]);
    let tried = appended.map(|appended| verified(engine, merchant, came, appended));
    // Which names are ours depends on the dialect. Of a signature that no dialect explains, the first gives the reason.
    let mut refusal = Unsigned::Missing;
    for (index, tried) in tried.enumerate() {
        match tried {
            Ok(verified) => return in_time(engine, verified, came.tolerance),
            Err(unsigned) if index == 0 => refusal = unsigned,
            Err(_) => {}
        }
    }
    Err(refusal)
}

/// The secrets of a merchant's signed returns, the current one first.
pub fn return_secrets(engine: &Engine, merchant: MerchantId) -> Vec<ReturnSecret> {
    engine.deps.keys.return_secrets(merchant)
}

/// The public keys of signed returns, the current one first.
pub fn return_keys(engine: &Engine) -> Vec<ReturnKey> {
    engine.deps.keys.return_keys()
}

/// The public halves of the keys that sign what strangers verify (RFC 7517).
pub fn key_set(engine: &Engine) -> serde_json::Value {
    engine.deps.keys.key_set()
}

fn verified(engine: &Engine, merchant: MerchantId, came: CameBack<'_>, names: &[&str]) -> Result<Verified, Unsigned> {
    let apart = take_apart(came.url, PARAMETER, names);
    let twice = |(at, (name, _)): (usize, &(String, String))| apart.found[..at].iter().any(|(own, _)| own == name);
    if apart.found.iter().enumerate().any(twice) {
        return Err(Unsigned::Repeated);
    }
    let (own, params): (Vec<_>, Vec<_>) = apart.found.into_iter().partition(|(name, _)| name == PARAMETER);
    let value = own.first().map(|(_, value)| value).ok_or(Unsigned::Missing)?;
    let callback = came.callback.map_or(apart.callback, |callback| bare(callback, apart.params_in));
    let statement = Statement {
        merchant,
        seconds: 0,
        callback: &callback,
        params: params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
    };
    let (at, key) = engine.deps.keys.verify_return(value, statement).map_err(Unsigned::Unproven)?;
    Ok(Verified { at, key, callback, params })
}

fn in_time(engine: &Engine, verified: Verified, tolerance: Duration) -> Result<Verified, Unsigned> {
    let now = engine.deps.clock.now();
    if now.since(verified.at) > tolerance {
        return Err(Unsigned::TooOld);
    }
    if verified.at.since(now) > tolerance {
        return Err(Unsigned::TooNew);
    }
    Ok(verified)
}
