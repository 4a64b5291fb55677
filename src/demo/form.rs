//! The demo's form, read and written as the call that it makes.

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::domain::redirect::PublicUrl;
use crate::web::page::{Choice, DemoForm};

/// What a newcomer sent, over what stands in an untouched form.
pub fn read(body: &[u8], untouched: DemoForm) -> DemoForm {
    let mut form = DemoForm { one_time_token: false, cancellable: false, ..untouched };
    for (name, text) in form_urlencoded::parse(body).into_owned() {
        match name.as_str() {
            "amount" => form.amount = text,
            "note" => form.note = text,
            "callback" => form.callback = Choice::parse(&text).unwrap_or(Choice::Saved),
            "index" => form.index = text.parse().unwrap_or_default(),
            "url" => form.url = text,
            "list" => form.list = text,
            "app" => form.app = text,
            "one_time_token" => form.one_time_token = true,
            "cancellable" => form.cancellable = true,
            _ => {}
        }
    }
    form
}

/// The body of the call.
pub fn create_link(form: &DemoForm) -> Value {
    let callback_url = match form.callback {
        Choice::Saved => form.index.to_string(),
        Choice::Url => form.url.clone(),
        Choice::List => form.list.clone(),
        Choice::App => form.app.clone(),
    };
    json!({
        "amount": form.amount.trim(),
        "recipient_note": form.note,
        "callback_url": callback_url,
        "cancellable": form.cancellable,
        "one_time_token": form.one_time_token,
    })
}

/// The same call for a shell.
pub fn curl(form: &DemoForm, gateway: &PublicUrl) -> String {
    let body = create_link(form).to_string().replace('\'', r"'\''");
    format!(
        "curl -s {}/secpaid/api/v2/createLink \\\n  -H 'token: YOUR_API_KEY' \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'",
        gateway.as_str()
    )
}
