//! OPEN: a merchant's call becomes a journey, with its callbacks resolved and frozen.

use std::borrow::Cow;
use std::time::Duration;

use super::longest::{LARGEST, agreed, ends};
use super::{Engine, EngineError};
use crate::domain::callback::{CallbackUrl, Item, Placement};
use crate::domain::consent::AnswerTo;
use crate::domain::delivery::News;
use crate::domain::device::Device;
use crate::domain::dialect::Dialect;
use crate::domain::door::Homeward;
use crate::domain::endpoint::{Ciphering, Endpoint};
use crate::domain::id::{JourneyId, Shard};
use crate::domain::invalid::Invalid;
use crate::domain::journey::{Booking, HandBack, Journey, Opening, Purpose};
use crate::domain::merchant::{Merchant, Settings};
use crate::domain::moment::Moment;
use crate::domain::outcome::{BankError, Outcome};
use crate::domain::params::Params;
use crate::domain::plan::{Allowed, Entry, Plan};
use crate::domain::terms::{AppLinks, OneOffUrls, OneTime, SignedReturns};
use crate::domain::token::OneTimeToken;
use crate::domain::wish::{Asked, Expiry, When, Wish};
use crate::store::{Opened, Reservation};

/// How often an id is minted anew when its number is taken.
const MINTS: usize = 5;

/// What a journey would be, without being one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsed {
    /// Where it would end: the landing, then the background callbacks.
    pub entries: Vec<Rehearsal>,
    /// The payment endpoints that would be told.
    pub endpoints: Vec<Endpoint>,
}

/// Where a journey would end, without being one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// The callback.
    pub entry: Entry,
    /// The exact URL of each outcome.
    pub urls: Vec<(Outcome, String)>,
    /// How many bytes the longest URL has, of the callback or of its other ways.
    pub longest: usize,
    /// What each kind of device is given, where a page of ours decides that.
    pub devices: Vec<(Device, Vec<(Outcome, Homeward)>)>,
}

impl Engine {
    /// Opens a journey for a merchant's call; the same reservation opens the same journey.
    ///
    /// # Errors
    /// When a callback breaks a rule, the reservation's key was used for another call, or the store is in trouble.
    pub async fn open(
        &self,
        merchant: &Merchant,
        dialect: &str,
        wish: &Wish,
        reservation: Option<&Reservation>,
    ) -> Result<Journey, EngineError> {
        self.open_and_tell(merchant, dialect, wish, reservation).await.map(|(journey, _)| journey)
    }

    /// The same, and whether it was this call that has opened the journey.
    pub(super) async fn open_and_tell(
        &self,
        merchant: &Merchant,
        dialect: &str,
        wish: &Wish,
        reservation: Option<&Reservation>,
    ) -> Result<(Journey, bool), EngineError> {
        self.open_each(merchant, dialect, &|_| Ok(Cow::Borrowed(wish)), reservation).await
    }

    /// The same of a wish that holds what is sealed for its journey's id.
    pub(super) async fn open_each<'w>(
        &self,
        merchant: &Merchant,
        dialect: &str,
        wish: &(impl Fn(JourneyId) -> Result<Cow<'w, Wish>, EngineError> + Sync),
        reservation: Option<&Reservation>,
    ) -> Result<(Journey, bool), EngineError> {
        for _ in 0..MINTS {
            let [half, other] = halves(self.clock.entropy());
            let shard = reservation.map_or_else(|| Shard::of_byte(other[0]), Reservation::shard);
            let id = JourneyId::mint(half, shard);
            let journey = match wish(id).and_then(|wish| self.draft(merchant, dialect, &wish, id)) {
                Ok(journey) => journey,
                Err(refusal) => return self.opened_before(reservation, refusal).await.map(|before| (before, false)),
            };
            let told = self.told(&journey, News::Opened);
            match self.store.open(&journey, &told, reservation).await? {
                Opened::New => {
                    if !told.is_empty() {
                        self.herald.ring();
                    }
                    return Ok((journey, true));
                }
                Opened::Repeated(first) => return Ok((*first, false)),
                Opened::Reused => return Err(EngineError::KeyReused),
                Opened::Taken => {}
            }
        }
        Err(EngineError::Missing("free number for a journey".into()))
    }

    /// The exact URL of every outcome that a wish could have, and who else would be told, without opening anything. The
    /// number is the largest there can be, and the one-time token and the signature are nobody's.
    ///
    /// # Errors
    /// Exactly when [`Engine::open`] would refuse the wish.
    pub fn rehearse(&self, merchant: &Merchant, dialect: &str, wish: &Wish) -> Result<Rehearsed, EngineError> {
        let journey = self.draft(merchant, dialect, wish, LARGEST)?;
        let dialect = self.dialect(dialect)?;
        let (token, consent_token) = (self.token_of(&journey, 0)?, self.longest_consent_token(&journey));
        let settlements = ends(&journey, &BankError::new("server_error", None));
        let settings = journey.opening().terms.app_links;
        let entries = journey.opening().plan.entries().enumerate().map(|(index, entry)| {
            let token = token.as_ref().filter(|_| index == 0);
            let params = settlements.iter().map(|settlement| {
                let consent_token = agreed(settlement).then_some(consent_token.as_str());
                let signature = self.signature(dialect, &journey, settlement)?;
                let hand_back = HandBack { settlement: Some(settlement), token, consent_token, signature };
                let params = dialect.way_home(&journey, &hand_back);
                Ok((settlement.outcome, self.keys.rehearse_return(&journey, params)))
            });
            Ok(rehearsed(entry, &params.collect::<Result<Vec<_>, EngineError>>()?, settings)?)
        });
        let entries = entries.collect::<Result<_, EngineError>>()?;
        Ok(Rehearsed { entries, endpoints: journey.opening().plan.endpoints.clone() })
    }

