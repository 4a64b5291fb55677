//! Sentences about keys.

pub const KEYS: &str = "Keys";
pub const API_KEYS: &str = "API keys";
pub const KEYS_LEDE: &str = "Your servers call with them. A key is shown once, when it is made.";
pub const NAME: &str = "Name";
pub const NUMBER: &str = "Number";
pub const MADE: &str = "Made (UTC)";
pub const USED: &str = "Last used, to the hour (UTC)";
pub const NEVER: &str = "not yet";
pub const ENDS: &str = "ends";
pub const DO: &str = "Do";
pub const ROTATE: &str = "Replace";
pub const ROTATE_LEDE: &str =
    "“Replace” makes a new key of the same name; the old one is valid for a day more. “Revoke” ends a key at once.";
pub const REVOKE: &str = "Revoke";
pub const ADD_KEY: &str = "Make a key";
pub const KEY_NAME: &str = "Name, by which you tell keys apart";
pub const WEBHOOK_KEYS: &str = "webhook_public_keys";
pub const WEBHOOK_LEDE: &str = "Webhooks in the words of Token.io’s API are signed with a key pair. Your receivers verify them by its public half (Ed25519, base64url).";
pub const ROTATE_WEBHOOK_KEY: &str = "Replace the key pair";
pub const ROTATE_WEBHOOK_LEDE: &str =
    "The new key signs in a day, and until then the old one does: give your receivers the new public half before.";
pub const KEY: &str = "Key";
pub const WHEN: &str = "When (UTC)";
pub const SIGNS_NOW: &str = "signs now";
pub const SIGNS_FROM: &str = "signs from";
pub const SIGNS_UNTIL: &str = "signs until";
pub const RETURN_KEYS: &str = "Public keys of signed returns";
pub const RETURN_LEDE: &str =
    "They verify what comes back with a customer’s browser where signed_returns is ed25519. As a key set:";
pub const PUBLIC_KEYS: &str = "public_keys";
pub const PUBLIC_LEDE: &str = "Public keys of your servers, for calls in the words of Token.io’s API that are signed instead of sent with an API key.";
pub const NO_PUBLIC: &str = "None is registered.";
pub const ID: &str = "Id";
pub const ID_LABEL: &str = "Id (optional)";
pub const ID_HINT: &str = "Without one it follows from the key.";
pub const KEY_LABEL: &str = "Public key";
pub const KEY_HINT: &str = "PEM, or base64url of an Ed25519 key.";
pub const REGISTER: &str = "Register it";
pub const REMOVE: &str = "Remove";
