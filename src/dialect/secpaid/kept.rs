//! What a journey keeps of the call that asked for it.

use serde::{Deserialize, Serialize};

use crate::dialect::{Json, kept};

/// The fields that are only given back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    /// What the customer sees on the statement.
    pub bank_statement_description: Option<String>,
    /// Whether it was said to be for bank transfers.
    pub bank_transfer: bool,
    /// Whether it was said to be for a QR code.
    pub is_qr_link: bool,
    /// Who shares in it; every split link has them.
    pub recipients: Option<Json>,
    /// What the shares are of.
    pub split_type: Option<String>,
}

kept::in_journeys!(Kept);
