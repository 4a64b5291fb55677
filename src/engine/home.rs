//! HAND BACK: where an end leads. The same end of the same journey is the same bytes, whenever it is asked for.

use super::visitor::Admission;
use super::{Engine, EngineError, Visitor};
use crate::domain::device::Device;
use crate::domain::dialect::Dialect;
use crate::domain::door::Homeward;
use crate::domain::journey::{End, HandBack, Journey, Purpose, Settlement, Stage};
use crate::domain::outcome::Outcome;
use crate::domain::params::Params;
use crate::domain::plan::Entry;
use crate::domain::redirect::Redirect;
use crate::domain::secret::Secret;
use crate::domain::signature::GatewaySignature;

/// The page of a checkout: where it is paid while it is open, and what became of it afterwards.
pub const PAYMENT_PAGE: &str = "/payment";

/// The page of a consent: it leads to the bank while it is open, and says what became of it afterwards.
pub const CONSENT_PAGE: &str = "/consent";

/// The page that opens a checkout's app.
const PAYMENT_APP_PAGE: &str = "/payment/app";

/// The page that opens a consent's app.
const CONSENT_APP_PAGE: &str = "/consent/app";

/// Where a browser goes that asks for the way home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HomeRedirect {
    /// There.
    To(Redirect),
    /// Nowhere: it is not the browser that left, or cannot show that it is.
    OtherBrowser,
    /// Nowhere any more: it shows no cookie, and the first hand-back is long over. A page says what became of it.
    TooLate,
}

impl Engine {
    /// Where an answer of the bank that led to `end` sends the browser. Who may be sent there is not asked here.
    pub(super) fn way(&self, journey: &Journey, end: &End, departure: Option<u8>) -> Result<Redirect, EngineError> {
        match end {
            End::Failed(_) => self.page(journey, page_of(journey)),
            End::Settled(_) | End::Frozen => self.homeward(journey, end, departure),
        }
    }

    /// Where a browser goes that has the link of a journey, as it stands now: home, or to the page of what is still open.
    ///
    /// # Errors
    /// When the journey's key or dialect is gone.
    pub fn way_now(&self, journey: &Journey, visitor: &Visitor) -> Result<HomeRedirect, EngineError> {
        let Some(end) = home_end(journey) else {
            return self.page(journey, page_of(journey)).map(HomeRedirect::To);
        };
        Ok(match self.admission(journey, visitor, journey.handed_back_since(&end)) {
            Admission::Recognised | Admission::FirstHandBack => HomeRedirect::To(self.way(journey, &end, None)?),
            Admission::TooLate => HomeRedirect::TooLate,
            Admission::OtherBrowser => HomeRedirect::OtherBrowser,
        })
    }

    /// What the app-return page gives a device: which one it is decides here and nowhere before, so that a return leads
    /// every browser to the same place. `None` when the journey is not going home, needs no such page, or this browser may
    /// not go home: [`Engine::way_now`] says which.
    ///
    /// # Errors
    /// When the journey's key or dialect is gone.
    pub fn app_home(
        &self,
        journey: &Journey,
        visitor: &Visitor,
        device: Device,
    ) -> Result<Option<Homeward>, EngineError> {
        if !matches!(self.way_now(journey, visitor)?, HomeRedirect::To(_)) {
            return Ok(None);
        }
        let opening = journey.opening();
        let end = home_end(journey);
        let landing = end.as_ref().and_then(|end| opening.plan.landing_for(outcome_of(journey, end)));
        match (landing, end) {
            (Some(entry), Some(end)) if entry.needs_page(opening.terms.app_links) => {
                Ok(Some(entry.homeward(device, &self.way_params(journey, entry, &end, None)?)?))
            }
            _ => Ok(None),
        }
    }

    /// A page of ours about this journey.
    pub(super) fn page(&self, journey: &Journey, path: &'static str) -> Result<Redirect, EngineError> {
        let link = self.keys.link(journey).ok_or_else(super::key_gone)?;
        Ok(Redirect::own(&self.public_url, path, &[("link_id", &link)]))
    }

