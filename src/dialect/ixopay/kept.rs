//! What a journey keeps of the call that asked for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BodyHash, Kind};
use crate::dialect::kept;

/// What answers and callbacks give back, and how callbacks are sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Kept {
    /// The merchant's id of the transaction; one that no merchant has asked for has none.
    pub merchant_transaction_id: Option<String>,
    /// What it is.
    pub transaction_type: Kind,
    /// The amount as it was sent, where that is not how we would write it.
    pub amount: Option<String>,
    /// A text that is given back.
    pub merchant_meta_data: Option<String>,
    /// Texts that are given back.
    pub extra_data: Option<BTreeMap<String, String>>,
    /// The `uuid` of the transaction before it.
    pub reference_uuid: Option<String>,
    /// Where the customer is sent before the checkout.
    pub intermediate_url: Option<String>,
    /// The `Content-Type` of callbacks.
    pub content_type: Option<String>,
    /// The hash that the call was signed with, where that is not the documented one.
    pub body_hash: Option<BodyHash>,
    /// The merchant's id of the payment that a chargeback takes back, or its reversal gives back.
    pub original_merchant_transaction_id: Option<String>,
    /// The `uuid` of the chargeback that a reversal is of.
    pub chargeback_uuid: Option<String>,
    /// The test bank's part.
    pub sandbox: Option<String>,
}

kept::in_journeys!(Kept);
