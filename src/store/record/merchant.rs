//! Merchants and their terms, which every journey has a copy of.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::device_urls::DeviceUrlsRecord;
use super::secrets::SecretsRecord;
use super::told::ToldRecord;
use super::{StoreError, damaged, read, write};
use crate::domain::callback::{CallbackUrl, Placement};
use crate::domain::id::MerchantId;
use crate::domain::merchant::{CallbackName, Merchant, MerchantName, SavedCallback, SavedCallbacks, Settings, Used};
use crate::domain::moment::UnixMillis;
use crate::domain::slots::Slots;
use crate::domain::terms::{
    AppLinks, ExtraOutcomes, FrozenSettings, OneOffUrls, OneTime, SameBrowser, SignedReturns, WhenLate,
};

/// Writes a merchant.
///
/// # Errors
/// When it cannot be encoded, which no merchant is known to do.
pub fn write_merchant(merchant: &Merchant) -> Result<Vec<u8>, StoreError> {
    write(&MerchantRecord::from(merchant))
}

/// Reads a merchant.
///
/// # Errors
/// [`StoreError::Damaged`] when the bytes are no merchant of a version known here.
pub fn read_merchant(bytes: &[u8]) -> Result<Merchant, StoreError> {
    read::<MerchantRecord>(bytes)?.into_merchant().ok_or_else(|| damaged("a merchant's value is out of range"))
}

#[derive(Serialize, Deserialize)]
struct MerchantRecord {
    id: u128,
    revision: u32,
    name: String,
    api_keys: Vec<[u8; 32]>,
    signing_secret: Vec<u8>,
    created_at: u64,
    callbacks: Vec<Option<(String, Option<String>, bool)>>,
    terms: FrozenSettingsRecord,
    saved_only: bool,
    journey_life_seconds: u32,
    // Records that were written before callbacks had URLs for devices end here.
    #[serde(default)]
    device_urls: Vec<(u32, DeviceUrlsRecord)>,
    // Records that were written before there were payment endpoints end here.
    #[serde(default)]
    told: Option<ToldRecord>,
    // Records that were written before keys had numbers end here; only they have anything in `api_keys`.
    #[serde(default)]
    secrets: Option<SecretsRecord>,
    // Records that were written before callbacks could be used on request alone end here.
    #[serde(default)]
    on_request: Vec<u32>,
}

impl From<&Merchant> for MerchantRecord {
    fn from(merchant: &Merchant) -> Self {
        let s = &merchant.settings;
        let slots = merchant.callbacks.slots().iter().map(|slot| {
            let saved = slot.as_ref()?;
            let name = saved.name.as_ref().map(|name| name.as_str().to_owned());
            Some((saved.url.as_str().to_owned(), name, saved.params_in == Placement::Fragment))
        });
        Self {
            id: u128::from_be_bytes(*merchant.id.as_bytes()),
            revision: merchant.revision,
            name: merchant.name.as_str().to_owned(),
            api_keys: Vec::new(),
            signing_secret: Vec::new(),
            created_at: merchant.created_at.as_millis(),
            callbacks: slots.collect(),
            terms: FrozenSettingsRecord::from(&s.frozen()),
            saved_only: s.one_off_urls == OneOffUrls::SavedOnly,
            journey_life_seconds: seconds(s.journey_life),
            device_urls: write_device_urls(&merchant.callbacks),
            told: ToldRecord::of(merchant),
            secrets: Some(SecretsRecord::from(merchant)),
            on_request: on_request(&merchant.callbacks),
        }
    }
}

