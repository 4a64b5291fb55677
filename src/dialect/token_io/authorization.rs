//! The header `Authorization`: a key, or one of two signatures (contracts, section 3).

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Jwt, SdkSignature, Sent, read_member_id, sent::refused};
use crate::domain::{Invalid, MerchantId, Secret};

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
            Self::Jwt(jwt) => &jwt.member,
            Self::Sdk(signature) => &signature.member,
        };
        read_member_id(member).map_err(|invalid| refused(format!("names a member that {}", invalid.rule())))
    }

    /// The id of the key that it says it was made with.
    pub fn key(&self) -> &str {
        match self {
            Self::Jwt(jwt) => &jwt.key,
            Self::Sdk(signature) => &signature.key,
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

fn expected() -> Invalid {
    refused("is none of Token.io's")
        .hint(format!("expected Bearer with a JWT, Basic with your API key in base64, or {SDK} with its parameters"))
}
