//! Signing in by the operator's own OpenID provider.
//!
//! Nothing of an attempt is stored: the browser keeps it in a cookie, sealed, and what somebody may choose from too.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{SignedIn, Whose, draw, sign_in, whose};
use crate::domain::{
    ConsoleAccess, ConsoleScope, Member, MemberName, ProviderRefusal, Redirect, Role, Sealed, Secret, UnixMillis,
};
use crate::engine::deps::{ConsoleOpenId, Result};
use crate::engine::{Engine, derive};
use crate::keys::{digest, session_id};
use crate::provider::{AuthorizationResponse, Identity, IdentityRequest, ProviderError};

/// The page to which the provider sends a browser back.
pub const OPENID_RETURN_PAGE: &str = "/console/openid/return";

/// How long a browser may be away at the provider, and how long somebody may take to choose.
pub const OPENID_LIFE: Duration = Duration::from_mins(10);

/// How long the link lives that begins the session: it is used at once.
const OPENID_LINK_LIFE: Duration = Duration::from_mins(1);

/// The most consoles that one person can choose from: a cookie holds 4 kB.
const MOST_CHOICES: usize = 100;

/// What the two cookies are sealed for.
const ATTEMPT: &[u8] = b"console openid attempt";
const PERSON: &[u8] = b"console openid person";

/// Why nobody was signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotIdentified {
    /// This gateway has no OpenID provider.
    NoProvider,
    /// This browser has begun no attempt, or too long ago, or has come back before.
    NoAttempt,
    /// The provider refuses, for this reason.
    Refused(ProviderRefusal),
    /// What came back is not the provider's word on this attempt.
    Forged,
    /// The provider cannot be asked, or gives no answer that can be read.
    Away,
    /// The provider has said who it is, and nothing is open to that person.
    NoAccess,
}

/// What follows once it is known who somebody is.
#[derive(Debug)]
pub enum Identified {
    /// A session has begun.
    SignedIn(SignedIn),
    /// More than one console is open to the person; the browser keeps this meanwhile.
    Choose(Secret),
}

/// A console that somebody can choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleChoice {
    /// The merchant's name; `None` of the operator's console.
    pub merchant: Option<String>,
    /// The role there.
    pub role: Role,
}

/// Begins an attempt: where the browser is sent, and what it keeps meanwhile.
///
/// # Errors
/// When there is no key.
pub async fn begin_openid(engine: &Engine) -> Result<Result<(Redirect, Secret), NotIdentified>> {
    let Some(openid) = &engine.deps.ways_in.openid else { return Ok(Err(NotIdentified::NoProvider)) };
    let secret = engine.deps.clock.entropy();
    let cookie = seal(engine, ATTEMPT, &secret)?;
    let asked = openid.provider.ask(&request(engine, &secret)).await;
    Ok(outcome_of(asked).map(|redirect| (redirect, cookie)))
}

/// Ends an attempt with what the browser has brought back.
///
/// # Errors
/// [`crate::engine::EngineError::Disabled`], or when the store is in trouble.
pub async fn identify(
    engine: &Engine,
    cookie: &str,
    response: &AuthorizationResponse,
) -> Result<Result<Identified, NotIdentified>> {
    let Some(openid) = &engine.deps.ways_in.openid else { return Ok(Err(NotIdentified::NoProvider)) };
    let Some(secret) = open(engine, ATTEMPT, cookie) else { return Ok(Err(NotIdentified::NoAttempt)) };
    let identified = outcome_of(openid.provider.identify(&request(engine, &secret), response).await);
    let person = match identified {
        Ok(identity) => person(engine, openid, &identity).await?,
        Err(why) => return Ok(Err(why)),
    };
    match person {
        Some(Person { name, accesses }) if accesses.len() == 1 => {
            Ok(begin(engine, name, accesses.first()).await?.map(Identified::SignedIn).ok_or(NotIdentified::NoAccess))
        }
        Some(person) if !person.accesses.is_empty() => {
            Ok(Ok(Identified::Choose(seal(engine, PERSON, &person.to_bytes())?)))
        }
        _ => Ok(Err(NotIdentified::NoAccess)),
    }
}

/// What the person of this cookie can choose from. `None` when it is nobody's, or too old.
///
/// # Errors
/// When the store is in trouble.
pub async fn openid_choices(engine: &Engine, cookie: &str) -> Result<Option<Vec<ConsoleChoice>>> {
    let Some(person) = open_person(engine, cookie) else { return Ok(None) };
    let mut choices = Vec::new();
    for access in person.accesses {
        let merchant = match whose(engine, access.scope).await? {
            Some(Whose::Merchant(merchant)) => Some(merchant.name.as_str().to_owned()),
            Some(Whose::Operator) => None,
            // It keeps its number in the list.
            None => Some(String::new()),
        };
        choices.push(ConsoleChoice { merchant, role: access.role });
    }
    Ok(Some(choices))
}

/// Signs the person of this cookie in to the console of this number. `None` when there is none.
///
/// # Errors
/// [`crate::engine::EngineError::Disabled`], or when the store is in trouble.
pub async fn choose_openid(engine: &Engine, cookie: &str, number: usize) -> Result<Option<SignedIn>> {
    let Some(person) = open_person(engine, cookie) else { return Ok(None) };
    begin(engine, person.name, person.accesses.get(number)).await
}