    /// A call that would be refused now may be the repetition of one that was not.
    async fn opened_before(
        &self,
        reservation: Option<&Reservation>,
        refusal: EngineError,
    ) -> Result<Journey, EngineError> {
        let Some(reservation) = reservation else { return Err(refusal) };
        match self.store.opened_by(reservation).await? {
            Some(Opened::Repeated(first)) => Ok(*first),
            Some(Opened::Reused) => Err(EngineError::KeyReused),
            Some(Opened::New | Opened::Taken) | None => Err(refusal),
        }
    }

    fn draft(&self, merchant: &Merchant, dialect: &str, wish: &Wish, id: JourneyId) -> Result<Journey, EngineError> {
        let dialect = self.dialect(dialect)?;
        let mut terms = merchant.settings.terms();
        terms.signed_returns = signed_returns(merchant, dialect, wish);
        terms.one_time_token = wish.one_time_token.unwrap_or(terms.one_time_token);
        terms.extra_outcomes = wish.extra_outcomes.unwrap_or(terms.extra_outcomes);
        let now = self.clock.now();
        let journey = Journey::open(Opening {
            id,
            merchant: merchant.id,
            merchant_name: merchant.name.clone(),
            dialect: dialect.name().to_owned(),
            bank: self.bank_for(&wish.purpose)?,
            key: self.keys.current().to_owned(),
            purpose: wish.purpose.clone(),
            extras: wish.extras.clone(),
            plan: self.plan(merchant, dialect, wish)?,
            terms,
            opened_at: now,
            expires_at: self.expires_at(merchant, wish, now)?,
        });
        self.check_longest(journey.opening(), dialect)?;
        Ok(if dialect.leaves_ahead(wish) { journey.leaving_ahead() } else { journey })
    }

    /// When a new journey expires: as its call asked, within the time that journeys are kept, whatever the merchant's
    /// settings are; else as those say.
    fn expires_at(&self, merchant: &Merchant, wish: &Wish, now: Moment) -> Result<Moment, Invalid> {
        let Some(Expiry { field, when }) = wish.expiry else {
            let life = wish.purpose.booking().map_or(merchant.settings.journey_life, |_| Booking::LIFE);
            return Ok(now.plus(life));
        };
        let (shortest, longest) = (Settings::JOURNEY_LIFE.0, self.longest_life);
        let (at, expected) = match when {
            When::In(life) if life < shortest => {
                let expected = format!("expected {} to {} seconds", shortest.as_secs(), longest.as_secs());
                return Err(Invalid::new(field, "is too short").hint(expected));
            }
            When::In(life) => (now.plus(life), format!("expected at most {} seconds", longest.as_secs())),
            When::At(at) if at <= now => {
                return Err(Invalid::new(field, "is in the past").hint("expected a moment that is still to come"));
            }
            When::At(at) => (at, format!("expected at most {} from now", in_words(longest))),
        };
        if at <= now.plus(longest) {
            return Ok(at);
        }
        Err(Invalid::new(field, "is later than this gateway keeps a journey").hint(expected))
    }

    /// The bank that a journey leads to: its institution names one; checkouts without go to the first that takes payments,
    /// and consents without to the one that their customer chooses.
    fn bank_for(&self, purpose: &Purpose) -> Result<String, Invalid> {
        if let Purpose::Errand(_) = purpose {
            return Ok(String::new());
        }
        if purpose.institution().is_none() && purpose.consent().is_none() {
            let bank = self.banks.iter().find(|bank| bank.takes_payments()).map(|bank| bank.name().to_owned());
            let none = || Invalid::new("bank", "none of this gateway's takes payments");
            return bank
                .ok_or_else(|| none().hint("the operator has to switch one on before a checkout can be opened"));
        }
        let Some(id) = purpose.institution() else { return Ok(String::new()) };
        let institution = self.institution(id).ok_or_else(|| {
            Invalid::new("institutionId", format!("names {id:?}, which is no institution of this gateway"))
        })?;
        // Nobody can have agreed to a payment of which the bank was told nothing.
        if purpose.needs_payments() && !self.takes_payments(institution) {
            let rule = format!("names {id:?}, which takes no payments through this gateway");
            return Err(Invalid::new("institutionId", rule).hint("expected an institution whose bank takes payments"));
        }
        Ok(institution.bank.clone())
    }

