//! The table of a merchant's settings, and what their values can be.
//!
//! A row of `merchant_settings` is everything that the program knows of a setting: the profile reads, changes and
//! answers it by its row, journeys freeze it, and records keep it. `static/openapi.json` describes it for people.

use std::{str::FromStr, time::Duration};

use crate::domain::{
    Invalid, MerchantColor, PageLanguage, PageLink, PopupOrigin, signed_return::PARAMETER, words::words,
};

/// Calls a macro with every setting, a row each: `"name in the API": type there => field: type here = default;`.
///
/// What is `frozen` stays in a journey as it was when the journey opened; the others are asked for when they matter. A
/// new row goes to the end of its group, because records keep the older ones in fields of their own.
macro_rules! merchant_settings {
    ($then:ident) => {
        $then! {
            frozen {
                /// Whether callbacks carry a one-time token unless a journey says otherwise.
                "one_time_token": String => one_time_token: OneTime = OneTime::Off;
                /// What becomes of a payment that fails or expires.
                "extra_outcomes": String => extra_outcomes: ExtraOutcomes = ExtraOutcomes::Off;
                /// Whether a return must come from the browser that left.
                "same_browser": String => same_browser: SameBrowser = SameBrowser::Checked;
                /// How an app link is opened.
                "app_links": String => app_links: AppLinks = AppLinks::Page;
                /// What a customer sees when the bank is late.
                "when_late": String => when_late: WhenLate = WhenLate::Wait;
                /// Whether the redirect home carries a signature.
                "signed_returns": String => signed_returns: SignedReturns = SignedReturns::Off;
                /// How long a one-time token can be redeemed.
                "one_time_token_life_seconds": u64 => token_life: TokenLife = TokenLife::clamped(300);
                /// What becomes of a payment that is made after its merchant was told another ending.
                "late_payments": String => late_payments: LatePayments = LatePayments::Keep;
                /// The language of customers' pages.
                "language": String => language: PageLanguage = PageLanguage::default();
            }
            asked {
                /// Whether a journey may bring a URL of its own.
                "one_off_urls": String => one_off_urls: OneOffUrls = OneOffUrls::Allowed;
                /// How long a journey waits for its customer.
                "journey_life_seconds": u64 => journey_life: JourneyLife = JourneyLife::clamped(86_400);
                /// Who takes the bank's answer from the browser.
                "answers_to": String => answers_to: AnswersTo = AnswersTo::Gateway;
                /// Whether its calls must be signed.
                "signed_calls": String => signed_calls: SignedCalls = SignedCalls::Checked;
                /// The media type of webhooks, where it must be another one than the call's.
                "notice_type": String => notice_type: NoticeType = NoticeType::default();
                /// The provider of payments that name none.
                "provider": String => provider: PreferredProvider = PreferredProvider::default();
                /// Where customers find help; their pages link it.
                "support_url": String => support_url: PageLink = PageLink::default();
                /// The merchant's legal notice; customers' pages link it.
                "legal_url": String => legal_url: PageLink = PageLink::default();
                /// The origin of the merchant's page that opens payments in a window of their own.
                "popup_origin": String => popup_origin: PopupOrigin = PopupOrigin::default();
                /// The merchant's colour, which customers' pages take on.
                "color": String => color: MerchantColor = MerchantColor::default();
                /// Where the merchant's logo is; it is fetched when this is chosen, and customers' pages show it.
                "logo_url": String => logo_url: PageLink = PageLink::default();
            }
        }
    };
}
pub(crate) use merchant_settings;

