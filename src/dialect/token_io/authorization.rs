//! The header `Authorization`: a key, or one of two signatures (contracts, section 3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::jwt::Jwt;
use super::read_member_id;
use super::sdk::SdkSignature;
use crate::domain::id::MerchantId;
use crate::domain::invalid::Invalid;
use crate::domain::moment::UnixMillis;
use crate::domain::secret::Secret;

/// The header's name, as the field of its refusals.
pub(super) const FIELD: &str = "Authorization";

/// The scheme of the published JavaScript SDK.
const SDK: &str = "Token-Ed25519-SHA512";

/// Who calls, as the call says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorization {
    /// With an API key.
    Key(Secret),
    /// With a signature.
    Signed(Signature),
}

/// A signature over a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// A JSON Web Token whose claims stand in its header.
    Jwt(Box<Jwt>),
    /// The published JavaScript SDK's own.
    Sdk(SdkSignature),
}

/// A call as it was received: what a signature has to cover.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The hosts under which we are known, each with its port where that is not the scheme's own.
    pub hosts: &'a [&'a str],
    /// Where our API begins: `/token-io`.
    pub base: &'a str,
    /// The path below it, as it was sent.
    pub path: &'a str,
    /// The query as it was sent, without its question mark; empty where there is none.
    pub query: &'a str,
    /// Whether the signature has to cover the query, where there is one: this member's calls have to be signed.
    pub covers_query: bool,
    /// The body.
    pub body: &'a [u8],
    /// When it came.
    pub at: UnixMillis,
}

impl Authorization {
    /// Reads the header.
    ///
    /// # Errors
    /// When it is none of the three forms. Whether the key or the signature is worth anything is another question.
    pub fn read(header: &str) -> Result<Self, Invalid> {
        let (scheme, rest) = header.trim().split_once(' ').ok_or_else(expected)?;
        match scheme {
            _ if scheme.eq_ignore_ascii_case("basic") => {
                let key = STANDARD.decode(rest.trim()).ok().and_then(|key| String::from_utf8(key).ok());
                key.map(|key| Self::Key(Secret::new(key))).ok_or_else(expected)
            }
            _ if scheme.eq_ignore_ascii_case("bearer") => {
                Jwt::read(rest.trim()).map(|jwt| Self::Signed(Signature::Jwt(Box::new(jwt))))
            }
            SDK => SdkSignature::read(rest).map(Signature::Sdk).map(Self::Signed),
            _ => Err(expected()),
        }
    }
}

impl Signature {
    /// Whose signature it says it is.
    ///
    /// # Errors
    /// When that is nobody here.
    pub fn merchant(&self) -> Result<MerchantId, Invalid> {
        let member = match self {
            Self::Jwt(jwt) => jwt.member(),
            Self::Sdk(signature) => signature.member(),
        };
        read_member_id(member).map_err(|invalid| refused(format!("names a member that {}", invalid.rule())))
    }

    /// The id of the key that it says it was made with.
    pub fn key(&self) -> &str {
        match self {
            Self::Jwt(jwt) => jwt.key(),
            Self::Sdk(signature) => signature.key(),
        }
    }

    /// Checks that this call, and none other, was signed with the private half of the key in `pem`, and not too long
    /// ago.
    ///
    /// # Errors
    /// With what does not fit.
    pub fn check(&self, sent: &Sent<'_>, pem: &str) -> Result<(), Invalid> {
        match self {
            Self::Jwt(jwt) => jwt.check(sent, pem),
            Self::Sdk(signature) => signature.check(sent, pem),
        }
    }
}

impl Sent<'_> {
    /// How a client may have split our address into a host and a path: some take what stands before `/v2` for the host.
    pub(super) fn splits(&self) -> impl Iterator<Item = (String, String)> {
        self.hosts.iter().flat_map(|host| {
            let (base, path) = (self.base, self.path);
            [
                (format!("{host}{base}"), path.to_owned()),
                ((*host).to_owned(), format!("{base}{path}")),
                ((*host).to_owned(), path.to_owned()),
            ]
        })
    }
}

/// A refusal of the header.
pub(super) fn refused(rule: impl Into<String>) -> Invalid {
    Invalid::new(FIELD, rule)
}

fn expected() -> Invalid {
    refused("is none of Token.io's")
        .hint(format!("expected Bearer with a JWT, Basic with your API key in base64, or {SDK} with its parameters"))
}