    fn plan(&self, merchant: &Merchant, dialect: &dyn Dialect, wish: &Wish) -> Result<Plan, EngineError> {
        let appended = signed_returns(merchant, dialect, wish).beside(dialect.appended_to(wish));
        let rules = self.rules_of(dialect);
        let allowed = Allowed {
            book: &merchant.book,
            endpoints: merchant.endpoints.all(),
            one_off_urls: merchant.settings.one_off_urls,
            rules: rules.as_ref(),
            params_in: wish.params_in,
            appended: &appended,
        };
        if let Some(AnswerTo::App(url)) = wish.purpose.consent().map(|consent| &consent.answer_to) {
            // An address that the bank sends its codes to is as sensitive as one that tokens go to.
            Plan::of_covered(url, allowed).map_err(|invalid| invalid.at("redirect.url"))?;
        }
        let plan = match &wish.callback {
            Asked::Nothing => Plan::resolve(None, allowed),
            Asked::Text(text) => Plan::resolve(Some(text), allowed),
            Asked::Items(items) => Plan::of_items(items, allowed),
            Asked::Covered(url) => Plan::of_covered(url, allowed),
            Asked::OwnPage => Ok(Plan::default()),
            Asked::Apart { success, cancelled, failed } => {
                Plan::apart(success.as_deref(), cancelled.as_deref(), failed.as_deref(), allowed)
            }
        }?;
        if wish.params_in == Placement::Fragment && plan.landing.as_ref().is_none_or(|entry| entry.slot.is_some()) {
            return Err(Invalid::new(
                "params_in",
                "is for a URL that the call brings for the browser, and this one brings none",
            )
            .hint("save it with the callback itself")
            .into());
        }
        let brought = match &wish.telling.ciphering {
            Ciphering::Key(key) => Some(self.seal_for(merchant.id, key)?),
            Ciphering::AsSaved | Ciphering::Clear | Ciphering::OwnKey => None,
        };
        // A merchant's webhook is a place that it has saved.
        let saved = merchant.webhook.as_ref().map(|webhook| Item::Url(webhook.url.as_str().to_owned()));
        let one_off_urls = match (&wish.endpoints, &saved) {
            (Asked::Items(items), Some(saved)) if items.iter().all(|item| item == saved) => OneOffUrls::Allowed,
            _ => allowed.one_off_urls,
        };
        let plan = plan.telling(&wish.endpoints, Allowed { one_off_urls, ..allowed })?;
        Ok(plan.told_as(&wish.telling, brought.as_ref())?)
    }

    /// The one-time token of a settlement, where the journey's terms want one.
    pub(super) fn token_of(&self, journey: &Journey, number: u8) -> Result<Option<OneTimeToken>, EngineError> {
        if journey.opening().terms.one_time_token == OneTime::Off {
            return Ok(None);
        }
        self.keys.one_time_token(journey, number).map(Some).ok_or_else(super::key_gone)
    }
}

/// A limit as people say it: whole days, or hours.
fn in_words(span: Duration) -> String {
    match span.as_secs() / 3600 {
        hours if hours > 24 && hours % 24 == 0 => format!("{} days", hours / 24),
        hours => format!("{hours} hours"),
    }
}

/// How the ways home of such a journey are signed.
fn signed_returns(merchant: &Merchant, dialect: &dyn Dialect, wish: &Wish) -> SignedReturns {
    if dialect.signs_returns(wish) { merchant.settings.signed_returns } else { SignedReturns::Off }
}

/// Where an entry leads with these parameters.
fn rehearsed(entry: &Entry, params: &[(Outcome, Params)], settings: AppLinks) -> Result<Rehearsal, Invalid> {
    let all = |url: &CallbackUrl| {
        let written = params.iter().map(|(outcome, params)| Ok((*outcome, url.with(params, entry.params_in)?)));
        written.collect::<Result<Vec<_>, Invalid>>()
    };
    let urls = all(&entry.url)?;
    let ways = entry.ways.urls().map(|(_, url)| all(url)).collect::<Result<Vec<_>, _>>()?;
    let longest = urls.iter().chain(ways.iter().flatten()).map(|(_, url)| url.len()).max();
    let given = |device| {
        let given = params.iter().map(|(outcome, params)| Ok((*outcome, entry.homeward(device, params)?)));
        Ok((device, given.collect::<Result<_, Invalid>>()?))
    };
    // The background has no device, and no app link either.
    let devices = Device::ALL.into_iter().filter(|_| entry.needs_page(settings)).map(given);
    Ok(Rehearsal {
        entry: entry.clone(),
        urls,
        longest: longest.unwrap_or_default(),
        devices: devices.collect::<Result<_, Invalid>>()?,
    })
}

pub(super) fn halves(entropy: [u8; 32]) -> [[u8; 16]; 2] {
    let (mut a, mut b) = ([0; 16], [0; 16]);
    a.copy_from_slice(&entropy[..16]);
    b.copy_from_slice(&entropy[16..]);
    [a, b]
}