/// Declares the settings as types: all of them, those that are frozen, and a change to them.
macro_rules! declare {
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
        /// What a merchant has chosen for its new journeys; running ones keep what they were opened with.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Settings {
            $($(#[$frozen_doc])* pub $frozen: $frozen_type,)*
            $($(#[$doc])* pub $field: $type,)*
        }

        /// The merchant's choices, as they stood when the journey opened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct FrozenSettings {
            $($(#[$frozen_doc])* pub $frozen: $frozen_type,)*
        }

        /// What a merchant chooses anew; what it does not name stays as it is.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct SettingsPatch {
            $($(#[$frozen_doc])* pub $frozen: Option<$frozen_type>,)*
            $($(#[$doc])* pub $field: Option<$type>,)*
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($frozen: $frozen_default,)* $($field: $default,)* }
            }
        }

        impl Settings {
            /// The names of all settings, as the API and records write them.
            pub const NAMES: &[&str] = &[$($frozen_name,)* $($name,)*];

            /// The part that is frozen into each journey.
            pub const fn frozen(&self) -> FrozenSettings {
                FrozenSettings { $($frozen: self.$frozen,)* }
            }
        }

        impl SettingsPatch {
            /// These settings, with what is chosen anew.
            pub fn over(&self, settings: &Settings) -> Settings {
                let mut changed = settings.clone();
                $(if let Some(chosen) = &self.$frozen {
                    changed.$frozen.clone_from(chosen);
                })*
                $(if let Some(chosen) = &self.$field {
                    changed.$field.clone_from(chosen);
                })*
                changed
            }
        }
    };
}

merchant_settings!(declare);

impl Settings {
    /// The shortest and the longest life of a one-time token.
    pub const TOKEN_LIFE: (Duration, Duration) = TokenLife::BOUNDS;
    /// The shortest and the longest life of a journey.
    pub const JOURNEY_LIFE: (Duration, Duration) = JourneyLife::BOUNDS;
}

/// A value of a setting.
pub trait Setting: Sized {
    /// How the API and records write it.
    type Written: ToString + FromStr;

    /// The words of a choice; none of any other setting.
    const CHOICES: &'static [&'static str] = &[];

    /// Reads the value of the setting of this name.
    ///
    /// # Errors
    /// When it is none that the setting can have.
    fn read(name: &'static str, written: Self::Written) -> Result<Self, Invalid>;

    /// Writes it.
    fn written(&self) -> Self::Written;
}

/// A whole number of seconds, from `LEAST` to `MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds<const LEAST: u64, const MOST: u64>(u64);

/// How long a one-time token can be redeemed: ten seconds to a day.
pub type TokenLife = Seconds<10, 86_400>;

/// How long a journey waits for its customer: a minute to thirty days.
pub type JourneyLife = Seconds<60, 2_592_000>;

impl<const LEAST: u64, const MOST: u64> Seconds<LEAST, MOST> {
    /// The shortest and the longest.
    pub const BOUNDS: (Duration, Duration) = (Duration::from_secs(LEAST), Duration::from_secs(MOST));

    /// So many seconds, or the nearest number that is allowed.
    #[must_use]
    pub const fn clamped(seconds: u64) -> Self {
        match seconds {
            short if short < LEAST => Self(LEAST),
            long if long > MOST => Self(MOST),
            seconds => Self(seconds),
        }
    }

    /// The span of time.
    pub const fn get(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl<const LEAST: u64, const MOST: u64> Setting for Seconds<LEAST, MOST> {
    type Written = u64;

    fn read(name: &'static str, seconds: u64) -> Result<Self, Invalid> {
        if (LEAST..=MOST).contains(&seconds) {
            return Ok(Self(seconds));
        }
        Err(Invalid::new(name, format!("is not between {LEAST} and {MOST} seconds")))
    }

    fn written(&self) -> u64 {
        self.0
    }
}

/// A media type as a header can carry it; empty, the default, is the call's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoticeType(String);

impl NoticeType {
    /// Accepts a media type or nothing; surrounding spaces are dropped.
    ///
    /// # Errors
    /// When it is longer than 100 characters, or not a media type in visible ASCII.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let fits = text.len() <= 100 && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if fits && (text.is_empty() || text.contains('/')) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new("notice_type", "is no media type")
            .hint("expected one such as application/json; charset=utf-8"))
    }

    /// The media type.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The provider that payments go to which name none: one of the operator's or an account of the merchant's; empty, the
/// default, is the first that takes the payment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreferredProvider(String);

impl PreferredProvider {
    /// Accepts a provider's name, or nothing. Whether there is such a provider is known when a payment is opened.
    ///
    /// # Errors
    /// When it is longer than 64 characters, or has others than `a-z`, `0-9` and `-`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let form = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.len() <= 64 && text.bytes().all(form) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::new("provider", "is not the name of a provider").hint("expected up to 64 of a-z, 0-9 and -"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Says how a setting is read from a text, and written as one.
macro_rules! texts {
    ($($type:ident: $read:expr, $written:expr;)+) => {$(
        impl Setting for $type {
            type Written = String;

            fn read(name: &'static str, written: String) -> Result<Self, Invalid> {
                let read: fn(&'static str, &str) -> Result<Self, Invalid> = $read;
                read(name, &written)
            }

            fn written(&self) -> String {
                let written: fn(&Self) -> String = $written;
                written(self)
            }
        }
    )+};
}

texts! {
    NoticeType: |_, text| NoticeType::parse(text), |own| own.as_str().to_owned();
    PreferredProvider: |_, text| PreferredProvider::parse(text), |own| own.as_str().to_owned();
    PageLanguage: |_, text| PageLanguage::parse(text), |own| own.as_str().to_owned();
    PageLink: PageLink::parse, |own| own.as_str().to_owned();
    PopupOrigin: |_, text| PopupOrigin::parse(text), |own| own.as_str().to_owned();
    MerchantColor: MerchantColor::parse, |own| own.written();
}

/// Declares a choice between words, as the value of a setting.
macro_rules! choice {
    (
        $(#[$doc:meta])*
        $name:ident: $field:literal,
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+
    ) => {
        words! {
            $(#[$doc])*
            pub enum $name($field) {
                $($(#[$variant_doc])* $variant = $text,)+
            }
        }

        impl Setting for $name {
            type Written = String;

            const CHOICES: &'static [&'static str] = &[$($text),+];

            fn read(_: &'static str, written: String) -> Result<Self, Invalid> {
                Self::parse(&written)
            }

            fn written(&self) -> String {
                self.as_str().to_owned()
            }
        }
    };
}

choice!(
    /// Whether a callback carries a one-time token.
    OneTime: "one_time_token",
    /// It does not.
    Off = "off",
    /// It does.
    On = "on"
);
choice!(
    /// What becomes of a payment that fails or expires.
    ExtraOutcomes: "extra_outcomes",
    /// The customer comes back to the checkout and may try again.
    Off = "off",
    /// The customer is handed back with `status=failed` or `status=expired`.
    On = "on"
);
choice!(
    /// Whether a journey may bring a callback of its own.
    OneOffUrls: "one_off_urls",
    /// Any URL that keeps the rules.
    Allowed = "allowed",
    /// Saved callbacks only.
    SavedOnly = "saved_only"
);
choice!(
    /// Who takes the bank's answer from the browser, where a dialect lets its merchants choose.
    AnswersTo: "answers_to",
    /// This gateway.
    Gateway = "gateway",
    /// The merchant's app, which brings it here.
    App = "app"
);
choice!(
    /// Whether a merchant's calls must be signed, where a dialect knows signed calls.
    SignedCalls: "signed_calls",
    /// A signature is checked when it is there.
    Checked = "checked",
    /// A call without one is refused.
    Required = "required"
);
choice!(
    /// Whether a return must come from the browser that left (rule 7 of the design).
    SameBrowser: "same_browser",
    /// The cookie is checked when it is there: a bank's app may come back in another browser.
    Checked = "checked",
    /// A return without the cookie is refused.
    Required = "required"
);
choice!(
    /// How an app link is opened.
    AppLinks: "app_links",
    /// By our page with a button, which strands nobody.
    Page = "page",
    /// By a bare 303, for flows inside an app's own web view.
    Direct = "direct"
);
choice!(
    /// What a customer sees when the bank has not answered within the budget.
    WhenLate: "when_late",
    /// Our page that moves on by itself.
    Wait = "wait",
    /// Where the callback carries a one-time token: the merchant at once, without a status.
    HandBack = "hand_back"
);
choice!(
    /// What becomes of a payment that is made after its merchant was told that it was cancelled, has failed or expired.
    LatePayments: "late_payments",
    /// It counts, and is kept.
    Keep = "keep",
    /// It counts, and is given back by itself: refunded, or released where it was only set aside.
    Refund = "refund"
);
choice!(
    /// Whether the redirect home carries a signature over what we append.
    SignedReturns: "signed_returns",
    /// It does not.
    Off = "off",
    /// One of HMAC-SHA256, under a secret that the merchant shares with us.
    Hmac = "hmac",
    /// One of Ed25519, which anybody can verify by a public key.
    Ed25519 = "ed25519"
);

impl SignedReturns {
    /// The names that no callback may hold: those that a dialect appends, and that of the signature where there is one.
    pub fn beside(self, appended: &[&'static str]) -> Vec<&'static str> {
        let own: &[_] = if self == Self::Off { &[] } else { &[PARAMETER] };
        [appended, own].concat()
    }
}