impl MerchantRecord {
    fn into_merchant(self) -> Option<Merchant> {
        let mut device_urls: HashMap<_, _> = self.device_urls.into_iter().collect();
        let on_request = self.on_request;
        let slots = (0..).zip(self.callbacks).map(|(index, slot)| match slot {
            None => Some(None),
            Some((url, name, in_fragment)) => {
                let name = name.map(|name| CallbackName::parse(&name)).transpose().ok()?;
                let (url, params_in) = (CallbackUrl::restored(url), placement(in_fragment));
                let device_urls =
                    device_urls.remove(&index).map(DeviceUrlsRecord::into_device_urls).unwrap_or_default();
                let used = if on_request.contains(&index) { Used::OnRequest } else { Used::ByDefault };
                Some(Some(SavedCallback { url, name, params_in, device_urls, used }))
            }
        });
        let one_off_urls = if self.saved_only { OneOffUrls::SavedOnly } else { OneOffUrls::Allowed };
        let journey_life = Duration::from_secs(self.journey_life_seconds.into());
        let (created_at, told) = (UnixMillis::from_millis(self.created_at), self.told.unwrap_or_default());
        let secrets = self.secrets.unwrap_or_else(|| {
            SecretsRecord::older(self.signing_secret, (self.api_keys, &told.hashed_keys), created_at)
        });
        let mut merchant = Merchant {
            id: MerchantId::from_bytes(self.id.to_be_bytes()),
            revision: self.revision,
            name: MerchantName::parse(&self.name).ok()?,
            standing: secrets.standing(),
            signing_secret: secrets.signing_secret(),
            webhook_key: secrets.webhook_key(),
            api_keys: secrets.into_keys()?,
            created_at,
            callbacks: SavedCallbacks::restored(slots.collect::<Option<_>>()?),
            settings: Settings::of_frozen(self.terms.into_frozen()?, one_off_urls, journey_life),
            endpoints: Slots::default(),
            webhook: None,
            public_keys: Vec::new(),
        };
        told.put_into(&mut merchant);
        Some(merchant)
    }
}

/// The slots whose callbacks are used on request alone.
fn on_request(callbacks: &SavedCallbacks) -> Vec<u32> {
    let slots = (0..).zip(callbacks.slots());
    slots.filter_map(|(index, slot)| (slot.as_ref()?.used == Used::OnRequest).then_some(index)).collect()
}

/// The URLs for devices of the slots that have any.
fn write_device_urls(callbacks: &SavedCallbacks) -> Vec<(u32, DeviceUrlsRecord)> {
    let slots = (0..).zip(callbacks.slots());
    slots.filter_map(|(index, slot)| Some((index, DeviceUrlsRecord::of(&slot.as_ref()?.device_urls)?))).collect()
}

/// What a merchant has chosen.
#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "one byte each on the wire; the domain has words for them")]
pub(super) struct FrozenSettingsRecord {
    one_time_token: bool,
    token_life_seconds: u32,
    extra_outcomes: bool,
    browser_required: bool,
    app_links_direct: bool,
    hand_back_when_late: bool,
    // Records that were written before returns were signed end here.
    #[serde(default)]
    signed_returns: u8,
}

impl From<&FrozenSettings> for FrozenSettingsRecord {
    fn from(terms: &FrozenSettings) -> Self {
        Self {
            one_time_token: terms.one_time_token == OneTime::On,
            token_life_seconds: seconds(terms.token_life),
            extra_outcomes: terms.extra_outcomes == ExtraOutcomes::On,
            browser_required: terms.same_browser == SameBrowser::Required,
            app_links_direct: terms.app_links == AppLinks::Direct,
            hand_back_when_late: terms.when_late == WhenLate::HandBack,
            signed_returns: match terms.signed_returns {
                SignedReturns::Off => 0,
                SignedReturns::Hmac => 1,
                SignedReturns::Ed25519 => 2,
            },
        }
    }
}

impl FrozenSettingsRecord {
    /// `None` when a choice is none that is known here.
    pub(super) fn into_frozen(self) -> Option<FrozenSettings> {
        let signed_returns = match self.signed_returns {
            0 => SignedReturns::Off,
            1 => SignedReturns::Hmac,
            2 => SignedReturns::Ed25519,
            _ => return None,
        };
        Some(FrozenSettings {
            one_time_token: if self.one_time_token { OneTime::On } else { OneTime::Off },
            token_life: Duration::from_secs(self.token_life_seconds.into()),
            extra_outcomes: if self.extra_outcomes { ExtraOutcomes::On } else { ExtraOutcomes::Off },
            same_browser: if self.browser_required { SameBrowser::Required } else { SameBrowser::Checked },
            app_links: if self.app_links_direct { AppLinks::Direct } else { AppLinks::Page },
            when_late: if self.hand_back_when_late { WhenLate::HandBack } else { WhenLate::Wait },
            signed_returns,
        })
    }
}

fn seconds(span: Duration) -> u32 {
    u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
}

/// Where parameters go.
pub(super) const fn placement(in_fragment: bool) -> Placement {
    if in_fragment { Placement::Fragment } else { Placement::Query }
}
