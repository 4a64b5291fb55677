//! The console: whose it is, who is signed in with which role, and what was changed there.

use std::time::Duration;

use crate::domain::text::label;
use crate::domain::words::words;
use crate::domain::{Invalid, MerchantId, Secret, Shard, UnixMillis, base32};

/// How long a sign-in link can be used.
pub const LINK_LIFE: Duration = Duration::from_mins(15);

/// How long a session goes on at the most.
pub const SESSION_LIFE: Duration = Duration::from_hours(12);

/// How long a session goes on while nobody uses it.
pub const SESSION_IDLE: Duration = Duration::from_hours(1);

/// How exactly a session's last use is kept.
pub const SEEN_EXACTLY: Duration = Duration::from_mins(1);

/// How long an entry of the audit log is kept.
pub const AUDIT_KEPT: Duration = Duration::from_hours(366 * 24);

words! {
    /// What a member may do; each role may do what the one before it may.
    pub enum Role("role") {
        /// Looks, and changes nothing.
        Read = "read",
        /// Makes links, cancels them, and sends deliveries again.
        Support = "support",
        /// Changes callbacks, endpoints, keys, accounts, settings and sessions, and moves money.
        Admin = "admin",
    }
}

impl Role {
    /// Whether a member with this role may do what needs `needed`.
    pub fn may(self, needed: Self) -> bool {
        let rank = |role| Self::ALL.iter().position(|own| *own == role);
        rank(self) >= rank(needed)
    }
}

/// Whose console it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConsoleScope {
    /// The operator's: merchants and providers.
    Operator,
    /// One merchant's.
    Merchant(MerchantId),
}

impl ConsoleScope {
    /// The 16 bytes that stand for it: a merchant's id, or zeros, which are nobody's id.
    pub const fn to_bytes(self) -> [u8; 16] {
        match self {
            Self::Operator => [0; 16],
            Self::Merchant(id) => *id.as_bytes(),
        }
    }

    /// Reads what [`ConsoleScope::to_bytes`] wrote.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        if bytes == [0; 16] { Self::Operator } else { Self::Merchant(MerchantId::from_bytes(bytes)) }
    }

    /// The shard that holds everything of it.
    pub fn shard(self) -> Shard {
        MerchantId::from_bytes(self.to_bytes()).shard()
    }

    /// Its merchant, if it is one's.
    pub const fn merchant(self) -> Option<MerchantId> {
        match self {
            Self::Operator => None,
            Self::Merchant(id) => Some(id),
        }
    }
}

/// The name of a member, by which the audit log tells people apart: 1 to 40 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberName(String);

impl MemberName {
    /// The longest name, in characters.
    pub const LONGEST: usize = 40;

    /// Accepts a name; surrounding spaces are dropped.
    ///
    /// # Errors
    /// When it is blank, longer than 40 characters, or holds a character that misleads.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        label("name", text, Self::LONGEST).map(Self)
    }

    /// Accepts a name; of one that is too long, its beginning.
    ///
    /// # Errors
    /// As [`MemberName::parse`].
    pub fn shortened(text: &str) -> Result<Self, Invalid> {
        Self::parse(&text.chars().take(Self::LONGEST).collect::<String>())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who a sign-in link is for, and who a session is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Whose console it is.
    pub scope: ConsoleScope,
    /// What the member may do.
    pub role: Role,
    /// The member's name.
    pub name: MemberName,
    /// Whether the link was mailed to a person of the merchant's, by whose address the member is named: it holds for as
    /// long as that person is.
    pub by_mail: bool,
}

/// How many bytes a console's secret has: a scope, 128 bits that nobody can guess, and a seal of both.
const SECRET: usize = 48;

/// The text of a sign-in link, or of a session's cookie: whose console it opens, 128 bits that nobody can guess, and a
/// seal by which a guess is known without a look into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSecret {
    scope: ConsoleScope,
    text: Secret,
}

impl ConsoleSecret {
    /// Writes a secret of these bytes of entropy, under the seal of both.
    pub fn write(scope: ConsoleScope, entropy: [u8; 16], seal: impl FnOnce(&[u8]) -> [u8; 16]) -> Self {
        let open = [scope.to_bytes(), entropy].concat();
        Self { scope, text: Secret::new(base32::write(&[&open[..], &seal(&open)].concat())) }
    }