    fn homeward(&self, journey: &Journey, end: &End, departure: Option<u8>) -> Result<Redirect, EngineError> {
        match journey.opening().plan.landing_for(outcome_of(journey, end)) {
            None => self.page(journey, page_of(journey)),
            Some(entry) if entry.needs_page(journey.opening().terms.app_links) => {
                self.page(journey, app_page_of(journey))
            }
            Some(entry) => {
                let params = self.way_params(journey, entry, end, departure)?;
                Ok(Redirect::home(&entry.url, &params, entry.params_in)?)
            }
        }
    }

    /// What a hand-back adds to its callback, with a signature where the merchant has asked for one. One that could not
    /// wait is signed only where its dialect appends something that tells it from an outcome: the callback alone, signed,
    /// would pass for one.
    fn way_params(
        &self,
        journey: &Journey,
        entry: &Entry,
        end: &End,
        departure: Option<u8>,
    ) -> Result<Params, EngineError> {
        let token = self.token_of(journey, journey.token_number(end, departure))?;
        let settlement = match end {
            End::Settled(number) => journey.settlements().get(usize::from(*number)),
            End::Failed(_) | End::Frozen => None,
        };
        let consent_token = self.consent_token(journey);
        let consent_token = consent_token.as_ref().map(Secret::reveal);
        let dialect = self.dialect(&journey.opening().dialect)?;
        let signature =
            settlement.map(|settlement| self.signature(dialect, journey, settlement)).transpose()?.flatten();
        let hand_back = HandBack { settlement, token: token.as_ref(), consent_token, signature };
        let params = dialect.way_home(journey, &hand_back);
        if *end == End::Frozen && params.pairs().next().is_none() {
            return Ok(params);
        }
        let at = journey.moment_of(end, departure);
        self.keys.sign_return(journey, entry, params, at)?.ok_or_else(super::key_gone)
    }

    /// The signature that stands on a journey's way home, where its dialect has one.
    ///
    /// # Errors
    /// When the journey's key or dialect is gone.
    pub fn home_signature(&self, journey: &Journey) -> Result<Option<GatewaySignature>, EngineError> {
        let Some(settlement) = journey.settlement() else { return Ok(None) };
        self.signature(self.dialect(&journey.opening().dialect)?, journey, settlement)
    }

    /// The public keys that verify such signatures, the current one first.
    pub fn home_keys(&self) -> Vec<[u8; 32]> {
        self.keys.home_keys()
    }

    pub(super) fn signature(
        &self,
        dialect: &dyn Dialect,
        journey: &Journey,
        settlement: &Settlement,
    ) -> Result<Option<GatewaySignature>, EngineError> {
        let Some(text) = dialect.signed_text(journey, settlement) else { return Ok(None) };
        self.keys.home_signature(journey, text.as_bytes()).map(Some).ok_or_else(super::key_gone)
    }
}

/// The outcome that an end of a journey stands for; `None` while nothing has been proven.
fn outcome_of(journey: &Journey, end: &End) -> Option<Outcome> {
    match end {
        End::Settled(number) => journey.settlements().get(usize::from(*number)).map(|settlement| settlement.outcome),
        End::Failed(_) | End::Frozen => None,
    }
}

/// The page of ours that a journey is on.
pub const fn page_of(journey: &Journey) -> &'static str {
    match journey.opening().purpose {
        Purpose::Checkout(_) | Purpose::Booking(_) | Purpose::Errand(_) => PAYMENT_PAGE,
        Purpose::Consent(_) => CONSENT_PAGE,
    }
}

/// The page of ours that opens a journey's app.
pub(super) const fn app_page_of(journey: &Journey) -> &'static str {
    match journey.opening().purpose {
        Purpose::Checkout(_) | Purpose::Booking(_) | Purpose::Errand(_) => PAYMENT_APP_PAGE,
        Purpose::Consent(_) => CONSENT_APP_PAGE,
    }
}

/// The end that a journey has come to, if it has: its last settlement, or a hand-back that could not wait.
pub(super) fn home_end(journey: &Journey) -> Option<End> {
    match journey.stage() {
        Stage::Settled(_) => u8::try_from(journey.settlements().len() - 1).ok().map(End::Settled),
        Stage::HandedBack => Some(End::Frozen),
        Stage::Open(_) | Stage::Away { .. } => None,
    }
}
