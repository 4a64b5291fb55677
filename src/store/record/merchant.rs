//! Merchants and their settings, of which every journey has a copy.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::plan::write_device_urls;
use super::recorded::{Record, Recorded};
use super::secrets::Secrets;
use super::{StoreError, read, write};
use crate::domain::callback::DeviceUrls;
use crate::domain::id::MerchantId;
use crate::domain::merchant::{Merchant, PublicKey, SavedCallback, SavedCallbacks, Settings, Used, Webhook};
use crate::domain::moment::UnixMillis;
use crate::domain::plan::WebhookEndpoint;
use crate::domain::slots::Slots;
use crate::domain::terms::{
    AnswersTo, AppLinks, ExtraOutcomes, FrozenSettings, JourneyLife, NoticeType, OneOffUrls, OneTime, SameBrowser,
    SignedCalls, SignedReturns, TokenLife, WhenLate,
};

/// Writes a merchant.
///
/// # Errors
/// When it cannot be encoded, which no merchant is known to do.
pub fn write_merchant(merchant: &Merchant) -> Result<Vec<u8>, StoreError> {
    write(&merchant.record())
}

/// Reads a merchant.
///
/// # Errors
/// [`StoreError::Damaged`] when the bytes are no merchant of a version known here.
pub fn read_merchant(bytes: &[u8]) -> Result<Merchant, StoreError> {
    read(bytes, "a merchant")
}

#[derive(Serialize, Deserialize)]
pub(super) struct MerchantRecord {
    id: Record<MerchantId>,
    revision: u32,
    name: String,
    api_keys: Vec<[u8; 32]>,
    signing_secret: Vec<u8>,
    created_at: Record<UnixMillis>,
    callbacks: Vec<Option<(String, Option<String>, bool)>>,
    terms: FrozenSettingsRecord,
    saved_only: bool,
    journey_life_seconds: u32,
    // Records that were written before callbacks had URLs for devices end here.
    #[serde(default)]
    device_urls: Vec<(u32, Record<DeviceUrls>)>,
    // Records that were written before there were payment endpoints end here.
    #[serde(default)]
    besides: Option<BesidesRecord>,
    // Records that were written before keys had numbers end here; only they have anything in `api_keys`.
    #[serde(default)]
    secrets: Option<Record<Secrets>>,
    // Records that were written before callbacks could be used on request alone end here.
    #[serde(default)]
    on_request: Vec<u32>,
    // Settings that came after this field, by their names.
    #[serde(default)]
    later_settings: Vec<(String, String)>,
}

/// What a merchant can have besides, since there are payment endpoints; one that has none of it has no such record.
#[derive(Default, PartialEq, Serialize, Deserialize)]
struct BesidesRecord {
    answers_to_app: bool,
    signed_calls: bool,
    notice_type: String,
    endpoints: Vec<Record<Option<WebhookEndpoint>>>,
    webhook: Record<Option<Webhook>>,
    public_keys: Record<Vec<PublicKey>>,
    /// Of API keys of the older form; nothing writes it any more.
    hashed_keys: Vec<[u8; 32]>,
}

impl BesidesRecord {
    fn of(merchant: &Merchant) -> Option<Self> {
        let settings = &merchant.settings;
        let record = Self {
            answers_to_app: settings.answers_to == AnswersTo::App,
            signed_calls: settings.signed_calls == SignedCalls::Required,
            notice_type: settings.notice_type.as_str().to_owned(),
            endpoints: merchant.endpoints.all().iter().map(Recorded::record).collect(),
            webhook: merchant.webhook.record(),
            public_keys: merchant.public_keys.record(),
            hashed_keys: Vec::new(),
        };
        (record != Self::default()).then_some(record)
    }
}

impl Recorded for Merchant {
    type Record = MerchantRecord;

    fn record(&self) -> MerchantRecord {
        let s = &self.settings;
        let slots = || (0..).zip(self.callbacks.slots()).filter_map(|(index, slot)| Some((index, slot.as_ref()?)));
        let device_urls = slots().filter_map(|(index, saved)| Some((index, write_device_urls(&saved.device_urls)?)));
        let on_request = slots().filter(|(_, saved)| saved.used == Used::OnRequest);
        let callbacks = self.callbacks.slots().iter().map(|slot| {
            let saved = slot.as_ref()?;
            Some((saved.url.record(), saved.name.record(), saved.params_in.record()))
        });
        MerchantRecord {
            id: self.id.record(),
            revision: self.revision,
            name: self.name.record(),
            api_keys: Vec::new(),
            signing_secret: Vec::new(),
            created_at: self.created_at.record(),
            callbacks: callbacks.collect(),
            terms: FrozenSettingsRecord::from(&s.frozen()),
            saved_only: s.one_off_urls == OneOffUrls::SavedOnly,
            journey_life_seconds: seconds(s.journey_life.get()),
            device_urls: device_urls.collect(),
            besides: BesidesRecord::of(self),
            secrets: Some(Secrets::record_of(self)),
            on_request: on_request.map(|(index, _)| index).collect(),
            later_settings: later(&Settings::NAMES[Settings::FROZEN.len() + OWN_WITH_FIELDS..], s),
        }
    }