    /// Reads a secret's text. `None` when it has not the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; SECRET] = base32::read(text)?;
        let scope = ConsoleScope::from_bytes(*bytes.first_chunk()?);
        Some(Self { scope, text: Secret::new(text) })
    }

    /// Whose console it claims to open.
    pub const fn scope(&self) -> ConsoleScope {
        self.scope
    }

    /// What is sealed, and its seal.
    pub fn sealed(&self) -> Option<([u8; 32], [u8; 16])> {
        let bytes: [u8; SECRET] = base32::read(self.reveal())?;
        Some((*bytes.first_chunk()?, *bytes.last_chunk()?))
    }

    /// The text, for the link or the cookie that carries it.
    pub fn reveal(&self) -> &str {
        self.text.reveal()
    }
}

/// What is kept of a [`ConsoleSecret`]: half of its digest. It opens nothing, so it can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// Wraps 16 bytes of a digest.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Writes it for people and forms.
    pub fn text(&self) -> String {
        base32::write(&self.0)
    }

    /// Reads what [`SessionId::text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        base32::read(text).map(Self)
    }
}

/// A session in the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSession {
    /// Its id.
    pub id: SessionId,
    /// Who is signed in.
    pub member: Member,
    /// When it began.
    pub begun_at: UnixMillis,
    /// When it was last used, to [`SEEN_EXACTLY`].
    pub seen_at: UnixMillis,
    /// When it ends, used or not.
    pub ends_at: UnixMillis,
}

words! {
    /// What was changed in the console.
    pub enum AuditAction {
        /// A form was sent, and what became of it is not known: it is replaced by what was done, or taken back where
        /// nothing was.
        ChangeBegun = "change.begun",
        /// A call of the API has changed how the merchant is set up.
        ApiCalled = "api.called",
        /// A command has changed a merchant.
        CommandRun = "command.run",
        /// Somebody signed in.
        SignedIn = "session.began",
        /// Somebody signed out.
        SignedOut = "session.ended",
        /// A session was ended by another one.
        SessionRevoked = "session.revoked",
        /// A callback was saved.
        CallbackAdded = "callback.added",
        /// A saved callback was changed.
        CallbackChanged = "callback.changed",
        /// A saved callback was deleted.
        CallbackDeleted = "callback.deleted",
        /// A saved callback was looked at from outside.
        CallbackCheckedUp = "callback.checked_up",
        /// A test journey was opened.
        TestOpened = "journey.test_opened",
        /// A link was made.
        JourneyOpened = "journey.opened",
        /// A link was withdrawn.
        JourneyCancelled = "journey.cancelled",
        /// Reserved money was ordered to be captured.
        CaptureOrdered = "journey.capture_ordered",
        /// A reservation was ordered to be released.
        VoidOrdered = "journey.void_ordered",
        /// A refund was ordered.
        RefundOrdered = "journey.refund_ordered",
        /// A webhook endpoint was saved.
        EndpointAdded = "endpoint.added",
        /// A webhook endpoint was changed.
        EndpointChanged = "endpoint.changed",
        /// A webhook endpoint was deleted.
        EndpointDeleted = "endpoint.deleted",
        /// A webhook endpoint was paused.
        EndpointPaused = "endpoint.paused",
        /// A webhook endpoint was resumed.
        EndpointResumed = "endpoint.resumed",
        /// A test webhook was sent to an endpoint.
        EndpointTested = "endpoint.tested",
        /// A delivery was made due again.
        DeliveryReplayed = "delivery.replayed",
        /// Several deliveries were made due again.
        DeliveriesReplayed = "deliveries.replayed",
        /// The signing secret was replaced.
        SecretRotated = "signing_secret.rotated",
        /// An API key was made.
        KeyAdded = "key.added",
        /// An API key was ended.
        KeyRevoked = "key.revoked",
        /// An API key was replaced.
        KeyRotated = "key.rotated",
        /// The key pair that signs webhooks was replaced.
        WebhookKeyRotated = "webhook_key.rotated",
        /// A public key was registered, with which calls are signed.
        PublicKeyAdded = "public_key.added",
        /// A public key was taken away.
        PublicKeyRemoved = "public_key.removed",
        /// Somebody was named who may ask for sign-in links, or given another role.
        PersonNamed = "person.named",
        /// Somebody may ask for sign-in links no more.
        PersonRemoved = "person.removed",
        /// A provider account was created.
        AccountAdded = "provider_account.added",
        /// A provider account was changed.
        AccountChanged = "provider_account.changed",
        /// A secret of a provider account was replaced.
        AccountSecretRotated = "provider_account.secret_rotated",
        /// A provider account was tested.
        AccountTested = "provider_account.tested",
        /// A provider account was removed.
        AccountRemoved = "provider_account.removed",
        /// Settings were changed.
        SettingsChanged = "settings.changed",
        /// A merchant was added.
        MerchantAdded = "merchant.added",
        /// A merchant was disabled.
        MerchantDisabled = "merchant.disabled",
        /// A merchant was enabled.
        MerchantEnabled = "merchant.enabled",
        /// A sign-in link was made.
        LinkIssued = "sign_in_link.issued",
    }
}

