//! What is sent: a parcel in the words of its journey's dialect.

use super::signature::signature;
use crate::domain::delivery::{DeliveryId, Notice, Posting, Target};
use crate::domain::dialect::Dialect;
use crate::domain::invalid::Invalid;
use crate::domain::journey::{HandBack, Journey, Settlement};
use crate::domain::merchant::Merchant;
use crate::domain::message::{Header, Message, Method};
use crate::domain::moment::Moment;
use crate::domain::secret::{Sealed, Secret};
use crate::keys::Keys;
use crate::store::Parcel;

/// A request that is to be made once.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// Where to. It may hold what the merchant keeps secret.
    pub url: String,
    /// Its headers, by their names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body, if it has one.
    pub body: Option<Notice>,
    /// How it is sent.
    pub method: Method,
    /// The headers of the merchant's own.
    pub own: Vec<Header>,
}

/// The delivery alone: URLs and bodies are nobody else's business.
impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Why a letter cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritable {
    /// The journey has no such settlement or target.
    #[error("its journey knows nothing of {0}")]
    Unknown(DeliveryId),
    /// The dialect has nothing to say to an endpoint.
    #[error("its dialect has no words for it")]
    Wordless,
    /// The merchant's signing secret cannot be opened: its key is gone.
    #[error("the merchant's signing secret cannot be read")]
    Unsigned,
    /// The key that its journey was opened under is gone.
    #[error("the key that its journey was opened under is gone")]
    KeyGone,
    /// What its errand sends cannot be opened: its key is gone.
    #[error("what its errand sends cannot be read")]
    Sealed,
    /// Its URL breaks a rule once it is filled in.
    #[error(transparent)]
    Url(#[from] Invalid),
}

impl Letter {
    /// Writes a background callback: the very query that the browser got, without any token (rule 6 of the design), and
    /// signed like the browser's where the merchant has asked for it.
    ///
    /// # Errors
    /// An unwritable letter, with the reason.
    pub fn callback(parcel: &Parcel, dialect: &dyn Dialect, keys: &Keys) -> Result<Self, Unwritable> {
        let (id, journey) = (parcel.delivery.id, &parcel.journey);
        let Target::Callback(index) = id.target else { return Err(Unwritable::Unknown(id)) };
        let entry = journey.opening().plan.background.get(usize::from(index)).ok_or(Unwritable::Unknown(id))?;
        let settlement = settlement(parcel);
        let hand_back = HandBack { settlement, token: None, consent_token: None, signature: None };
        let at = settlement.map_or(journey.opening().opened_at, |settlement| settlement.at);
        let params = keys.sign_return(journey, entry, dialect.way_home(journey, &hand_back), at)?;
        let url = entry.url.with(&params.ok_or(Unwritable::KeyGone)?, entry.params_in)?;
        let headers = vec![("webhook-id", id.to_string())];
        Ok(Self { url, headers, body: None, method: Method::Get, own: Vec::new() })
    }

    /// Writes a payment endpoint's notice, signed as its dialect has it, else as Standard Webhooks does.
    ///
    /// # Errors
    /// An unwritable letter, with the reason.
    pub fn notice(
        parcel: &Parcel,
        dialect: &dyn Dialect,
        signing: &Signing<'_>,
        at: Moment,
    ) -> Result<Self, Unwritable> {
        let (id, journey) = (parcel.delivery.id, &parcel.journey);
        let endpoint = journey.opening().plan.endpoint(id.target).ok_or(Unwritable::Unknown(id))?;
        let notice = dialect.notice(journey, id.news).ok_or(Unwritable::Wordless)?;
        let hand_back = HandBack { settlement: settlement(parcel), token: None, consent_token: None, signature: None };
        let url = endpoint.url.filled(&dialect.way_home(journey, &hand_back))?;
        let id = id.to_string();
        let posting = Posting { id: &id, url: &url, at, secret: signing.secret, gateway: signing.gateway };
        let headers = match dialect.sign(journey, &notice, &posting) {
            Some(headers) => headers,
            None => standard(&notice, &posting).ok_or(Unwritable::Unsigned)?,
        };
        Ok(Self { url, headers, body: Some(notice), method: Method::Post, own: Vec::new() })
    }

    /// Writes what an errand's merchant wanted sent, with the merchant's own headers, signed as Standard Webhooks does.
    ///
    /// # Errors
    /// An unwritable letter, with the reason.
    pub fn errand(
        parcel: &Parcel,
        dialect: &dyn Dialect,
        keys: &Keys,
        (secret, at): (&Secret, Moment),
    ) -> Result<Self, Unwritable> {
        let (id, journey) = (parcel.delivery.id, &parcel.journey);
        let endpoint = journey.opening().plan.endpoint(id.target).ok_or(Unwritable::Unknown(id))?;
        let settlement = settlement(parcel).ok_or(Unwritable::Unknown(id))?;
        let errand = journey.opening().purpose.errand().ok_or(Unwritable::Unknown(id))?;
        let open = |sealed| opened(keys, sealed, journey).ok_or(Unwritable::Sealed);
        let message = Message::read(open(&errand.letter)?.reveal()).ok_or(Unwritable::Sealed)?;
        let result = journey.result().map(open).transpose()?;
        let body = dialect.errand(journey, id.news, &message, result.as_ref().map(Secret::reveal));
        if body.is_none() && message.method().has_body() {
            return Err(Unwritable::Wordless);
        }
        let hand_back = HandBack { settlement: Some(settlement), token: None, consent_token: None, signature: None };
        let url = endpoint.url.filled(&dialect.way_home(journey, &hand_back))?;
        let id = id.to_string();
        let posting = Posting { id: &id, url: &url, at, secret, gateway: &|_| None };
        let signed = body.clone().unwrap_or_else(|| Notice { content_type: String::new(), body: String::new() });
        let mut headers = standard(&signed, &posting).ok_or(Unwritable::Unsigned)?;
        headers.push(("handback-status", settlement.outcome.as_str().to_owned()));
        // The body brings its type with it.
        let apart = |header: &&Header| body.is_none() || header.name() != "content-type";
        let own = message.headers().iter().filter(apart).cloned().collect();
        Ok(Self { url, headers, body, method: message.method(), own })
    }

    /// Whether a target is written as a callback; else it is a notice.
    pub const fn is_callback(target: Target) -> bool {
        matches!(target, Target::Callback(_))
    }
}

/// What notices are signed with.
pub struct Signing<'a> {
    /// The merchant's signing secret.
    pub secret: &'a Secret,
    /// The gateway's own signature.
    pub gateway: &'a dyn Fn(&[u8]) -> Option<Vec<u8>>,
}

