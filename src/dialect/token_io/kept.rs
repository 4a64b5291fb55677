//! What a journey keeps of the call that asked for it.

use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::Flow;
use crate::dialect::{Json, kept};
use crate::domain::{DialectData, Journey};

/// What answers say again, and how the browser gets to the bank.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Kept {
    /// What was asked for, completed to what an answer has.
    pub initiation: Option<Json>,
    /// How the browser gets to the bank; `None` is [`Flow::ApiOnly`].
    pub flow: Option<Flow>,
    /// What comes back with the browser.
    pub state: Option<String>,
    /// Whether the customer has agreed in the caller's own pages already.
    pub consented: bool,
    /// What a payment link was asked with; every link has one.
    pub payment_template: Option<Json>,
    /// The limits of a payment link.
    pub link_config: Option<Json>,
    /// What a token request was asked with, as it was sent; every token request has one.
    pub request_payload: Option<Json>,
    /// The second part of a token request, as it was sent.
    pub request_options: Option<Json>,
    /// Whether the merchant's app takes the bank's answer itself.
    pub answered_by_app: bool,
}

kept::in_journeys!(Kept);

impl Kept {
    /// What an open request will have its journey keep.
    pub(super) fn read(data: &DialectData) -> Self {
        kept::read(data)
    }

    /// The caller's own reference.
    pub(super) fn ref_id(&self) -> Option<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Referred {
            ref_id: Option<String>,
        }
        let sent = [&self.initiation, &self.payment_template, &self.request_payload].into_iter().flatten();
        sent.filter_map(|sent| serde_json::from_str::<Referred>(sent.get()).ok()).find_map(|sent| sent.ref_id)
    }

    /// How the browser gets to the bank.
    pub(super) fn flow(&self) -> Flow {
        self.flow.unwrap_or(Flow::ApiOnly)
    }
}

/// What a return asks of it: read without the bodies that stand beside, which are kilobytes.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct KeptForReturn {
    flow: Option<Flow>,
    /// What comes back with the browser.
    pub state: Option<String>,
    /// Whether the merchant's app takes the bank's answer itself.
    pub answered_by_app: bool,
    request_payload: Option<IgnoredAny>,
}

impl KeptForReturn {
    /// What a journey keeps.
    pub(super) fn of(journey: &Journey) -> Self {
        kept::read(&journey.opening().dialect_data)
    }

    /// How the browser gets to the bank.
    pub(super) fn flow(&self) -> Flow {
        self.flow.unwrap_or(Flow::ApiOnly)
    }

    /// Whether it is a token request.
    pub(super) const fn is_token_request(&self) -> bool {
        self.request_payload.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_reads_the_same_of_what_is_kept_as_everybody() {
        let link = Kept {
            initiation: Json::of(r#"{"refId":"a"}"#),
            flow: Some(Flow::PaymentLink),
            state: Some("{}".into()),
            consented: true,
            payment_template: Json::of(r#"{"refId": 7}"#),
            answered_by_app: true,
            ..Kept::default()
        };
        let request =
            Kept { request_payload: Json::of("{\"a\":\n1}"), flow: Some(Flow::TokenRequest), ..Kept::default() };
        for kept in [link, request, Kept::default()] {
            let data = kept.written();
            assert_eq!(Kept::read(&data), kept);
            let of_return: KeptForReturn = kept::read(&data);
            assert_eq!((of_return.flow, &of_return.state), (kept.flow, &kept.state));
            assert_eq!(of_return.answered_by_app, kept.answered_by_app);
            assert_eq!(of_return.is_token_request(), kept.request_payload.is_some());
        }
    }
}
