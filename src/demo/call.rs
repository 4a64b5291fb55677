//! The call that a form makes, in the words of the API that was chosen; and as a shell would make it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::domain::{PublicUrl, Secret};
use crate::egress::Call;
use crate::egress::header::{AUTHORIZATION, HeaderName};
use crate::web::views::{Api, Choice, DemoForm, SavedChoice};

/// How a call shows who makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shown {
    /// `token: KEY`
    Token,
    /// `Authorization: Bearer KEY`
    Bearer,
    /// `Authorization: Basic …` over the key alone.
    Key,
    /// The same, over the merchant's id and the key.
    IdAndKey(String),
}

/// A call of the merchant's app: a POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppCall {
    path: String,
    shown: Shown,
    body: Value,
    /// Where its answer has the address to pay at (RFC 6901).
    pub pay_link: &'static str,
    /// Where it says what is wrong.
    pub reason: &'static str,
}

impl AppCall {
    /// The call of this form. `number` is the shop's own number of the payment.
    pub fn of(form: &DemoForm, saved: &[SavedChoice], (merchant, number): (&str, &str)) -> Self {
        let url = first_url(form, saved);
        match form.api {
            Api::SecPaid => Self {
                path: "/secpaid/api/v2/createLink".into(),
                shown: Shown::Token,
                body: json!({ "amount": form.amount, "recipient_note": form.note, "callback_url": callback(form),
                    "cancellable": form.cancellable, "one_time_token": form.one_time_token }),
                pay_link: "/data/pay_link",
                reason: "/ResponseMsg",
            },
            Api::Own => Self::own(json!({ "amount": form.amount, "currency": "EUR", "note": form.note,
                "callback": own_callback(form), "one_time_token": form.one_time_token })),
            Api::TokenIo => Self {
                path: "/token-io/v2/payments".into(),
                shown: Shown::Key,
                body: json!({ "initiation": { "refId": number, "remittanceInformationPrimary": form.note,
                    "amount": { "value": form.amount, "currency": "EUR" }, "localInstrument": "SEPA",
                    "creditor": { "name": "Demo shop", "iban": "GB29NWBK60161331926819" }, "callbackUrl": url,
                    "flowType": "FULL_HOSTED_PAGES" } }),
                pay_link: "/payment/authentication/redirectUrl",
                reason: "/error/message",
            },
            Api::Ixopay => Self {
                path: format!("/ixopay/api/v3/transaction/{merchant}/debit"),
                shown: Shown::IdAndKey(merchant.to_owned()),
                body: json!({ "merchantTransactionId": number, "amount": form.amount, "currency": "EUR",
                    "description": form.note, "successUrl": url, "cancelUrl": url, "errorUrl": url }),
                pay_link: "/redirectUrl",
                reason: "/errorMessage",
            },
        }
    }

    /// A payment in Handback's own words.
    pub fn own(body: Value) -> Self {
        let (path, reason) = ("/v1/journeys".to_owned(), "/detail");
        Self { path, shown: Shown::Bearer, body, pay_link: "/pay_link", reason }
    }

    /// Which payment of a journey's the app has created.
    pub fn attach(journey: &str, reference: &str) -> Self {
        let path = format!("/v1/journeys/{journey}/attach");
        Self { path, ..Self::own(json!({ "reference": reference })) }
    }

    /// It as it is sent to the API at this address.
    pub fn request(&self, api: &str, key: &Secret) -> Call {
        let call = Call::post(&format!("{api}{}", self.path)).json(&self.body);
        let basic = |text: &str| Secret::new(format!("Basic {}", STANDARD.encode(text)));
        match &self.shown {
            Shown::Token => call.secret(HeaderName::from_static("token"), key),
            Shown::Bearer => call.bearer(key),
            Shown::Key => call.secret(AUTHORIZATION, &basic(key.reveal())),
            Shown::IdAndKey(id) => call.secret(AUTHORIZATION, &basic(&format!("{id}:{}", key.reveal()))),
        }
    }

    /// It for a shell, where `KEY` is the API key that the first start printed.
    pub fn curl(&self, gateway: &PublicUrl) -> String {
        let shown = match &self.shown {
            Shown::Token => "-H \"token: $KEY\"".to_owned(),
            Shown::Bearer => "-H \"Authorization: Bearer $KEY\"".to_owned(),
            Shown::Key => "-H \"Authorization: Basic $(printf %s $KEY | base64)\"".to_owned(),
            Shown::IdAndKey(id) => format!("-u {id}:$KEY"),
        };
        let body = format!("{:#}", self.body).replace('\'', r"'\''");
        format!(
            "curl -s {}{} \\\n  {shown} \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'",
            gateway.as_str(),
            self.path
        )
    }
}

fn callback(form: &DemoForm) -> String {
    match form.callback {
        Choice::Saved => form.index.to_string(),
        Choice::Url => form.url.clone(),
        Choice::List => form.list.clone(),
        Choice::App => form.app.clone(),
    }
}

/// The callback as our own API has it: an index is a number, and a list a list.
fn own_callback(form: &DemoForm) -> Value {
    let item = |text: &str| text.trim().parse::<u64>().map_or_else(|_| json!(text.trim()), |index| json!(index));
    match form.callback {
        Choice::List => form.list.split(',').map(item).collect(),
        _ => item(&callback(form)),
    }
}

/// The one URL of a form, for APIs that know no saved callbacks.
fn first_url(form: &DemoForm, saved: &[SavedChoice]) -> String {
    let chosen = callback(form);
    let first = chosen.split(',').next().unwrap_or_default().trim();
    let index = first.parse::<usize>().ok();
    let known = index.and_then(|index| saved.iter().find(|callback| callback.index == index));
    known.map_or_else(|| first.to_owned(), |callback| callback.url.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "http://127.0.0.1:8080/display-parameters";

    fn call(api: Api, callback: Choice) -> AppCall {
        let saved = [SavedChoice { index: 0, name: None, url: PAGE.into() }];
        let form = DemoForm { api, callback, ..DemoForm::new(PAGE) };
        AppCall::of(&form, &saved, ("7Vx", "demo-1"))
    }

    #[test]
    fn each_api_is_called_in_its_own_words() {
        let body = |api| call(api, Choice::Saved).body;
        assert_eq!(body(Api::SecPaid)["callback_url"], json!("0"));
        assert_eq!(body(Api::Own)["callback"], json!(0));
        assert_eq!(body(Api::TokenIo)["initiation"]["callbackUrl"], json!(PAGE));
        assert_eq!(body(Api::Ixopay)["successUrl"], json!(PAGE));
        let list = call(Api::Own, Choice::List).body["callback"].clone();
        assert_eq!(list, json!([0, format!("{PAGE}?from=list")]));
        assert_eq!(call(Api::Ixopay, Choice::List).body["successUrl"], json!(PAGE));
    }

    #[test]
    fn a_shell_is_shown_the_key_by_its_name_alone() {
        let gateway = PublicUrl::parse("http://127.0.0.1:8080").unwrap();
        for (api, shown) in [
            (Api::SecPaid, "-H \"token: $KEY\""),
            (Api::Own, "-H \"Authorization: Bearer $KEY\""),
            (Api::TokenIo, "Basic $(printf %s $KEY | base64)"),
            (Api::Ixopay, "-u 7Vx:$KEY"),
        ] {
            let curl = call(api, Choice::Saved).curl(&gateway);
            assert!(curl.starts_with("curl -s http://127.0.0.1:8080/") && curl.contains(shown), "{curl}");
        }
    }
}
