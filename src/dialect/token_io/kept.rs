//! What a journey keeps of the call that asked for it.

use serde::{Deserialize, Serialize};

use super::Flow;
use crate::dialect::Json;
use crate::dialect::kept;
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
    #[serde(deserialize_with = "kept::present")]
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
    #[serde(deserialize_with = "kept::present")]
    pub answered_by_app: bool,
}

kept::in_journeys!(Kept);

impl Kept {
    /// What an open request will have its journey keep.
    pub(super) fn read(data: &DialectData) -> Self {
        kept::read(data)
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
    #[serde(deserialize_with = "kept::present")]
    pub answered_by_app: bool,
    /// Whether it is a token request.
    #[serde(rename = "requestPayload", deserialize_with = "kept::present")]
    pub is_token_request: bool,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_older_programs_kept_is_read() {
        let old = r#"{"answeredByApp":"","consented":"","flow":"PAYMENT_LINK","initiation":"{\"refId\":\"a\"}","linkConfig":"{}","paymentTemplate":"{\"refId\": 7}","state":"{}"}"#;
        let expected = Kept {
            initiation: Json::of(r#"{"refId":"a"}"#),
            flow: Some(Flow::PaymentLink),
            state: Some("{}".into()),
            consented: true,
            payment_template: Json::of(r#"{"refId": 7}"#),
            link_config: Json::of("{}"),
            answered_by_app: true,
            ..Kept::default()
        };
        assert_eq!(Kept::read(&DialectData::new(old)), expected);
        assert_eq!(Kept::read(&expected.written()), expected);
        for data in [DialectData::new(old), expected.written()] {
            let KeptForReturn { flow, state, answered_by_app, is_token_request } = kept::read(&data);
            assert_eq!((flow, state.as_deref()), (expected.flow, expected.state.as_deref()));
            assert!(answered_by_app && !is_token_request);
        }
        let request = r#"{"flow":"TOKEN_REQUEST","requestPayload":"{\"a\":\n1}"}"#;
        let data = DialectData::new(request);
        let for_return: KeptForReturn = kept::read(&data);
        assert!(for_return.is_token_request && !for_return.answered_by_app && for_return.state.is_none());
        let request = Kept::read(&data);
        assert_eq!((request.flow, request.request_payload), (Some(Flow::TokenRequest), Json::of("{\"a\":\n1}")));
    }
}
