//! A merchant's profile: its callbacks, its webhook endpoints, its settings.

use crate::domain::console::SESSION_LIFE;
use crate::domain::{
    ConsoleScope, EmailAddress, FetchedLogo, Invalid, Logo, LogoPicture, MemberName, Merchant, MerchantId, Person,
    PublicKey, SavedCallback, SavedEndpoint, SettingsPatch, Slots, WatchedCallback, Webhook,
};
use crate::engine::deps::{EngineError, Result};
use crate::engine::{Engine, change};
use crate::keys::digest;
use crate::store::{Replaced, Reservation};

/// The most public keys of one merchant.
const MOST_KEYS: usize = 10;

/// The most people of one merchant.
const MOST_PEOPLE: usize = 100;

/// A change to a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Saves a callback in a new slot.
    Add(SavedCallback),
    /// Puts a callback into a slot.
    Replace(usize, SavedCallback),
    /// Leaves a hole in a slot.
    Delete(usize),
    /// Saves a payment endpoint in a new slot.
    AddEndpoint(SavedEndpoint),
    /// Puts a payment endpoint into a slot.
    ReplaceEndpoint(usize, SavedEndpoint),
    /// Leaves a hole in a payment endpoint's slot.
    DeleteEndpoint(usize),
    /// Chooses anew.
    Choose(SettingsPatch),
    /// Registers a public key. One that is there under this id already is the same one, or it is refused.
    Register(PublicKey),
    /// Forgets the public key of this id.
    Forget(String),
    /// Names somebody who may ask for sign-in links; who is named already has this role from now on.
    Name(Person),
    /// Names somebody no more.
    Unname(EmailAddress),
    /// Sets where webhooks of every change of new journeys go; without one, none are sent.
    Tell(Option<Webhook>),
}

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// It is made; the slot that it was about.
    Done(Option<usize>),
    /// There is no such slot, or no such merchant any more.
    NoSuchSlot,
}

/// What became of an edit that is made once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditedOnce {
    /// It is made; the slot that it was about.
    Now(Option<usize>),
    /// It was made before; the slot that it was about then.
    Before(usize),
    /// There is no such slot, or no such merchant any more.
    NoSuchSlot,
}

/// Edits a merchant's profile; the reservation's repetition answers the slot of the first time.
///
/// # Errors
/// When the edit breaks a rule, the reservation's key was used for another request, or the store is in trouble.
pub async fn edit(
    engine: &Engine,
    merchant: MerchantId,
    edit: &Edit,
    reservation: Option<&Reservation>,
) -> Result<Edited> {
    Ok(match edit_once(engine, merchant, edit, reservation).await? {
        EditedOnce::Now(slot) => Edited::Done(slot),
        EditedOnce::Before(slot) => Edited::Done(Some(slot)),
        EditedOnce::NoSuchSlot => Edited::NoSuchSlot,
    })
}

/// Edits a merchant's profile, and says whether the reservation's edit was made before.
///
/// # Errors
/// As [`edit`].
pub async fn edit_once(
    engine: &Engine,
    merchant: MerchantId,
    edit: &Edit,
    reservation: Option<&Reservation>,
) -> Result<EditedOnce> {
    // Before the profile is written: what nobody watches is forgotten again.
    if let Edit::Add(saved) | Edit::Replace(_, saved) = edit
        && saved.watched
    {
        let callback = WatchedCallback::up(merchant, saved.url.clone(), engine.deps.clock.now());
        engine.deps.store.watch(&callback).await?;
    }
    let logo = fetch_new_logo(engine, merchant, edit).await?;
    for _ in 0..change::TRIES {
        let Some(mut profile) = engine.deps.store.merchant(merchant).await? else { return Ok(EditedOnce::NoSuchSlot) };
        put_logo(engine, &mut profile, &logo).await?;
        let slot = match apply(&mut profile, edit) {
            Ok(Edited::Done(slot)) => slot,
            Ok(Edited::NoSuchSlot) => return Ok(EditedOnce::NoSuchSlot),
            Err(refusal) => return edited_before(engine, merchant, reservation, refusal).await,
        };
        profile.revision += 1;
        let number = slot.and_then(|slot| u32::try_from(slot).ok()).unwrap_or_default();
        match engine.deps.store.replace(&profile, reservation.map(|reservation| (reservation, number))).await? {
            Replaced::Done => {
                sign_out(engine, merchant, edit).await?;
                return Ok(EditedOnce::Now(slot));
            }
            Replaced::Repeated(number) => return Ok(EditedOnce::Before(number as usize)),
            Replaced::Reused => return Err(EngineError::KeyReused),
            Replaced::Stale => {}
        }
    }
    Err(change::too_many_edits())
}