/// The headers of Standard Webhooks.
fn standard(notice: &Notice, posting: &Posting<'_>) -> Option<Vec<(&'static str, String)>> {
    let seconds = posting.at.as_millis() / 1000;
    let signature = signature(posting.secret, posting.id, seconds, &notice.body)?;
    let id = posting.id.to_owned();
    Some(vec![("webhook-id", id), ("webhook-timestamp", seconds.to_string()), ("webhook-signature", signature)])
}

/// A text that was sealed for a journey.
fn opened(keys: &Keys, sealed: &Sealed, journey: &Journey) -> Option<Secret> {
    let plain = keys.open(sealed, journey.id().as_bytes())?;
    Some(Secret::new(std::str::from_utf8(&plain).ok()?))
}

/// The settlement that a parcel tells of, if it is about one.
fn settlement(parcel: &Parcel) -> Option<&Settlement> {
    parcel.journey.settlements().get(usize::from(parcel.delivery.id.news.settlement()?))
}

/// A merchant's signing secret, opened.
pub(super) fn secret_of(merchant: &Merchant, keys: &Keys) -> Option<Secret> {
    let plain = keys.open(&merchant.signing_secret, merchant.id.as_bytes())?;
    Some(Secret::new(std::str::from_utf8(&plain).ok()?))
}
