//! CONSOLE: who is signed in, and what was changed there.

mod mail;
mod openid;

use crate::domain::console::{AUDIT_KEPT, LINK_LIFE, SESSION_IDLE, SESSION_LIFE};
use crate::domain::{
    AuditAction, AuditEntry, AuditPlace, ConsoleScope, ConsoleSecret, ConsoleSession, Journey, Member, MemberName,
    Merchant, Person, SessionId, UnixMillis, merchant::Standing,
};
use crate::engine::Engine;
use crate::engine::deps::{EngineError, Result};
use crate::engine::derive::halves;
use crate::keys::session_id;

pub use mail::{has_mail, mail_links};
pub use openid::{
    ConsoleChoice, Identified, NotIdentified, OPENID_LIFE, OPENID_RETURN_PAGE, begin_openid, choose_openid, identify,
    openid_choices,
};

/// The page on which a sign-in link is used.
pub const SIGN_IN_PAGE: &str = "/console/sign-in";

/// A sign-in link that was just made.
#[derive(Debug)]
pub struct IssuedLink {
    /// Its whole address, which signs in once.
    pub url: String,
    /// Until when.
    pub expires_at: UnixMillis,
}

/// A session that has just begun.
#[derive(Debug)]
pub struct SignedIn {
    /// The session.
    pub session: ConsoleSession,
    /// What the browser shows from now on.
    pub cookie: ConsoleSecret,
}

/// Who looks at the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The session.
    pub session: ConsoleSession,
    /// Whose console it is.
    pub whose: Whose,
}

/// Whose console it is, with the merchant as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// The operator's.
    Operator,
    /// This merchant's.
    Merchant(Box<Merchant>),
}

impl Whose {
    /// Whether this member may still come in: whoever was mailed a link, only while the merchant names that person, with
    /// that role.
    fn knows(&self, member: &Member) -> bool {
        let Self::Merchant(merchant) = self else { return true };
        let is_named = |person: &Person| {
            person.role == member.role
                && MemberName::shortened(person.email.as_str()).is_ok_and(|name| name == member.name)
        };
        !member.by_mail || merchant.people.iter().any(is_named)
    }
}

/// Makes a link that signs a member in once, within [`LINK_LIFE`]. `None` when there is no such merchant.
///
/// # Errors
/// When there is no key, or the store is in trouble.
pub async fn issue_link(engine: &Engine, member: &Member) -> Result<Option<IssuedLink>> {
    if let Some(id) = member.scope.merchant()
        && engine.deps.store.merchant(id).await?.is_none()
    {
        return Ok(None);
    }
    let link = draw(engine, member.scope)?;
    engine.deps.store.keep_link(&session_id(&link), member, LINK_LIFE).await?;
    Ok(Some(IssuedLink {
        url: engine.deps.public_url.page(SIGN_IN_PAGE, &[("link", link.reveal())]),
        expires_at: engine.deps.clock.now().plus(LINK_LIFE),
    }))
}

/// Whom a sign-in link is for, with whose console it opens. It stays as it is. `None` when it cannot be
/// used, or not any more.
///
/// # Errors
/// When the store is in trouble.
pub async fn look_at_link(engine: &Engine, text: &str) -> Result<Option<(Member, Whose)>> {
    let Some(link) = read(engine, text) else { return Ok(None) };
    let Some(member) = engine.deps.store.member_of_link(link.scope(), &session_id(&link)).await? else {
        return Ok(None);
    };
    let whose = whose(engine, member.scope).await?;
    Ok(whose.filter(|whose| whose.knows(&member)).map(|whose| (member, whose)))
}

/// What a browser is given along with the page of a sign-in link. `None` for a text that is not a link of ours.
///
/// # Errors
/// When there is no key.
pub fn opened_token(engine: &Engine, text: &str) -> Result<Option<String>> {
    read(engine, text).map(|link| form_token(engine, &session_id(&link))).transpose()
}

/// Whether a browser that shows this token has opened the page of a sign-in link.
pub fn has_opened(engine: &Engine, text: &str, token: &str) -> bool {
    read(engine, text).is_some_and(|link| is_form_token(engine, &session_id(&link), token))
}

