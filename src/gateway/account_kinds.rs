//! Makes providers of merchants' accounts, by their kinds.

use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::provider_account::engine_url;
use crate::domain::{AccountAccess, AccountKind, Invalid, PublicUrl, Secret};
use crate::egress::Client;
use crate::engine::{AccountKinds, OpenedAccount};
use crate::provider::http::{HttpProvider, settings::HttpConfig};
use crate::provider::ixopay::{Ixopay, LostCreations, settings::IxopayConfig};
use crate::provider::token_io::{SigningKey, TokenIo, settings::TokenIoConfig};
use crate::provider::yapily::{Yapily, settings::YapilyConfig};
use crate::provider::{AccountSettings, AskSchedule, Provider};

/// What the providers of merchants' accounts are made with.
pub(super) struct Kinds {
    /// What calls them.
    pub client: Client,
    /// The present time.
    pub clock: Arc<dyn Clock>,
    /// Where they notify.
    pub public_url: PublicUrl,
    /// Which creations at IXOPAY were lost.
    pub lost: Arc<LostCreations>,
}

impl AccountKinds for Kinds {
    fn provider(&self, opened: &OpenedAccount<'_>) -> Option<Arc<dyn Provider>> {
        let account = settings(opened)?;
        let url = engine_url(opened.account.access.url()).ok()?;
        let (secrets, credential) = (opened.secrets.shared.clone(), opened.secrets.credential.clone());
        let notify = self.public_url.page(&format!("/notify/{}", opened.name), &[]);
        let (client, clock) = (self.client.clone(), Arc::clone(&self.clock));
        Some(match opened.account.access.clone() {
            AccountAccess::Http { .. } => {
                Arc::new(HttpProvider::new(HttpConfig { account, url, secrets }, notify, client, clock))
            }
            AccountAccess::Connector { api_key, user, .. } => {
                let config = IxopayConfig { account, url, api_key, user, password: credential?, secrets };
                Arc::new(Ixopay::new(config, notify, client, (clock, Arc::clone(&self.lost))))
            }
            AccountAccess::Member {
                member,
                key_id,
                webhook_key,
                scheme,
                payee,
                payee_account,
                bank,
                on_behalf_of,
                ..
            } => {
                let key = SigningKey::parse(&credential?).ok()?;
                let config = TokenIoConfig {
                    account,
                    url,
                    member,
                    key_id,
                    key,
                    webhook_key,
                    scheme,
                    payee,
                    payee_account,
                    bank,
                    on_behalf_of,
                };
                Arc::new(TokenIo::new(config, client, clock))
            }
            AccountAccess::Application { application_id, institution, payee, payee_account, country, .. } => {
                let application_secret = credential?;
                let config = YapilyConfig {
                    account,
                    url,
                    application_id,
                    application_secret,
                    institution,
                    payee,
                    payee_account,
                    country,
                };
                Arc::new(Yapily::new(config, client, clock))
            }
        })
    }

    fn check_credential(&self, kind: AccountKind, credential: &Secret) -> Result<(), Invalid> {
        match kind {
            AccountKind::Member => SigningKey::parse(credential).map(drop),
            AccountKind::Http | AccountKind::Connector | AccountKind::Application => Ok(()),
        }
    }
}

/// What all kinds have.
fn settings(opened: &OpenedAccount<'_>) -> Option<AccountSettings> {
    let usual = AskSchedule::default();
    Some(AccountSettings {
        name: opened.name.clone(),
        label: opened.account.label.as_str().to_owned(),
        mode: opened.mode,
        currencies: opened.account.currencies.clone(),
        merchants: Vec::new(),
        ask_schedule: match opened.account.access.kind() {
            // It answers sixty questions a minute.
            AccountKind::Connector => AskSchedule::new(usual.waits().to_vec(), 1)?,
            AccountKind::Http | AccountKind::Member | AccountKind::Application => usual,
        },
    })
}