/// Ends the sessions under the name of a person who is named no more, or with a role.
async fn sign_out(engine: &Engine, merchant: MerchantId, edit: &Edit) -> Result<()> {
    let email = match edit {
        Edit::Name(person) => &person.email,
        Edit::Unname(email) => email,
        _ => return Ok(()),
    };
    let name = MemberName::shortened(email.as_str())?;
    let scope = ConsoleScope::Merchant(merchant);
    for session in engine.deps.store.sessions(scope, SESSION_LIFE).await? {
        if session.member.name == name {
            engine.deps.store.end_session(scope, &session.id).await?;
        }
    }
    Ok(())
}

/// What becomes of a merchant's logo.
enum NewLogo {
    /// It stays as it is.
    Same,
    /// There is none any more.
    Dropped,
    /// It is this picture.
    Fetched(LogoPicture),
}

/// What an edit makes of a merchant's logo. A picture is fetched before anything is written; one that was fetched from
/// the same address less than a day ago is not fetched again.
async fn fetch_new_logo(engine: &Engine, merchant: MerchantId, edit: &Edit) -> Result<NewLogo> {
    let Edit::Choose(SettingsPatch { logo_url: Some(link), .. }) = edit else { return Ok(NewLogo::Same) };
    let Some(url) = link.url() else { return Ok(NewLogo::Dropped) };
    let Some(profile) = engine.deps.store.merchant(merchant).await? else { return Ok(NewLogo::Same) };
    let is_fresh = |fetched: FetchedLogo| engine.deps.clock.now() < fetched.at.plus(Logo::FRESH_FOR);
    if profile.settings.logo_url == *link && profile.logo.is_some_and(is_fresh) {
        return Ok(NewLogo::Same);
    }
    engine.deps.logos.fetch(url).await.map(NewLogo::Fetched).map_err(Into::into)
}

/// Keeps a merchant's logo, and notes in its profile which one it is. Pages ask for it by that note, so that a picture
/// whose profile is not written is shown for no longer than until the next one.
async fn put_logo(engine: &Engine, profile: &mut Merchant, logo: &NewLogo) -> Result<()> {
    match logo {
        NewLogo::Same => {}
        NewLogo::Dropped => {
            profile.logo = None;
            engine.deps.store.drop_logo(profile.id).await?;
        }
        NewLogo::Fetched(LogoPicture { bytes, width, height }) => {
            engine.deps.store.keep_logo(profile.id, bytes).await?;
            let logo = Logo { digest: logo_digest(bytes), width: *width, height: *height };
            profile.logo = Some(FetchedLogo { logo, at: engine.deps.clock.now() });
        }
    }
    Ok(())
}

/// A merchant's logo, with the digest that stands in its address now.
///
/// # Errors
/// When the store is in trouble.
pub async fn logo(engine: &Engine, merchant: MerchantId) -> Result<Option<(Vec<u8>, [u8; Logo::DIGEST])>> {
    let picture = engine.deps.store.logo(merchant).await?;
    Ok(picture.map(|picture| {
        let digest = logo_digest(&picture);
        (picture, digest)
    }))
}

fn logo_digest(picture: &[u8]) -> [u8; Logo::DIGEST] {
    let digest = digest("logo", picture);
    *digest.as_bytes().first_chunk().unwrap_or(&[0; Logo::DIGEST])
}

