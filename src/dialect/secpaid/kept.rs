//! What a journey keeps of the call that asked for it.

use serde::{Deserialize, Serialize};

use crate::dialect::Json;
use crate::dialect::kept;

/// The fields that are only given back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    /// What the customer sees on the statement.
    pub bank_statement_description: Option<String>,
    /// Whether it was said to be for bank transfers.
    #[serde(deserialize_with = "kept::present")]
    pub bank_transfer: bool,
    /// Whether it was said to be for a QR code.
    #[serde(deserialize_with = "kept::present")]
    pub is_qr_link: bool,
    /// Who shares in it; every split link has them.
    pub recipients: Option<Json>,
    /// What the shares are of.
    pub split_type: Option<String>,
}

kept::in_journeys!(Kept);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DialectData;

    #[test]
    fn what_older_programs_kept_is_read() {
        let old = r#"{"bank_transfer":"true","recipients":"[{\"token\":\"a\",\"share\":1.50}]","split_type":"normal"}"#;
        let expected = Kept {
            bank_transfer: true,
            recipients: Json::of(r#"[{"token":"a","share":1.50}]"#),
            split_type: Some("normal".into()),
            ..Kept::default()
        };
        assert_eq!(kept::read::<Kept>(&DialectData::new(old)), expected);
        assert_eq!(kept::read::<Kept>(&expected.written()), expected);
    }
}
