//! Merchants: their profile, what their calls are known by, and what is signed with for them.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, fields_and_later, lettered, numbered};
use super::{Result, read, write};
use crate::domain::merchant::Standing;
use crate::domain::provider_account::{PayeeAccount, Scheme, WebhookKey};
use crate::domain::{
    AccountAccess, AccountLabel, AccountName, AccountState, CallbackUrl, CountryCode, Currency, Digest, FetchedLogo,
    IssuedKey, KeyName, KeyNumber, Logo, Merchant, MerchantId, MerchantName, Mode, NotifyOn, Person, ProviderAccount,
    PublicKey, Rotating, SavedCallback, SavedCallbacks, SavedEndpoint, Sealed, SealedHeader, Settings, Slots,
    UnixMillis, Webhook, WebhookEndpoint,
};

/// Writes a merchant.
///
/// # Errors
/// When it cannot be encoded, which no merchant is known to do.
pub fn write_merchant(merchant: &Merchant) -> Result<Vec<u8>> {
    write(&merchant.record())
}

/// Reads a merchant.
///
/// # Errors
/// [`StoreError::Damaged`](crate::store::StoreError::Damaged) when the bytes are no merchant of a version known here.
pub fn read_merchant(bytes: &[u8]) -> Result<Merchant> {
    read(bytes, "a merchant")
}

fields_and_later!(
    Merchant as MerchantRecord: id: MerchantId, revision: u32, name: MerchantName, standing: Standing,
    api_keys: Vec<IssuedKey>, signing_secret: Rotating, webhook_key: Rotating, created_at: UnixMillis,
    callbacks: SavedCallbacks, settings: Settings, endpoints: Slots<SavedEndpoint>, webhook: Option<Webhook>,
    public_keys: Vec<PublicKey>;
    mode: Option<Mode>, accounts: Vec<ProviderAccount>, people: Vec<Person>, logo: Option<FetchedLogo>,
);

fields!(FetchedLogo: logo: Logo, at: UnixMillis);

fields!(
    ProviderAccount: name: AccountName, label: AccountLabel, access: AccountAccess, currencies: Vec<Currency>,
    state: AccountState, created_at: UnixMillis,
);

// An account by its kind: our own protocol over HTTP, a connector of IXOPAY's, a member of Token.io's, or an application
// of Yapily's.
lettered!(
    AccountAccess as AccountAccessRecord:
        H = Http { url: String, secret: Rotating },
        C = Connector { url: String, api_key: String, user: String, password: Sealed, secret: Rotating },
        M = Member {
            url: String, member: String, key_id: String, private_key: Sealed, webhook_key: Option<WebhookKey>,
            scheme: Scheme, payee: String, payee_account: PayeeAccount, bank: Option<String>,
            on_behalf_of: Option<String>
        },
        A = Application {
            url: String, application_id: String, application_secret: Sealed, institution: String, payee: String,
            payee_account: PayeeAccount, country: Option<CountryCode>
        },
);

lettered!(PayeeAccount as PayeeAccountRecord: I = Iban(iban: String), U = Uk { sort_code: String, number: String });

numbered!(Scheme: Sepa, SepaInstant, FasterPayments);

numbered!(AccountState: Enabled, Disabled);

numbered!(Standing: Active, Disabled);

fields!(
    IssuedKey: number: KeyNumber, name: KeyName, digest: Digest, hashed: Option<Digest>, created_at: UnixMillis,
    ends_at: Option<UnixMillis>,
);

fields!(Rotating: current: Sealed, previous: Option<(Sealed, UnixMillis)>);

fields!(SavedCallbacks: slots: Slots<SavedCallback>);

fields!(SealedHeader: name: String, value: Sealed);

/// What journeys freeze of an endpoint, and behind it, where there is any, what each attempt looks up: the headers,
/// whether deliveries wait, and when they last went on.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedEndpointRecord {
    url: Record<CallbackUrl>,
    slot: Record<Option<usize>>,
    form: Record<String>,
    notify_on: Record<NotifyOn>,
    cipher: Record<Option<Sealed>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    looked_up: Option<LookedUp>,
}

type LookedUp = (Record<Vec<SealedHeader>>, bool, Record<Option<UnixMillis>>);

impl Recorded for SavedEndpoint {
    type Record = SavedEndpointRecord;

    fn record(&self) -> SavedEndpointRecord {
        let (url, slot, form, notify_on, cipher) = self.endpoint.record();
        let has_more = self.paused || self.resumed_at.is_some() || !self.headers.is_empty();
        let looked_up = has_more.then(|| (self.headers.record(), self.paused, self.resumed_at.record()));
        SavedEndpointRecord { url, slot, form, notify_on, cipher, looked_up }
    }

    fn of(record: SavedEndpointRecord) -> Option<Self> {
        let SavedEndpointRecord { url, slot, form, notify_on, cipher, looked_up } = record;
        let endpoint = WebhookEndpoint::of((url, slot, form, notify_on, cipher))?;
        let (headers, paused, resumed_at) = looked_up.unwrap_or_default();
        Some(Self { endpoint, headers: Recorded::of(headers)?, paused, resumed_at: Recorded::of(resumed_at)? })
    }
}

fields!(Webhook: types: Vec<String>, url: CallbackUrl);

fields!(PublicKey: id: String, text: String);
