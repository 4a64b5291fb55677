//! A merchant's settings, and those that a journey has frozen.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, numbered};
use crate::domain::terms::{JourneyLife, Seconds, Setting as _, merchant_settings};
use crate::domain::{
    AnswersTo, AppLinks, Color, ExtraOutcomes, FrozenSettings, LatePayments, MerchantColor, NoticeType, OneOffUrls,
    OneTime, PageLanguage, PageLink, PopupOrigin, PreferredProvider, SameBrowser, Settings, SignedCalls, SignedReturns,
    TokenLife, WhenLate,
};

/// Writes the records of the settings: a field each, in the order of the table. A record that a program wrote before a
/// setting was added ends before its field, which is read as the setting's default.
macro_rules! records {
    (
        frozen { $(
            $(#[$frozen_doc:meta])*
            $frozen_name:literal: $frozen_written:ty => $frozen:ident: $frozen_type:ty = $frozen_default:expr;
        )* }
        asked { $(
            $(#[$doc:meta])*
            $name:literal: $written:ty => $field:ident: $type:ty = $default:expr;
        )* }
    ) => {
        #[derive(Default, Serialize, Deserialize)]
        #[serde(default)]
        pub(super) struct FrozenSettingsRecord {
            $($frozen: Option<Record<$frozen_type>>,)*
        }

        #[derive(Default, Serialize, Deserialize)]
        #[serde(default)]
        pub(super) struct SettingsRecord {
            frozen: FrozenSettingsRecord,
            $($field: Option<Record<$type>>,)*
        }

        impl Recorded for FrozenSettings {
            type Record = FrozenSettingsRecord;

            fn record(&self) -> FrozenSettingsRecord {
                FrozenSettingsRecord { $($frozen: Some(self.$frozen.record()),)* }
            }

            fn of(record: FrozenSettingsRecord) -> Option<Self> {
                Some(Self { $($frozen: record.$frozen.map_or(Some($frozen_default), Recorded::of)?,)* })
            }
        }

        impl Recorded for Settings {
            type Record = SettingsRecord;

            fn record(&self) -> SettingsRecord {
                SettingsRecord { frozen: self.frozen().record(), $($field: Some(self.$field.record()),)* }
            }

            fn of(record: SettingsRecord) -> Option<Self> {
                let frozen = FrozenSettings::of(record.frozen)?;
                Some(Self {
                    $($frozen: frozen.$frozen,)*
                    $($field: record.$field.map_or(Some($default), Recorded::of)?,)*
                })
            }
        }
    };
}

merchant_settings!(records);

numbered!(OneTime: Off, On);
numbered!(LatePayments: Keep, Refund);
numbered!(ExtraOutcomes: Off, On);
numbered!(SameBrowser: Checked, Required);
numbered!(AppLinks: Page, Direct);
numbered!(WhenLate: Wait, HandBack);
numbered!(SignedReturns: Off, Hmac, Ed25519);
numbered!(OneOffUrls: Allowed, SavedOnly);
numbered!(AnswersTo: Gateway, App);
numbered!(SignedCalls: Checked, Required);

impl<const LEAST: u64, const MOST: u64> Recorded for Seconds<LEAST, MOST> {
    type Record = u64;

    fn record(&self) -> u64 {
        self.written()
    }

    fn of(seconds: u64) -> Option<Self> {
        Some(Self::clamped(seconds))
    }
}

impl Recorded for PreferredProvider {
    type Record = String;

    fn record(&self) -> String {
        self.as_str().to_owned()
    }

    fn of(text: String) -> Option<Self> {
        Self::parse(&text).ok()
    }
}

impl Recorded for PageLanguage {
    type Record = String;

    fn record(&self) -> String {
        self.written()
    }

    fn of(text: String) -> Option<Self> {
        Self::parse(&text).ok()
    }
}

impl Recorded for PageLink {
    type Record = String;

    fn record(&self) -> String {
        self.written()
    }

    fn of(text: String) -> Option<Self> {
        Self::parse("url", &text).ok()
    }
}

impl Recorded for PopupOrigin {
    type Record = String;

    fn record(&self) -> String {
        self.written()
    }

    fn of(text: String) -> Option<Self> {
        Self::parse(&text).ok()
    }
}

/// Its three parts; none of a merchant that has chosen none.
impl Recorded for MerchantColor {
    type Record = Option<[u8; 3]>;

    fn record(&self) -> Self::Record {
        self.0.map(Color::parts)
    }

    fn of(record: Self::Record) -> Option<Self> {
        Some(Self(record.map(Color::rgb)))
    }
}

impl Recorded for NoticeType {
    type Record = String;

    fn record(&self) -> String {
        self.as_str().to_owned()
    }

    fn of(text: String) -> Option<Self> {
        Self::parse(&text).ok()
    }
}
