//! The nouns: callbacks, merchants, users, institutions, journeys, consents, outcomes, tokens, deliveries, money.
//!
//! Everything here is pure: no I/O, no clock, no serialisation. A value that exists is valid, because its only
//! constructor checked it; records and wire structs live with the store and with `web`.

pub mod api_key;
pub mod app_page;
pub mod base32;
pub mod callback;
pub mod check_up;
pub mod color;
pub mod consent;
pub mod console;
mod console_access;
pub mod delivery;
pub mod device;
pub mod dialect;
pub mod dialect_data;
pub mod endpoint;
pub mod feed;
pub mod id;
pub mod institution;
pub mod instrument;
pub mod invalid;
pub mod iso;
pub mod journey;
pub mod language_tag;
pub mod logo;
mod loopback;
mod mail;
pub mod merchant;
pub mod message;
pub mod mode;
pub mod moment;
pub mod money;
pub mod notify_on;
pub mod open_request;
pub mod outcome;
pub mod page_link;
pub mod params;
mod people;
pub mod plan;
pub mod popup_origin;
pub mod provider_account;
pub mod redirect;
pub mod rotation;
pub mod secret;
pub mod signature;
pub mod signed_return;
pub mod slots;
pub mod terms;
pub mod text;
pub mod token;
pub mod user;
pub mod watch;
pub mod words;

// The front: the types that other rooms name most, each by its name alone.
pub use api_key::{ApiKey, IssuedKey, KeyName, KeyNumber};
pub use app_page::{AppPage, DeviceResponse, MissingApp, ResumeLinks};
pub use callback::{
    AndroidPackage, AppStorePage, CallbackUrl, DeviceUrls, Item, Network, Placement, PlayStorePage, RequestedCallbacks,
    Rules, WrittenDeviceUrls,
};
pub use check_up::{Finding, Grade, Subject};
pub use color::{Color, MerchantColor};
pub use consent::{AnswerTo, BankTokens, Consent, FeatureRequest, Grant};
pub use console::{
    AuditAction, AuditEntry, AuditPlace, ConsoleScope, ConsoleSecret, ConsoleSession, Member, MemberName, Role,
    SessionId,
};
pub use console_access::{AccessRules, ConsoleAccess};
pub use delivery::{
    AttemptRecord, AttemptResult, Delivery, DeliveryId, DeliveryPolicy, JourneyEvent, Posting, Schedule, SuccessRule,
    Target, Verdict, WebhookPayload,
};
pub use device::Device;
pub use dialect::{CallbackDialect, ClientAccess, Dialect, Headers, MerchantTexts, WebhookDialect};
pub use dialect_data::DialectData;
pub use endpoint::{Ciphering, SavedEndpoint, SealedHeader, WebhookEndpoint, WebhookOptions};
pub use feed::FeedEvent;
pub use id::{JourneyId, MerchantId, PayId, Shard, UserId};
pub use institution::{Country, Environment, Institution};
pub use instrument::{BankAccount, Card, CardExpiry, Instrument};
pub use invalid::Invalid;
pub use iso::CountryCode;
pub use journey::{
    AppliedOperation, BegunVisit, BrowserReturn, Cancel, Checkout, Conclusion, CreatedPayment, Ending, FinalOutcome,
    HandBack, Inapplicable, Journey, LedTo, Opening, OperationKind, PaymentOperation, PaymentOrder, PaymentReference,
    PaymentStanding, ProviderPayment, ProviderRedirect, ProviderVisit, Purpose, RecordedResponse, Reopening,
    RepeatAgreement, Repeated, RepeatedOrder, ReportedOperation, ResponseId, Stage, Wanted,
};
pub use language_tag::{LanguageTag, PageLanguage};
pub use logo::{FetchedLogo, Logo, LogoPicture};
pub(crate) use loopback::is_loopback;
pub use mail::{Mail, MailMessage, MailedLink};
pub use merchant::{CallbackName, Merchant, MerchantName, PublicKey, SavedCallback, SavedCallbacks, Webhook};
pub use message::{Finish, FinishedAs};
pub use mode::Mode;
pub use moment::UnixMillis;
pub use money::{Amount, Currency};
pub use notify_on::NotifyOn;
pub use open_request::{Expiry, JobRequest, OpenRequest, RequestedProvider};
pub use outcome::{Cause, Evidence, Fact, Outcome, ProviderRefusal, ResponseKind};
pub use page_link::{MerchantMarks, PageLink};
pub use params::{Params, Placeholder};
pub use people::{EmailAddress, Person};
pub use plan::{CallbackPlan, PlannedCallback};
pub use popup_origin::PopupOrigin;
pub use provider_account::{
    AccountAccess, AccountKind, AccountLabel, AccountName, AccountState, PayeeAccount, ProviderAccount,
};
pub use redirect::{PublicUrl, Redirect};
pub use rotation::Rotating;
pub use secret::{Digest, Sealed, Secret};
pub use signature::GatewaySignature;
pub use slots::Slots;
pub use terms::{
    AnswersTo, AppLinks, ExtraOutcomes, FrozenSettings, LatePayments, NoticeType, OneOffUrls, OneTime,
    PreferredProvider, SameBrowser, Settings, SettingsPatch, SignedCalls, SignedReturns, TokenLife, WhenLate,
};
pub use token::{MintedToken, OneTimeToken};
pub use user::{ApplicationUser, User};
pub use watch::{Look, WatchedCallback};