/// Uses a sign-in link up, and begins a session. `None` when it cannot be used, or not any more.
///
/// # Errors
/// [`EngineError::Disabled`], when there is no key, or the store is in trouble.
pub async fn sign_in(engine: &Engine, text: &str) -> Result<Option<SignedIn>> {
    let Some(link) = read(engine, text) else { return Ok(None) };
    let (scope, cookie) = (link.scope(), draw(engine, link.scope())?);
    let Some(whose) = usable(engine, scope).await? else { return Ok(None) };
    let ids = (session_id(&link), session_id(&cookie));
    let Some(member) = engine.deps.store.member_of_link(scope, &ids.0).await?.filter(|member| whose.knows(member))
    else {
        return Ok(None);
    };
    let place = begin_change(engine, &member, SIGN_IN_PAGE).await?;
    let Some(session) = engine.deps.store.begin_session(scope, &ids.0, &ids.1, SESSION_LIFE).await? else {
        take_back(engine, scope, place).await?;
        return Ok(None);
    };
    end_change(engine, &member, place, AuditAction::SignedIn, &session.id.text()).await?;
    Ok(Some(SignedIn { session, cookie }))
}

/// Who shows this cookie. `None` when it is nobody's, or its session has ended.
///
/// # Errors
/// [`EngineError::Disabled`], or when the store is in trouble.
pub async fn viewer(engine: &Engine, cookie: &str) -> Result<Option<Viewer>> {
    let Some(cookie) = read(engine, cookie) else { return Ok(None) };
    let found = engine.deps.store.use_session(cookie.scope(), &session_id(&cookie), SESSION_IDLE).await?;
    let Some(session) = found else { return Ok(None) };
    let whose = usable(engine, cookie.scope()).await?;
    Ok(whose.filter(|whose| whose.knows(&session.member)).map(|whose| Viewer { session, whose }))
}

/// Ends the session that this browser had before it signed in anew, if that session still goes on.
///
/// # Errors
/// When the store is in trouble.
pub async fn end_session_before(engine: &Engine, cookie: &str) -> Result<()> {
    let Some(cookie) = read(engine, cookie) else { return Ok(()) };
    let (scope, id) = (cookie.scope(), session_id(&cookie));
    let Some(session) = engine.deps.store.use_session(scope, &id, SESSION_IDLE).await? else { return Ok(()) };
    let place = begin_change(engine, &session.member, SIGN_IN_PAGE).await?;
    engine.deps.store.end_session(scope, &id).await?;
    end_change(engine, &session.member, place, AuditAction::SignedOut, &id.text()).await
}

/// The sessions of a console that go on, the newest first.
///
/// # Errors
/// When the store is in trouble.
pub async fn sessions(engine: &Engine, scope: ConsoleScope) -> Result<Vec<ConsoleSession>> {
    Ok(engine.deps.store.sessions(scope, SESSION_IDLE).await?)
}

/// Ends a session at once. `false` when the console has none of this id.
///
/// # Errors
/// When the store is in trouble.
pub async fn end_session(engine: &Engine, scope: ConsoleScope, session: &SessionId) -> Result<bool> {
    Ok(engine.deps.store.end_session(scope, session).await?)
}

/// What the forms of a session carry.
///
/// # Errors
/// When there is no key.
pub fn form_token(engine: &Engine, session: &SessionId) -> Result<String> {
    engine.deps.keys.form_token(session).ok_or_else(no_key)
}

/// Whether a form of this session carries this token.
pub fn is_form_token(engine: &Engine, session: &SessionId, token: &str) -> bool {
    engine.deps.keys.is_form_token(session, token)
}

/// Writes into the audit log of a member's console that a form was sent, before anything is done: whatever happens then,
/// it is known that something may have been changed. Answers the entry's place, for [`end_change`].
///
/// # Errors
/// When the store is in trouble.
pub async fn begin_change(engine: &Engine, member: &Member, form: &str) -> Result<AuditPlace> {
    let place = AuditPlace { at: engine.deps.clock.now(), mark: engine.deps.clock.draw() };
    let entry = entry(member, place, AuditAction::ChangeBegun, form);
    engine.deps.store.keep_entry(member.scope, &entry, AUDIT_KEPT).await?;
    Ok(place)
}

/// Writes into the audit log what the member has done, in the place of what was begun.
///
/// # Errors
/// When the store is in trouble: the log then says that it was begun.
pub async fn end_change(
    engine: &Engine,
    member: &Member,
    begun: AuditPlace,
    action: AuditAction,
    object: &str,
) -> Result<()> {
    end_as(engine, member, begun, &entry(member, begun, action, object)).await
}

