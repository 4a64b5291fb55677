//! Merchants: their profile, what their calls are known by, and what is signed with for them.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, fields_and_later, lettered, numbered};
use super::{Result, read, write};
use crate::domain::merchant::Standing;
use crate::domain::{
    AccountAccess, AccountLabel, AccountName, AccountState, CallbackUrl, Currency, Digest, IssuedKey, KeyName,
    KeyNumber, Merchant, MerchantId, MerchantName, Mode, ProviderAccount, PublicKey, Rotating, SavedCallback,
    SavedCallbacks, Sealed, Settings, Slots, UnixMillis, Webhook, WebhookEndpoint,
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
    callbacks: SavedCallbacks, settings: Settings, endpoints: Slots<WebhookEndpoint>, webhook: Option<Webhook>,
    public_keys: Vec<PublicKey>;
    mode: Option<Mode>, accounts: Vec<ProviderAccount>,
);

fields!(
    ProviderAccount: name: AccountName, label: AccountLabel, access: AccountAccess, currencies: Vec<Currency>,
    state: AccountState, created_at: UnixMillis,
);

// An account by its kind: our own protocol over HTTP, or a connector of IXOPAY's.
lettered!(
    AccountAccess as AccountAccessRecord:
        H = Http { url: String, secret: Rotating },
        C = Connector { url: String, api_key: String, user: String, password: Sealed, secret: Rotating },
);

numbered!(AccountState: Enabled, Disabled);

numbered!(Standing: Active, Disabled);

fields!(
    IssuedKey: number: KeyNumber, name: KeyName, digest: Digest, hashed: Option<Digest>, created_at: UnixMillis,
    ends_at: Option<UnixMillis>,
);

fields!(Rotating: current: Sealed, previous: Option<(Sealed, UnixMillis)>);

fields!(SavedCallbacks: slots: Slots<SavedCallback>);

fields!(Webhook: types: Vec<String>, url: CallbackUrl);

fields!(PublicKey: id: String, text: String);
