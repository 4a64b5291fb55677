//! The fixtures of the laws: journeys and merchants that differ from each other.

use std::time::Duration;

use super::{HOUR, UnixMillis};
use crate::domain::consent::{self, Kind};
use crate::domain::{
    AccountAccess, AccountLabel, AccountName, AccountState, Amount, AnswerTo, ApplicationUser, BankTokens, BegunVisit,
    CallbackPlan, CallbackUrl, Cancel, Checkout, Conclusion, Consent, Currency, Delivery, DeviceUrls, DialectData,
    Digest, EmailAddress, Fact, FeatureRequest, FetchedLogo, Grant, IssuedKey, Journey, JourneyEvent, JourneyId,
    KeyName, KeyNumber, Logo, Merchant, MerchantId, MerchantName, MintedToken, Mode, Opening, Person, Placement,
    PlannedCallback, ProviderAccount, Purpose, Role, Rotating, Rules, SavedCallbacks, Sealed, Secret, Settings, Shard,
    Slots, User, UserId, Wanted, WrittenDeviceUrls,
};
use crate::domain::{journey::Proof, merchant::Standing};
use crate::store::{Kept, Reservation, Step, user_shard};

/// A journey to be: one merchant's, an hour long, with no other receiver, in a shard of its own, unless said otherwise.
pub(crate) struct Draft(Opening);