/// An edit that would be refused now may be the repetition of one that was not.
async fn edited_before(
    engine: &Engine,
    merchant: MerchantId,
    reservation: Option<&Reservation>,
    refusal: Invalid,
) -> Result<EditedOnce> {
    let Some(reservation) = reservation else { return Err(refusal.into()) };
    match engine.deps.store.replaced_by(merchant, reservation).await? {
        Some(Replaced::Repeated(number)) => Ok(EditedOnce::Before(number as usize)),
        Some(Replaced::Reused) => Err(EngineError::KeyReused),
        Some(Replaced::Done | Replaced::Stale) | None => Err(refusal.into()),
    }
}

fn apply(profile: &mut Merchant, edit: &Edit) -> Result<Edited, Invalid> {
    match edit {
        Edit::Add(saved) => profile.callbacks.add(saved.clone()).map(|slot| Edited::Done(Some(slot))),
        Edit::Replace(slot, saved) => Ok(edited(*slot, profile.callbacks.replace(*slot, saved.clone())?)),
        Edit::Delete(slot) => Ok(edited(*slot, profile.callbacks.delete(*slot))),
        Edit::AddEndpoint(endpoint) => {
            let slot = profile.endpoints.add(endpoint.clone());
            slot.map(|slot| Edited::Done(Some(slot))).ok_or_else(too_many_endpoints)
        }
        Edit::ReplaceEndpoint(slot, endpoint) => {
            let endpoint = endpoint.clone().in_place_of(profile.endpoints.at(*slot));
            Ok(edited(*slot, profile.endpoints.replace(*slot, endpoint)))
        }
        Edit::DeleteEndpoint(slot) => Ok(edited(*slot, profile.endpoints.delete(*slot))),
        Edit::Register(key) => register(profile, key),
        Edit::Forget(id) => {
            let before = profile.public_keys.len();
            profile.public_keys.retain(|key| key.id != *id);
            Ok(if profile.public_keys.len() < before { Edited::Done(None) } else { Edited::NoSuchSlot })
        }
        Edit::Name(person) => name(profile, person).map(|()| Edited::Done(None)),
        Edit::Unname(email) => {
            let before = profile.people.len();
            profile.people.retain(|person| person.email != *email);
            Ok(if profile.people.len() < before { Edited::Done(None) } else { Edited::NoSuchSlot })
        }
        Edit::Tell(webhook) => {
            profile.webhook.clone_from(webhook);
            Ok(Edited::Done(None))
        }
        Edit::Choose(choices) => {
            profile.settings = choices.over(&profile.settings);
            Ok(Edited::Done(None))
        }
    }
}

/// What became of an edit of this slot.
const fn edited(slot: usize, is_there: bool) -> Edited {
    if is_there { Edited::Done(Some(slot)) } else { Edited::NoSuchSlot }
}

fn too_many_endpoints() -> Invalid {
    let most = Slots::<SavedEndpoint>::MOST;
    Invalid::new("url", format!("is one too many: there are {most} slots for payment endpoints"))
        .hint("replace an entry with PUT")
}

fn name(profile: &mut Merchant, person: &Person) -> Result<(), Invalid> {
    if let Some(known) = profile.people.iter_mut().find(|known| known.email == person.email) {
        known.role = person.role;
    } else if profile.people.len() >= MOST_PEOPLE {
        return Err(Invalid::new("email", format!("is one too many: there may be {MOST_PEOPLE}")).hint("delete one"));
    } else {
        profile.people.push(person.clone());
    }
    Ok(())
}

fn register(profile: &mut Merchant, key: &PublicKey) -> Result<Edited, Invalid> {
    match profile.public_keys.iter().find(|known| known.id == key.id) {
        Some(known) if known == key => return Ok(Edited::Done(None)),
        Some(_) => return Err(Invalid::new("id", "is that of another key").hint("delete that one first")),
        None if profile.public_keys.len() >= MOST_KEYS => {
            return Err(Invalid::new("key", format!("is one too many: there may be {MOST_KEYS}")).hint("delete one"));
        }
        None => profile.public_keys.push(key.clone()),
    }
    Ok(Edited::Done(None))
}
