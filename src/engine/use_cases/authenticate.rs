//! AUTHENTICATE: who makes a call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use subtle::ConstantTimeEq as _;

use crate::domain::{
    ApiKey, ConsoleScope, Digest, IssuedKey, KeyNumber, Member, MemberName, Merchant, MerchantId, Role, UnixMillis,
    merchant::Standing,
};
use crate::engine::deps::{EngineError, Result};
use crate::engine::{Engine, derive};
use crate::keys::{operator_key, sent_hash};

/// How exactly a last use is kept, in milliseconds: an hour.
const HOUR: u64 = 3_600_000;

/// The hours in which this node has noted the use of a key.
pub(in crate::engine) type NotedUses = Mutex<HashMap<(MerchantId, KeyNumber), UnixMillis>>;

/// The merchant of an API key. `None` when the key is nobody's.
///
/// # Errors
/// [`EngineError::Disabled`], or when the store is in trouble.
pub async fn authenticate(engine: &Engine, key: &str) -> Result<Option<Merchant>> {
    let Ok(key) = ApiKey::parse(key) else { return Ok(None) };
    let merchant = engine.deps.store.merchant_of_key(key.number()).await?;
    let sent = derive::api_key_digest(key.reveal());
    caller(engine, merchant, |own| same(&own.digest, &sent))
}

/// Who makes a call with this key, as the audit log has it. `None` when the key is nobody's.
///
/// # Errors
/// As [`authenticate`].
pub async fn member_of_key(engine: &Engine, key: &str) -> Result<Option<Member>> {
    let (scope, name) = if is_operator(engine, key) {
        (ConsoleScope::Operator, "operator's key".to_owned())
    } else {
        let Some(merchant) = authenticate(engine, key).await? else { return Ok(None) };
        (ConsoleScope::Merchant(merchant.id), name_of_key(&merchant, key))
    };
    Ok(Some(Member { scope, role: Role::Admin, name: MemberName::shortened(&name)?, by_mail: false }))
}

/// A merchant's own key, as the audit log has it.
pub fn name_of_key(merchant: &Merchant, key: &str) -> String {
    let own = ApiKey::parse(key).ok().and_then(|key| merchant.api_keys.iter().find(|own| own.number == key.number()));
    own.map_or_else(String::new, |own| format!("key {}", own.name.as_str()))
}

/// The merchant of this id, if the password is an API key of its own: plain, or hashed as some clients hash one.
/// `None` when it is not.
///
/// # Errors
/// [`EngineError::Disabled`], or when the store is in trouble.
pub async fn authenticate_as(engine: &Engine, id: MerchantId, password: &str) -> Result<Option<Merchant>> {
    let (plain, hashed) = (derive::api_key_digest(password), sent_hash(password));
    let merchant = engine.deps.store.merchant(id).await?;
    let known =
        |own: &IssuedKey| same(&own.digest, &plain) || own.hashed.as_ref().is_some_and(|own| same(own, &hashed));
    caller(engine, merchant, known)
}

/// The merchant of this id. That alone authenticates nobody: see [`check_standing`].
///
/// # Errors
/// When the store is in trouble.
pub async fn merchant(engine: &Engine, id: MerchantId) -> Result<Option<Merchant>> {
    Ok(engine.deps.store.merchant(id).await?)
}

/// Refuses a merchant that has shown who it is, in whatever way, and is shut out.
///
/// # Errors
/// [`EngineError::Disabled`].
pub const fn check_standing(merchant: &Merchant) -> Result<()> {
    match merchant.standing {
        Standing::Active => Ok(()),
        Standing::Disabled => Err(EngineError::Disabled),
    }
}

/// Whether this is a key of the operator's. Without one nobody is the operator.
pub fn is_operator(engine: &Engine, key: &str) -> bool {
    let sent = operator_key(key);
    engine.deps.operator.iter().any(|own| same(own, &sent))
}

fn caller(engine: &Engine, merchant: Option<Merchant>, known: impl Fn(&IssuedKey) -> bool) -> Result<Option<Merchant>> {
    let Some(merchant) = merchant else { return Ok(None) };
    let now = engine.deps.clock.now();
    let Some(key) = merchant.api_keys.iter().find(|key| known(key) && key.is_valid(now)) else { return Ok(None) };
    check_standing(&merchant)?;
    note_use(engine, merchant.id, key.number, now);
    Ok(Some(merchant))
}

/// Notes, once an hour, that a key was used: beside the call, which does not wait for it.
fn note_use(engine: &Engine, merchant: MerchantId, number: KeyNumber, now: UnixMillis) {
    let hour = UnixMillis::from_millis(now.as_millis() / HOUR * HOUR);
    let noted = {
        let mut uses = engine.uses.lock().unwrap_or_else(PoisonError::into_inner);
        uses.insert((merchant, number), hour)
    };
    if noted == Some(hour) {
        return;
    }
    let store = Arc::clone(&engine.deps.store);
    tokio::spawn(async move {
        if let Err(error) = store.note_use(merchant, number, hour).await {
            tracing::warn!(%error, "api_key.use_not_noted");
        }
    });
}

fn same(own: &Digest, sent: &Digest) -> bool {
    own.as_bytes().ct_eq(sent.as_bytes()).into()
}
