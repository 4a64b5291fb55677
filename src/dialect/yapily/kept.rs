//! What a journey keeps of the call that asked for it.

use serde::{Deserialize, Serialize};

use crate::dialect::{Json, kept};

/// What answers say again; the objects as they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Kept {
    /// Since when transactions are asked for.
    pub transaction_from: Option<String>,
    /// Until when.
    pub transaction_to: Option<String>,
    /// What account access was asked with.
    pub account_request: Option<Json>,
    /// What a payment was asked with.
    pub payment_request: Option<Json>,
    /// What a hosted payment was asked with.
    pub payment_request_details: Option<Json>,
    /// Where the customer goes from hosted pages; every hosted request has one.
    pub redirect_url: Option<String>,
    /// In which country the customer of hosted pages chooses.
    pub institution_country_code: Option<String>,
    /// The customer's language and place.
    pub user_settings: Option<Json>,
}

kept::in_journeys!(Kept);

impl Kept {
    /// The caller's own id of a payment.
    pub(super) fn payment_idempotency_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Identified {
            payment_idempotency_id: Option<String>,
        }
        let sent = [&self.payment_request, &self.payment_request_details].into_iter().flatten();
        sent.filter_map(|sent| serde_json::from_str::<Identified>(sent.get()).ok())
            .find_map(|sent| sent.payment_idempotency_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DialectData;

    #[test]
    fn what_is_kept_is_read_by_its_names() {
        let kept = r#"{"accountRequest":{"featureScope":[]},"redirectUrl":"https://m.example/","transactionFrom":"2025-12-31T23:00:00.000Z"}"#;
        let expected = Kept {
            transaction_from: Some("2025-12-31T23:00:00.000Z".into()),
            account_request: Json::of(r#"{"featureScope":[]}"#),
            redirect_url: Some("https://m.example/".into()),
            ..Kept::default()
        };
        assert_eq!(kept::read::<Kept>(&DialectData::new(kept)), expected);
        assert_eq!(kept::read::<Kept>(&expected.written()), expected);
    }
}