    fn of(record: MerchantRecord) -> Option<Self> {
        let mut device_urls: HashMap<_, _> = record.device_urls.into_iter().collect();
        let slots = (0..).zip(record.callbacks).map(|(index, slot)| {
            let Some((url, name, params_in)) = slot else { return Some(None) };
            let urls: Option<DeviceUrls> = Recorded::of(device_urls.remove(&index))?;
            Some(Some(SavedCallback {
                url: Recorded::of(url)?,
                name: Recorded::of(name)?,
                params_in: Recorded::of(params_in)?,
                device_urls: urls.unwrap_or_default(),
                used: if record.on_request.contains(&index) { Used::OnRequest } else { Used::ByDefault },
            }))
        });
        let (created_at, besides) = (Recorded::of(record.created_at)?, record.besides.unwrap_or_default());
        let mut settings = Settings {
            one_off_urls: if record.saved_only { OneOffUrls::SavedOnly } else { OneOffUrls::Allowed },
            journey_life: JourneyLife::clamped(record.journey_life_seconds.into()),
            answers_to: if besides.answers_to_app { AnswersTo::App } else { AnswersTo::Gateway },
            signed_calls: if besides.signed_calls { SignedCalls::Required } else { SignedCalls::Checked },
            notice_type: NoticeType::parse(&besides.notice_type).unwrap_or_default(),
            ..Settings::default().with_frozen(record.terms.into_frozen()?)
        };
        record.later_settings.iter().try_for_each(|(name, text)| settings.put(name, text))?;
        let secrets = match record.secrets {
            Some(secrets) => Recorded::of(secrets)?,
            None => Secrets::older(record.signing_secret, (record.api_keys, &besides.hashed_keys), created_at),
        };
        Some(Self {
            id: Recorded::of(record.id)?,
            revision: record.revision,
            name: Recorded::of(record.name)?,
            standing: secrets.standing,
            api_keys: secrets.api_keys,
            signing_secret: secrets.signing_secret,
            webhook_key: secrets.webhook_key,
            created_at,
            callbacks: SavedCallbacks::restored(slots.collect::<Option<_>>()?),
            settings,
            endpoints: Slots::restored(Recorded::of(besides.endpoints)?),
            webhook: Recorded::of(besides.webhook)?,
            public_keys: Recorded::of(besides.public_keys)?,
        })
    }
}

/// How many of the settings that journeys freeze have fields of their own here; those after them have not.
const FROZEN_WITH_FIELDS: usize = 7;

/// How many of the other settings have fields in a merchant's record.
const OWN_WITH_FIELDS: usize = 5;

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
    // Settings that came after this field, by their names.
    #[serde(default)]
    later: Vec<(String, String)>,
}

impl From<&FrozenSettings> for FrozenSettingsRecord {
    fn from(terms: &FrozenSettings) -> Self {
        Self {
            one_time_token: terms.one_time_token == OneTime::On,
            token_life_seconds: seconds(terms.token_life.get()),
            extra_outcomes: terms.extra_outcomes == ExtraOutcomes::On,
            browser_required: terms.same_browser == SameBrowser::Required,
            app_links_direct: terms.app_links == AppLinks::Direct,
            hand_back_when_late: terms.when_late == WhenLate::HandBack,
            signed_returns: terms.signed_returns.record(),
            later: later(&Settings::FROZEN[FROZEN_WITH_FIELDS..], &Settings::default().with_frozen(*terms)),
        }
    }
}

impl FrozenSettingsRecord {
    /// `None` when a choice is none that is known here.
    pub(super) fn into_frozen(self) -> Option<FrozenSettings> {
        let frozen = FrozenSettings {
            one_time_token: if self.one_time_token { OneTime::On } else { OneTime::Off },
            token_life: TokenLife::clamped(self.token_life_seconds.into()),
            extra_outcomes: if self.extra_outcomes { ExtraOutcomes::On } else { ExtraOutcomes::Off },
            same_browser: if self.browser_required { SameBrowser::Required } else { SameBrowser::Checked },
            app_links: if self.app_links_direct { AppLinks::Direct } else { AppLinks::Page },
            when_late: if self.hand_back_when_late { WhenLate::HandBack } else { WhenLate::Wait },
            signed_returns: SignedReturns::of(self.signed_returns)?,
        };
        let mut settings = Settings::default().with_frozen(frozen);
        self.later.iter().try_for_each(|(name, text)| settings.put(name, text))?;
        Some(settings.frozen())
    }
}

/// The settings of these names, which have no field of their own.
fn later(names: &[&str], settings: &Settings) -> Vec<(String, String)> {
    names.iter().filter_map(|name| Some(((*name).to_owned(), settings.text(name)?))).collect()
}

fn seconds(span: std::time::Duration) -> u32 {
    u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::laws::fixtures;

    #[test]
    fn every_setting_survives_its_record() {
        let mut merchant = fixtures::merchant("Shop", UnixMillis::from_millis(1));
        let usual = merchant.settings.clone();
        let chosen = ["on", "on", "required", "direct", "hand_back", "ed25519", "10", "saved_only", "60", "app"];
        let chosen = chosen.into_iter().chain(["required", "text/plain"]);
        for (name, text) in Settings::NAMES.iter().zip(chosen) {
            merchant.settings.put(name, text).unwrap();
            assert_ne!(merchant.settings.text(name), usual.text(name), "{name}");
            assert_eq!(read_merchant(&write_merchant(&merchant).unwrap()).as_ref(), Ok(&merchant), "{name}");
        }
        assert!(
            merchant.settings.put("when_late", "never").is_none() && merchant.settings.put("colour", "on").is_none()
        );
    }

    #[test]
    fn a_setting_without_a_field_is_kept_by_its_name() {
        let usual = Settings::default().frozen();
        let kept = later(&["when_late", "colour"], &Settings::default());
        assert_eq!(kept, [("when_late".to_owned(), "wait".to_owned())]);
        let record = |name: &str, text: &str| FrozenSettingsRecord {
            later: vec![(name.into(), text.into())],
            ..FrozenSettingsRecord::from(&usual)
        };
        let read = record("when_late", "hand_back").into_frozen();
        assert_eq!(read, Some(FrozenSettings { when_late: WhenLate::HandBack, ..usual }));
        assert_eq!(record("colour", "on").into_frozen(), None, "a newer version has written it");
    }
}
