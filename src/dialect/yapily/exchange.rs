//! What apps bring: one-time tokens, codes of banks that answered them, and confirmations (contracts, 4.6, 4.7 and
//! 5.3).

use crate::dialect::Object;
use crate::domain::{Evidence, Invalid, Secret, UnixMillis, moment::LEEWAY};

/// A code that an app brings by itself, with the `state` under which the bank was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthCode {
    /// The code, with the `idToken` beside it if there is one.
    pub evidence: Evidence,
    /// The state.
    pub state: Secret,
}

/// Reads `{oneTimeToken}`.
///
/// # Errors
/// When it is not there.
pub fn read_one_time_token(body: &[u8]) -> Result<Secret, Invalid> {
    Object::of_body(body)?.needed_code("oneTimeToken").map(Secret::new)
}

impl AuthCode {
    /// Reads `{authCode, authState}`; `idToken` is ours, for a bank that answers with both.
    ///
    /// # Errors
    /// With the first field that breaks a rule.
    pub fn read(body: &[u8]) -> Result<Self, Invalid> {
        Self::of(body, ["authCode", "authState", "idToken"])
    }

    /// Reads `{code, id_token, state}`, as Yapily's page sends it, without credentials.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_open(body: &[u8]) -> Result<Self, Invalid> {
        Self::of(body, ["code", "state", "id_token"])
    }

    fn of(body: &[u8], [code, state, signed]: [&str; 3]) -> Result<Self, Invalid> {
        let body = Object::of_body(body)?;
        let signed = body.code(signed)?.map(Secret::new);
        let evidence = Evidence { code: Secret::new(body.needed_code(code)?), signed };
        Ok(Self { evidence, state: Secret::new(body.needed_code(state)?) })
    }
}

/// Reads `{lastConfirmedAt}`: when the customer confirmed that a consent shall go on.
///
/// # Errors
/// When it is not there, is no date-time, or is in the future.
pub fn read_confirmation(body: &[u8], now: UnixMillis) -> Result<UnixMillis, Invalid> {
    let body = Object::of_body(body)?;
    let at = body.moment("lastConfirmedAt")?.ok_or_else(|| body.missing("lastConfirmedAt"))?;
    if at > now.plus(LEEWAY) {
        return Err(Invalid::new("lastConfirmedAt", "is in the future"));
    }
    // What a fast clock says counts from now.
    Ok(at.min(now))
}
