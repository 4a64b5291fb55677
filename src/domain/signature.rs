//! A signature of the gateway on a redirect home, for dialects whose clients verify one.

/// A signature, with the key that verifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewaySignature {
    /// The public key: 32 bytes of Ed25519 (RFC 8032).
    pub key: [u8; 32],
    /// The signature.
    pub bytes: [u8; 64],
}
