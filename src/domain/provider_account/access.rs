//! How an account is reached: the settings of its kind.

use super::read::{application_id, connector_key, connector_user, engine_secret, institution_id, visible_id};
use super::{AccountKind, GivenSettings, PayeeAccount, Scheme, WebhookKey, payee_name};
use crate::domain::{CountryCode, Invalid, Rotating, Sealed, Secret};

/// How an account is reached, by its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountAccess {
    /// A payment engine that speaks our own protocol over HTTP.
    Http {
        /// Where it is asked.
        url: String,
        /// What both sides sign with: `whsec_…`.
        secret: Rotating,
    },
    /// A connector of IXOPAY's.
    Connector {
        /// Where the API is.
        url: String,
        /// The connector's API key.
        api_key: String,
        /// The API user.
        user: String,
        /// Its password.
        password: Sealed,
        /// What calls and callbacks are signed with.
        secret: Rotating,
    },
    /// A member of Token.io's.
    Member {
        /// Where the API is.
        url: String,
        /// The id of the member.
        member: String,
        /// The id of the key that signs.
        key_id: String,
        /// The key that signs, in PEM.
        private_key: Sealed,
        /// The key that verifies webhooks; `None` where none are believed.
        webhook_key: Option<WebhookKey>,
        /// How the money is moved.
        scheme: Scheme,
        /// Who is paid.
        payee: String,
        /// Where the money goes.
        payee_account: PayeeAccount,
        /// The bank that every customer is sent to; `None` has Token.io's own pages ask.
        bank: Option<String>,
        /// For whom it is paid, where the member is not regulated itself.
        on_behalf_of: Option<String>,
    },
    /// An application of Yapily's.
    Application {
        /// Where the API is.
        url: String,
        /// The application's id.
        application_id: String,
        /// The application's secret.
        application_secret: Sealed,
        /// The institution that every customer is sent to.
        institution: String,
        /// Who is paid.
        payee: String,
        /// Where the money goes.
        payee_account: PayeeAccount,
        /// The country of who is paid, where it was said.
        country: Option<CountryCode>,
    },
}