/// An entry of the audit log: who changed what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When, and which of that moment.
    pub place: AuditPlace,
    /// The name of the member who did it.
    pub who: MemberName,
    /// The role that the member had.
    pub role: Role,
    /// What was done.
    pub action: AuditAction,
    /// What it was done to, in the words of `/v1`: an index, an id, a name; of an order, its
    /// operation with the amount. Never a secret.
    pub object: String,
}

/// A place in an audit log, which is sorted by time, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditPlace {
    /// When it happened.
    pub at: UnixMillis,
    /// Tells apart what happened in the same millisecond.
    pub mark: u64,
}

impl AuditPlace {
    /// How many bytes hold a place.
    pub const BYTES: usize = UnixMillis::BYTES + 8;

    /// The place as bytes, which sort as places do.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (at, mark) = bytes.split_at_mut(UnixMillis::BYTES);
        at.copy_from_slice(&self.at.to_bytes());
        mark.copy_from_slice(&self.mark.to_be_bytes());
        bytes
    }

    /// Reads what [`AuditPlace::to_bytes`] wrote.
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        let (mut at, mut mark) = ([0; UnixMillis::BYTES], [0; 8]);
        let (first, last) = bytes.split_at(UnixMillis::BYTES);
        at.copy_from_slice(first);
        mark.copy_from_slice(last);
        Self { at: UnixMillis::from_bytes(at), mark: u64::from_be_bytes(mark) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_do_what_the_one_before_it_may() {
        for (at, role) in Role::ALL.into_iter().enumerate() {
            let may = Role::ALL.map(|needed| role.may(needed));
            assert_eq!(may, [0, 1, 2].map(|needed| needed <= at), "{role:?}");
        }
    }

    #[test]
    fn a_secret_says_whose_console_it_opens_and_has_one_spelling() {
        let shop = ConsoleScope::Merchant(MerchantId::mint([9; 16]));
        for scope in [ConsoleScope::Operator, shop] {
            let secret = ConsoleSecret::write(scope, [0xab; 16], |_| [7; 16]);
            assert_eq!(secret.sealed().map(|(_, seal)| seal), Some([7; 16]));
            assert_eq!(ConsoleSecret::parse(secret.reveal()), Some(secret.clone()));
            assert_eq!(secret.scope(), scope);
            let text = secret.reveal();
            for bad in ["", &text[1..], &format!("{text}0"), &text.to_uppercase()] {
                assert_eq!(ConsoleSecret::parse(bad), None, "{bad}");
            }
        }
        assert_eq!(shop.shard(), MerchantId::mint([9; 16]).shard());
    }

    #[test]
    fn places_sort_as_bytes() {
        let place = |at, mark| AuditPlace { at: UnixMillis::from_millis(at), mark };
        let places = [place(1, u64::MAX), place(2, 0), place(2, 256), place(1 << 40, 1)];
        for pair in places.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].to_bytes() < pair[1].to_bytes());
        }
        assert_eq!(places.map(|place| AuditPlace::from_bytes(place.to_bytes())), places);
    }
}