impl Draft {
    /// A draft with an id that no other has.
    pub(crate) fn at(now: UnixMillis) -> Self {
        let id: [u8; 16] = rand::random();
        Self(Opening {
            id: JourneyId::mint(id, Shard::of_byte(id[7])),
            merchant: MerchantId::mint(rand::random()),
            merchant_name: MerchantName::parse("Shop").unwrap(),
            dialect: "secpaid".into(),
            provider: "sandbox".into(),
            key: "k1".into(),
            purpose: Purpose::Checkout(Checkout {
                wanted: Wanted::Payment(Amount::parse("25", Currency::EUR).unwrap()),
                institution: None,
                note: "order 7".into(),
                cancel: Cancel::Offered,
                payee: None,
                repeats: None,
            }),
            dialect_data: DialectData::new(r#"{"order":"7"}"#),
            plan: CallbackPlan { destination: Some(entry("https://m.example/cb")), ..CallbackPlan::default() },
            settings: Settings::default().frozen(),
            opened_at: now,
            expires_at: now.plus(HOUR),
            mode: Some(Mode::Test),
            choices: Vec::new(),
            marks: None,
            popup: None,
        })
    }

    pub(crate) fn of(mut self, merchant: MerchantId) -> Self {
        self.0.merchant = merchant;
        self
    }

    pub(crate) fn called(mut self, id: JourneyId) -> Self {
        self.0.id = id;
        self
    }

    /// Opened by this reservation, so that the two are in one shard.
    pub(crate) fn reserved_by(mut self, reservation: &Reservation) -> Self {
        self.0.id = JourneyId::mint(rand::random(), reservation.shard());
        self
    }

    pub(crate) fn noted(mut self, note: &str) -> Self {
        if let Purpose::Checkout(checkout) = &mut self.0.purpose {
            checkout.note = note.into();
        }
        self
    }

    pub(crate) fn lasting(mut self, life: Duration) -> Self {
        self.0.expires_at = self.0.opened_at.plus(life);
        self
    }

    /// About a consent to read this user's accounts.
    pub(crate) fn about(mut self, user: UserId) -> Self {
        self.0.dialect = "yapily".into();
        self.0.purpose = Purpose::Consent(Consent {
            kind: Kind::Accounts,
            user,
            application_user: Some(ApplicationUser::parse("ada").unwrap()),
            institution: Some("modelo-sandbox".into()),
            country: None,
            features: FeatureRequest::All(vec!["ACCOUNTS".into()]),
            longest: consent::LIFE,
            until: None,
            answer_to: AnswerTo::Gateway,
        });
        self
    }

    pub(crate) fn notifying<const N: usize>(mut self, urls: [&str; N]) -> Self {
        self.0.plan.background = urls.map(entry).into();
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Opening)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn journey(self) -> Journey {
        Journey::open(self.0)
    }
}

pub(crate) fn entry(url: &str) -> PlannedCallback {
    let url = CallbackUrl::parse(url, &Rules::default()).unwrap();
    PlannedCallback { url, params_in: Placement::Query, slot: None, device_urls: DeviceUrls::default() }
}

/// Other URLs beside an app link, of every kind.
pub(crate) fn device_urls() -> DeviceUrls {
    let written = WrittenDeviceUrls {
        web: Some("https://m.example/web"),
        ios: Some("https://m.example/ios"),
        android: Some("com.example.android://cb?own=1"),
        android_package: Some("com.example.android"),
        fallback: Some("https://m.example/no-app"),
        app_links: Some("page"),
        app_store: None,
        play_store: None,
    };
    DeviceUrls::parse(written, &entry("com.example.app://cb").url, &Rules::default()).unwrap()
}

/// The journey when its customer has left, and the visit.
pub(crate) fn away(journey: Journey, at: UnixMillis) -> (Journey, u8) {
    match journey.begin_visit(None, at) {
        BegunVisit::New(journey, visit) => (journey, visit),
        other => panic!("{other:?}"),
    }
}

/// The journey when this fact has concluded it, and the final outcome's number.
pub(crate) fn concluded(journey: Journey, fact: &Fact, at: UnixMillis) -> (Journey, u8) {
    match journey.conclude(fact, None, at) {
        Conclusion::Concluded(journey, number) => (journey, number),
        Conclusion::Stands(_) => panic!("{fact:?} concluded nothing"),
    }
}

/// The deliveries that this final outcome leaves.
pub(crate) fn deliveries_of(journey: &Journey, final_outcome: u8) -> Vec<Delivery> {
    journey.deliveries(
        JourneyEvent::Concluded(final_outcome),
        journey.final_outcomes()[usize::from(final_outcome)].at,
        |_| true,
    )
}

/// The step of a final outcome that notifies every target.
pub(crate) fn concluding(journey: Journey, token: Option<MintedToken>) -> Step {
    let last = journey.final_outcomes().len() - 1;
    let deliveries = deliveries_of(&journey, u8::try_from(last).unwrap());
    Step::to(journey).with_token(token).with_deliveries(deliveries)
}

/// A consent of a user and a merchant of its own.
pub(crate) fn consent(now: UnixMillis) -> Journey {
    let merchant = MerchantId::mint(rand::random());
    Draft::at(now).of(merchant).about(user(merchant, None, now).id).journey()
}

/// The consent when its customer has agreed, for `life` from now on, and the final outcome's number.
pub(crate) fn agreed(journey: Journey, life: Duration, now: UnixMillis) -> (Journey, u8) {
    let tokens = BankTokens { json: Secret::new("{}"), consent: None };
    let (journey, number) = concluded(journey, &Fact::authorised(tokens), now);
    (journey.granted(grant(now, life)), number)
}

fn grant(now: UnixMillis, life: Duration) -> Grant {
    Grant {
        token: Sealed::new(vec![0xc0; 300]),
        provider_tokens: Sealed::new(vec![0xff; 700]),
        bank_consent: Some("aac-7".into()),
        given_at: now,
        expires_at: now.plus(life),
        confirmed_at: now,
        consumed_at: None,
        revoked_at: None,
    }
}

/// A token that lives an hour.
pub(crate) fn hourly(digest: Digest) -> MintedToken {
    MintedToken { digest, life: HOUR }
}

/// A digest that nobody has seen before.
pub(crate) fn fresh() -> Digest {
    Digest::new(rand::random())
}

/// A reservation that nobody has made before.
pub(crate) fn reservation() -> Reservation {
    Reservation { key: fresh(), request: fresh(), kept: Kept::ADay }
}

/// A merchant of this name, added at `now`, at its first revision.
pub(crate) fn merchant(name: &str, now: UnixMillis) -> Merchant {
    Merchant {
        id: MerchantId::mint(rand::random()),
        revision: 1,
        name: MerchantName::parse(name).unwrap(),
        standing: Standing::Active,
        api_keys: vec![issued(now)],
        signing_secret: Rotating::first(Sealed::new(vec![0, 255, 7])),
        webhook_key: Rotating::first(Sealed::new(vec![7, 255, 0])),
        created_at: now,
        callbacks: SavedCallbacks::default(),
        settings: Settings::default(),
        endpoints: Slots::default(),
        webhook: None,
        public_keys: Vec::new(),
        mode: Some(Mode::Live),
        logo: Some(FetchedLogo { logo: Logo { digest: [7, 255, 0, 1, 2, 3], width: 240, height: 80 }, at: now }),
        accounts: vec![ProviderAccount {
            name: AccountName::parse("acme").unwrap(),
            label: AccountLabel::parse("Acme Pay").unwrap(),
            access: AccountAccess::Http {
                url: "https://pay.acme.example/x".into(),
                secret: Rotating::first(Sealed::new(vec![9, 255, 1])),
            },
            currencies: vec![Currency::EUR],
            state: AccountState::Enabled,
            created_at: now,
        }],
        people: vec![Person { email: EmailAddress::parse("ada@shop.example").unwrap(), role: Role::Admin }],
    }
}

/// An API key with a number that is as good as nobody else's.
pub(crate) fn issued(now: UnixMillis) -> IssuedKey {
    let number = KeyNumber::draw(rand::random());
    IssuedKey { number, name: KeyName::first(), digest: fresh(), hashed: Some(fresh()), created_at: now, ends_at: None }
}

/// This merchant under another name, one revision on.
pub(crate) fn renamed(merchant: &Merchant, name: &str) -> Merchant {
    let name = MerchantName::parse(name).unwrap();
    Merchant { revision: merchant.revision + 1, name, ..merchant.clone() }
}

/// A user of this merchant that no other is, added at `now`, in the shard that it belongs to.
pub(crate) fn user(merchant: MerchantId, own: Option<&str>, now: UnixMillis) -> User {
    let own = own.map(|own| ApplicationUser::parse(own).unwrap());
    let shard = own.as_ref().map_or_else(|| Shard::of_byte(rand::random()), |own| user_shard(merchant, own));
    User { id: UserId::mint(rand::random(), shard), merchant, application_user: own, created_at: now }
}

/// Evidence that is held for an hour.
pub(crate) fn held(now: UnixMillis) -> Proof {
    Proof::Held { evidence: Sealed::new(vec![1, 2, 3]), until: now.plus(HOUR) }
}