impl AccountAccess {
    /// Reads how a new account is reached; `seal` seals what is secret of it, by its name.
    ///
    /// # Errors
    /// When a setting is missing or not valid, or cannot be sealed.
    pub fn read<E: From<Invalid>>(
        url: String,
        given: GivenSettings<'_>,
        seal: impl Fn(&'static str, &Secret) -> Result<Sealed, E>,
    ) -> Result<Self, E> {
        let sealed = |name| seal(name, given.needed(name)?);
        let payee_account =
            || PayeeAccount::read(given.text("iban"), given.text("sort_code"), given.text("account_number"));
        Ok(match given.kind() {
            AccountKind::Http => {
                let secret = engine_secret(given.needed("secret")?)?;
                Self::Http { url, secret: Rotating::first(seal("secret", &secret)?) }
            }
            AccountKind::Connector => Self::Connector {
                url,
                api_key: given.read("api_key", connector_key)?,
                user: given.read("user", connector_user)?,
                password: sealed("password")?,
                secret: Rotating::first(sealed("shared_secret")?),
            },
            AccountKind::Member => {
                let scheme = given.read_given("scheme", Scheme::parse)?.unwrap_or(Scheme::Sepa);
                let payee_account = payee_account()?;
                scheme.check_account(&payee_account)?;
                Self::Member {
                    url,
                    member: given.read("member", visible_id("member"))?,
                    key_id: given.read("key_id", visible_id("key_id"))?,
                    private_key: sealed("private_key")?,
                    webhook_key: given.read_given("webhook_key", WebhookKey::parse)?,
                    scheme,
                    payee: given.read("payee", payee_name)?,
                    payee_account,
                    bank: given.read_given("bank", visible_id("bank"))?,
                    on_behalf_of: given.read_given("on_behalf_of", visible_id("on_behalf_of"))?,
                }
            }
            AccountKind::Application => Self::Application {
                url,
                application_id: given.read("application_id", application_id)?,
                application_secret: sealed("application_secret")?,
                institution: given.read("institution", institution_id)?,
                payee: given.read("payee", payee_name)?,
                payee_account: payee_account()?,
                country: given.read_given("country", CountryCode::parse)?,
            },
        })
    }

    /// Replaces the settings that were given anew; `credential` is the given one, sealed.
    ///
    /// # Errors
    /// When one of them is not valid, or is of no use without another.
    pub fn replace(&mut self, given: GivenSettings<'_>, credential: Option<&Sealed>) -> Result<(), Invalid> {
        if let Self::Member { key_id, webhook_key, .. } = self {
            for (one, other) in [("key_id", "private_key"), ("private_key", "key_id")] {
                if given.find(one).is_some() && given.find(other).is_none() {
                    return Err(Invalid::new(other, format!("is missing beside {one}")));
                }
            }
            *key_id = given.read_given("key_id", visible_id("key_id"))?.unwrap_or_else(|| key_id.clone());
            *webhook_key = given.read_given("webhook_key", WebhookKey::parse)?.or(*webhook_key);
        }
        if let Some((own, next)) = self.credential_mut().zip(credential) {
            own.clone_from(next);
        }
        Ok(())
    }

    /// Its kind.
    pub const fn kind(&self) -> AccountKind {
        match self {
            Self::Http { .. } => AccountKind::Http,
            Self::Connector { .. } => AccountKind::Connector,
            Self::Member { .. } => AccountKind::Member,
            Self::Application { .. } => AccountKind::Application,
        }
    }

    /// Where it is asked.
    pub fn url(&self) -> &str {
        match self {
            Self::Http { url, .. }
            | Self::Connector { url, .. }
            | Self::Member { url, .. }
            | Self::Application { url, .. } => url,
        }
    }

    /// Where it is asked, to be changed.
    pub const fn url_mut(&mut self) -> &mut String {
        match self {
            Self::Http { url, .. }
            | Self::Connector { url, .. }
            | Self::Member { url, .. }
            | Self::Application { url, .. } => url,
        }
    }

    /// Its [credential](AccountKind::credential).
    pub const fn credential(&self) -> Option<&Sealed> {
        match self {
            Self::Http { .. } => None,
            Self::Connector { password: own, .. }
            | Self::Member { private_key: own, .. }
            | Self::Application { application_secret: own, .. } => Some(own),
        }
    }

    /// Its [credential](AccountKind::credential), to be replaced.
    pub const fn credential_mut(&mut self) -> Option<&mut Sealed> {
        match self {
            Self::Http { .. } => None,
            Self::Connector { password: own, .. }
            | Self::Member { private_key: own, .. }
            | Self::Application { application_secret: own, .. } => Some(own),
        }
    }

    /// The secret of both sides, where they share one.
    pub const fn shared_secret(&self) -> Option<&Rotating> {
        match self {
            Self::Http { secret, .. } | Self::Connector { secret, .. } => Some(secret),
            Self::Member { .. } | Self::Application { .. } => None,
        }
    }

    /// The secret of both sides, to be replaced.
    pub const fn shared_secret_mut(&mut self) -> Option<&mut Rotating> {
        match self {
            Self::Http { secret, .. } | Self::Connector { secret, .. } => Some(secret),
            Self::Member { .. } | Self::Application { .. } => None,
        }
    }

    /// The settings of its kind that are no secrets, by their names.
    pub fn shown(&self) -> Vec<(&'static str, String)> {
        let shown = match self {
            Self::Http { .. } => Vec::new(),
            Self::Connector { api_key, user, .. } => {
                vec![("api_key", Some(api_key.clone())), ("user", Some(user.clone()))]
            }
            Self::Member { member, key_id, webhook_key, scheme, payee, payee_account, bank, on_behalf_of, .. } => {
                let [iban, sort_code, number] = shown_account(payee_account);
                vec![
                    ("member", Some(member.clone())),
                    ("key_id", Some(key_id.clone())),
                    ("webhook_key", webhook_key.map(|key| key.to_string())),
                    ("scheme", Some(scheme.as_str().to_owned())),
                    ("payee", Some(payee.clone())),
                    iban,
                    sort_code,
                    number,
                    ("bank", bank.clone()),
                    ("on_behalf_of", on_behalf_of.clone()),
                ]
            }
            Self::Application { application_id, institution, payee, payee_account, country, .. } => {
                let [iban, sort_code, number] = shown_account(payee_account);
                vec![
                    ("application_id", Some(application_id.clone())),
                    ("institution", Some(institution.clone())),
                    ("payee", Some(payee.clone())),
                    iban,
                    sort_code,
                    number,
                    ("country", country.map(|country| country.as_str().to_owned())),
                ]
            }
        };
        shown.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// An account that is paid into, by the settings that say it.
fn shown_account(account: &PayeeAccount) -> [(&'static str, Option<String>); 3] {
    let (iban, uk) = match account {
        PayeeAccount::Iban(iban) => (Some(iban.clone()), None),
        PayeeAccount::Uk { sort_code, number } => (None, Some((sort_code.clone(), number.clone()))),
    };
    let (sort_code, number) = uk.unzip();
    [("iban", iban), ("sort_code", sort_code), ("account_number", number)]
}