/// Somebody whom the provider has identified, with what is open to them.
struct Person {
    name: MemberName,
    accesses: Vec<ConsoleAccess>,
}

impl Person {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for access in &self.accesses {
            bytes.extend(access.scope.to_bytes());
            bytes.extend(Role::ALL.iter().position(|role| *role == access.role).and_then(|at| u8::try_from(at).ok()));
        }
        [&[u8::try_from(self.accesses.len()).unwrap_or_default()], &bytes[..], self.name.as_str().as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first()?;
        let (accesses, name) = rest.split_at_checked(usize::from(*count) * 17)?;
        let read = |bytes: &[u8; 17]| {
            let scope = ConsoleScope::from_bytes(*bytes.first_chunk()?);
            Some(ConsoleAccess { scope, role: *Role::ALL.get(usize::from(bytes[16]))? })
        };
        let accesses = accesses.as_chunks::<17>().0.iter().map(read).collect::<Option<_>>()?;
        Some(Self { name: MemberName::parse(std::str::from_utf8(name).ok()?).ok()?, accesses })
    }
}

/// Whom an identity is of, with what is open: merchants that are gone are nobody's choice.
async fn person(engine: &Engine, openid: &ConsoleOpenId, identity: &Identity) -> Result<Option<Person>> {
    let named = identity.names.iter().find_map(|name| MemberName::parse(name).ok());
    let Some(name) = named.or_else(|| MemberName::shortened(identity.names.last()?).ok()) else { return Ok(None) };
    let mut accesses = Vec::new();
    for access in openid.access.of(&identity.groups).into_iter().take(MOST_CHOICES) {
        if whose(engine, access.scope).await?.is_some() {
            accesses.push(access);
        }
    }
    Ok(Some(Person { name, accesses }))
}

/// Begins a session by a link that is used at once.
async fn begin(engine: &Engine, name: MemberName, access: Option<&ConsoleAccess>) -> Result<Option<SignedIn>> {
    let Some(ConsoleAccess { scope, role }) = access.copied() else { return Ok(None) };
    let link = draw(engine, scope)?;
    let member = Member { scope, role, name, by_mail: false };
    engine.deps.store.keep_link(&session_id(&link), &member, OPENID_LINK_LIFE).await?;
    sign_in(engine, link.reveal()).await
}

/// What the provider is asked under in this attempt.
fn request(engine: &Engine, secret: &[u8]) -> IdentityRequest {
    let part = |purpose: &str| URL_SAFE_NO_PAD.encode(digest(purpose, secret).as_bytes());
    IdentityRequest {
        redirect_uri: engine.deps.public_url.page(OPENID_RETURN_PAGE, &[]),
        state: part("console openid state"),
        nonce: part("console openid nonce"),
        verifier: Secret::new(part("console openid verifier")),
    }
}

fn outcome_of<T>(answer: Result<Result<T, ProviderRefusal>, ProviderError>) -> Result<T, NotIdentified> {
    match answer {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(refusal)) => Err(NotIdentified::Refused(refusal)),
        Err(error) => {
            tracing::warn!(error = %error, "console.openid_trouble");
            Err(if matches!(error, ProviderError::Forged(_)) { NotIdentified::Forged } else { NotIdentified::Away })
        }
    }
}

fn open_person(engine: &Engine, cookie: &str) -> Option<Person> {
    Person::from_bytes(&open(engine, PERSON, cookie)?)
}

/// Seals what a browser keeps, with the time until which it counts.
fn seal(engine: &Engine, purpose: &[u8], plain: &[u8]) -> Result<Secret> {
    let until = engine.deps.clock.now().plus(OPENID_LIFE);
    let sealed = derive::seal(&engine.deps, purpose, &[&until.to_bytes()[..], plain].concat())?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(sealed.as_bytes())))
}

/// Opens what [`seal`] sealed. `None` when it is not ours, or its time is over.
fn open(engine: &Engine, purpose: &[u8], cookie: &str) -> Option<Vec<u8>> {
    let sealed = Sealed::new(URL_SAFE_NO_PAD.decode(cookie).ok()?);
    let plain = engine.deps.keys.open(&sealed, purpose)?;
    let (until, plain) = plain.split_first_chunk::<{ UnixMillis::BYTES }>()?;
    (engine.deps.clock.now() < UnixMillis::from_bytes(*until)).then(|| plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MerchantId;

    #[test]
    fn a_person_is_read_as_written() {
        let access = |byte, role| ConsoleAccess { scope: ConsoleScope::Merchant(MerchantId::mint([byte; 16])), role };
        for accesses in
            [vec![], vec![access(1, Role::Read), access(2, Role::Admin)], vec![access(3, Role::Support); 100]]
        {
            let person = Person { name: MemberName::parse("Ada Lovelace").unwrap(), accesses };
            let read = Person::from_bytes(&person.to_bytes()).unwrap();
            assert_eq!((read.name, read.accesses), (person.name, person.accesses));
        }
        for bad in [&[][..], &[1], &[0, 0], &[9; 40]] {
            assert!(Person::from_bytes(bad).is_none(), "{bad:?}");
        }
    }
}