/// Writes into the audit log that a member has opened this journey, in the place of what was begun: once however often
/// the call is repeated.
///
/// # Errors
/// As [`end_change`].
pub async fn end_opened(
    engine: &Engine,
    member: &Member,
    begun: AuditPlace,
    (action, journey, object): (AuditAction, &Journey, &str),
) -> Result<()> {
    let place = AuditPlace { at: journey.opening().opened_at, mark: journey.pay_id().number() };
    end_as(engine, member, begun, &entry(member, place, action, object)).await
}

/// Takes out of the audit log what was begun, since nothing was changed.
///
/// # Errors
/// As [`end_change`].
pub async fn take_back(engine: &Engine, scope: ConsoleScope, begun: AuditPlace) -> Result<()> {
    Ok(engine.deps.store.end_entry(scope, begun, None, AUDIT_KEPT).await?)
}

/// Does what changes something, with an entry in the audit log of the member's console: as begun before, and then as done.
/// What was refused is taken out; where the store was away nobody knows what was changed, and it stays as begun.
///
/// # Errors
/// Those of the work, or when the store is in trouble.
pub async fn audited<T, E: From<EngineError>>(
    engine: &Engine,
    member: &Member,
    (action, object): (AuditAction, &str),
    work: impl Future<Output = Result<T, E>>,
    is_away: fn(&E) -> bool,
) -> Result<T, E> {
    let begun = begin_change(engine, member, object).await?;
    let done = work.await;
    match &done {
        Ok(_) => end_change(engine, member, begun, action, object).await?,
        Err(error) if is_away(error) => {}
        Err(_) => take_back(engine, member.scope, begun).await?,
    }
    done
}

async fn end_as(engine: &Engine, member: &Member, begun: AuditPlace, entry: &AuditEntry) -> Result<()> {
    Ok(engine.deps.store.end_entry(member.scope, begun, Some(entry), AUDIT_KEPT).await?)
}

fn entry(member: &Member, place: AuditPlace, action: AuditAction, object: &str) -> AuditEntry {
    AuditEntry { place, who: member.name.clone(), role: member.role, action, object: object.to_owned() }
}

/// The entries of a console's audit log behind `after`, newest first; `most` at the most.
///
/// # Errors
/// When the store is in trouble.
pub async fn audit(
    engine: &Engine,
    scope: ConsoleScope,
    after: Option<AuditPlace>,
    most: usize,
) -> Result<Vec<AuditEntry>> {
    let (mut entries, now) = (engine.deps.store.entries(scope, after, most).await?, engine.deps.clock.now());
    // A store may hold one longer, until it tidies up.
    entries.retain(|entry| now.since(entry.place.at) <= AUDIT_KEPT);
    Ok(entries)
}

fn draw(engine: &Engine, scope: ConsoleScope) -> Result<ConsoleSecret> {
    let [entropy, _] = halves(engine.deps.clock.entropy());
    engine.deps.keys.console_secret(scope, entropy).ok_or_else(no_key)
}

/// Reads a secret that we have written: a guess costs no look into the store.
fn read(engine: &Engine, text: &str) -> Option<ConsoleSecret> {
    ConsoleSecret::parse(text).filter(|secret| engine.deps.keys.has_written(secret))
}

/// Whose console it is. `None` when its merchant is gone.
async fn whose(engine: &Engine, scope: ConsoleScope) -> Result<Option<Whose>> {
    let Some(id) = scope.merchant() else { return Ok(Some(Whose::Operator)) };
    let merchant = engine.deps.store.merchant(id).await?;
    Ok(merchant.map(|merchant| Whose::Merchant(Box::new(merchant))))
}

/// Whose console it is, for one who uses it: a merchant that is shut out is shut out here too.
async fn usable(engine: &Engine, scope: ConsoleScope) -> Result<Option<Whose>> {
    let whose = whose(engine, scope).await?;
    if let Some(Whose::Merchant(merchant)) = &whose {
        if merchant.standing == Standing::Disabled {
            return Err(EngineError::Disabled);
        }
        engine.deps.note_accounts(merchant);
    }
    Ok(whose)
}

fn no_key() -> EngineError {
    EngineError::Missing("key".into())
}
