//! A JSON Web Token over a call: the claims stand in its JOSE header, the body is its payload, there or detached
//! (RFC 7515, appendix F).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use percent_encoding::percent_decode_str;

use super::{Sent, canonical::canonical, key::verifies, sent::refused};
use crate::dialect::Object;
use crate::domain::{Invalid, UnixMillis, moment::LEEWAY};

/// The longest header, in bytes as it is sent: all its claims together have some 300. It is read before anybody knows
/// who calls.
const MAX_HEADER: usize = 4 * 1024;

/// The longest time that a token may be good for: anybody who comes by one can repeat its call until then.
const LONGEST: Duration = Duration::from_hours(24);

/// A token as it was sent. Nothing is verified but its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwt {
    algorithm: Algorithm,
    pub(super) member: String,
    pub(super) key: String,
    host: String,
    method: String,
    path: String,
    query: Option<String>,
    expires_at: UnixMillis,
    header: String,
    payload: String,
    signature: Vec<u8>,
}

impl Jwt {
    /// Reads a token.
    ///
    /// # Errors
    /// When it has not three parts, or its header says less than it must.
    pub(super) fn read(token: &str) -> Result<Self, Invalid> {
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(refused("is no JWT").hint("expected three parts with dots between them"));
        };
        if header.len() > MAX_HEADER {
            let rule = format!("has a header of {} bytes", header.len());
            return Err(refused(rule).hint(format!("expected {MAX_HEADER} at the most, in base64url")));
        }
        let plain = |part: &str, name: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(part);
            bytes.map_err(|_| refused(format!("has a {name} that is not base64url without padding")))
        };
        let says = Object::of_body(&plain(header, "header")?);
        let says = says.map_err(|invalid| refused(format!("has a header that {}", invalid.rule())))?;
        let claim = |invalid: Invalid| refused(format!("has a header whose {} {}", invalid.field(), invalid.rule()));
        if says.raw("crit").is_some() {
            return Err(refused("has a header with crit, of which nothing is known here"));
        }
        let exp = says.needed_number("exp").map_err(claim)?;
        let exp = exp.parse().map_err(|_| refused("has an exp that is not whole milliseconds since 1970"))?;
        Ok(Self {
            algorithm: algorithm(&says.needed_code("alg").map_err(claim)?)?,
            member: says.needed_code("mid").map_err(claim)?,
            key: says.needed_code("kid").map_err(claim)?,
            host: says.needed_code("host").map_err(claim)?,
            method: says.needed_code("method").map_err(claim)?,
            path: says.needed_code("path").map_err(claim)?,
            // Here an empty one says that there is no query.
            query: says.code("query").map_err(claim)?.or_else(|| says.raw("query").map(|_| String::new())),
            expires_at: UnixMillis::from_millis(exp),
            header: header.to_owned(),
            payload: payload.to_owned(),
            signature: plain(signature, "signature")?,
        })
    }

    /// Checks that it was made for this call, with the private half of the key in `pem`.
    ///
    /// A query is covered where the token names one, and must be where [`Sent::covers_query`] says so: Token.io's own
    /// example has no query and no such claim, and its documents know none.
    pub(super) fn check(&self, sent: &Sent<'_>, pem: &str) -> Result<(), Invalid> {
        if self.expires_at.plus(LEEWAY) <= sent.at {
            return Err(
                refused("is over").hint("exp is a time in milliseconds since 1970, which has to be in the future")
            );
        }
        if self.expires_at.since(sent.at) > LONGEST + LEEWAY {
            let rule = format!("is good for more than {} hours", LONGEST.as_secs() / 3600);
            return Err(refused(rule).hint("exp is a time in milliseconds since 1970: expected one sooner"));
        }
        if !self.method.eq_ignore_ascii_case(sent.method) {
            return Err(refused("was signed for another method"));
        }
        if !sent.splits().any(|(host, path)| self.host.eq_ignore_ascii_case(&host) && same_path(&self.path, &path)) {
            let own = sent.splits().next().map(|(host, path)| format!("host {host} and path {path}"));
            return Err(refused("was signed for another address").hint(format!("expected {}", own.unwrap_or_default())));
        }
        match self.query.as_deref() {
            Some(query) if query.trim_start_matches('?') != sent.query => {
                return Err(refused("was signed for another query"));
            }
            None if sent.covers_query && !sent.query.is_empty() => {
                return Err(refused("has no query, and the call has one")
                    .hint("expected the claim query with what follows the question mark, as it is sent"));
            }
            _ => {}
        }
        let message = format!("{}.{}", self.header, self.covered(sent.body)?);
        if verifies(pem, self.algorithm, message.as_bytes(), &self.signature) {
            return Ok(());
        }
        Err(refused("has a signature that is not this key's over this call"))
    }

    /// The middle part of what was signed: the body. One that stands in the token must say what the body says;
    /// clients write the two apart, with their members in different orders.
    fn covered(&self, body: &[u8]) -> Result<String, Invalid> {
        if self.payload.is_empty() {
            return Ok(URL_SAFE_NO_PAD.encode(body));
        }
        let inline = URL_SAFE_NO_PAD.decode(&self.payload).unwrap_or_default();
        let same = inline == body || canonical(body).is_some_and(|body| canonical(&inline).as_ref() == Some(&body));
        if same { Ok(self.payload.clone()) } else { Err(refused("was signed for another body")) }
    }
}

fn algorithm(name: &str) -> Result<Algorithm, Invalid> {
    match name {
        "EdDSA" => Ok(Algorithm::EdDSA),
        "RS256" => Ok(Algorithm::RS256),
        "ES256" => Ok(Algorithm::ES256),
        _ => Err(refused("has an alg that is not known here").hint("expected EdDSA, RS256 or ES256")),
    }
}

/// A colon may be escaped in one of them: payment ids hold two.
fn same_path(signed: &str, sent: &str) -> bool {
    signed == sent || percent_decode_str(signed).eq(percent_decode_str(sent))
}
