//! `POST /v1/preview`: the exact URL of every outcome, and who else would be notified, without creating anything.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ApiResult, Call, endpoints::EndpointView, ways::PlannedView};
use crate::dialect::{fields::Fields, own, secpaid};
use crate::domain::{DeviceResponse, Invalid, OpenRequest, Outcome, app_page::Start};
use crate::engine::{Engine, Rehearsal, use_cases};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(super::at("/preview", "POST").route(web::post().to(preview)));
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PreviewBody {
    callback_url: Option<Value>,
    payment_endpoint: Option<Value>,
    payment_endpoint_form: Option<String>,
    payment_endpoint_on_cancel: Option<bool>,
    is_encryption: Option<bool>,
    dialect: Option<String>,
    one_time_token: Option<bool>,
    extra_outcomes: Option<bool>,
    recipient_note: Option<String>,
    params_in: Option<String>,
}

#[derive(Serialize)]
struct PreviewView {
    destination: Option<EntryView>,
    background: Vec<EntryView>,
    endpoints: Vec<EndpointView>,
    longest_bytes: usize,
}

#[derive(Serialize)]
struct EntryView {
    #[serde(flatten)]
    callback: PlannedView,
    outcomes: Map<String, Value>,
    /// By the kind of device, then by outcome.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    devices: BTreeMap<&'static str, BTreeMap<&'static str, GivenView>>,
}

/// What a device is given, where one of our pages decides that.
#[derive(Serialize)]
struct GivenView {
    opens: &'static str,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elsewhere: Option<String>,
}

async fn preview(engine: web::Data<Engine>, call: Call<PreviewBody>) -> ApiResult {
    let dialect = call.body.dialect.as_deref().unwrap_or(secpaid::NAME);
    let request = match dialect {
        secpaid::NAME => read_wish(&call.body)?,
        own::NAME => read_own(call.body.clone())?,
        _ => {
            let hint = format!("expected {} or {}", secpaid::NAME, own::NAME);
            return Err(Invalid::new("dialect", "is not one that can be previewed").hint(hint).into());
        }
    };
    let rehearsed = use_cases::open::rehearse(&engine, &call.merchant, dialect, &request)?;
    let longest = rehearsed.entries.iter().map(|rehearsal| rehearsal.longest).max();
    let mut entries = rehearsed.entries.into_iter().map(|rehearsal| EntryView::of(dialect, rehearsal));
    let view = PreviewView {
        destination: entries.next(),
        background: entries.collect(),
        endpoints: rehearsed.endpoints.iter().map(EndpointView::from).collect(),
        longest_bytes: longest.unwrap_or_default(),
    };
    Ok(HttpResponse::Ok().json(view))
}

/// An open request in Handback's own words. What these words do not have is refused.
fn read_own(body: PreviewBody) -> Result<OpenRequest, Invalid> {
    let others = [
        ("payment_endpoint_form", body.payment_endpoint_form.is_some()),
        ("payment_endpoint_on_cancel", body.payment_endpoint_on_cancel.is_some()),
        ("is_encryption", body.is_encryption.is_some()),
        ("extra_outcomes", body.extra_outcomes.is_some()),
        ("params_in", body.params_in.is_some()),
    ];
    if let Some((field, _)) = others.into_iter().find(|(_, is_given)| *is_given) {
        return Err(Invalid::new(field, "has no use here").hint(format!("leave it out, or preview {}", secpaid::NAME)));
    }
    let renamed = |invalid: Invalid| invalid.moved("callback", "callback_url").moved("endpoints", "payment_endpoint");
    own::OpenBody {
        amount: "1.00".into(),
        currency: "EUR".into(),
        note: body.recipient_note.unwrap_or_default(),
        callback: body.callback_url.filter(|value| !value.is_null()),
        endpoints: body.payment_endpoint.filter(|value| !value.is_null()),
        one_time_token: body.one_time_token,
        ..own::OpenBody::default()
    }
    .read()
    .map_err(renamed)
}

/// An open request such as the dialect would read from a call with these fields: the same code refuses the same things.
/// In a form an empty field is one that was left out; in JSON it is a mistake.
fn read_wish(body: &PreviewBody) -> Result<OpenRequest, Invalid> {
    for (field, text) in [("payment_endpoint_form", &body.payment_endpoint_form), ("params_in", &body.params_in)] {
        if text.as_ref().is_some_and(String::is_empty) {
            return Err(Invalid::new(field, "is empty").hint("leave the field out"));
        }
    }
    let text = |value: &Option<Value>| {
        value.as_ref().filter(|value| !value.is_null()).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    };
    let flag = |value: Option<bool>| value.map(|on| on.to_string());
    let pairs = [
        ("amount", Some("1.00".to_owned())),
        ("callback_url", text(&body.callback_url)),
        ("payment_endpoint", text(&body.payment_endpoint)),
        ("payment_endpoint_form", body.payment_endpoint_form.clone()),
        ("payment_endpoint_on_cancel", flag(body.payment_endpoint_on_cancel)),
        ("is_encryption", flag(body.is_encryption)),
        ("one_time_token", flag(body.one_time_token)),
        ("extra_outcomes", flag(body.extra_outcomes)),
        ("recipient_note", body.recipient_note.clone()),
        ("params_in", body.params_in.clone()),
    ];
    let sent = pairs.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?)));
    secpaid::read_wish(&Fields::from_pairs(sent)?, secpaid::Kind::Basic)
}

impl EntryView {
    fn of(dialect: &str, rehearsal: Rehearsal) -> Self {
        let urls = rehearsal.urls.into_iter();
        let outcomes = urls.map(|(outcome, url)| (word(dialect, outcome).to_owned(), Value::String(url)));
        let views = |given: Vec<(Outcome, DeviceResponse)>| {
            let view = |(outcome, given)| (word(dialect, outcome), GivenView::from(given));
            given.into_iter().map(view).collect()
        };
        Self {
            callback: PlannedView::from(&rehearsal.entry),
            outcomes: outcomes.collect(),
            devices: rehearsal.devices.into_iter().map(|(device, given)| (device.as_str(), views(given))).collect(),
        }
    }
}

impl From<DeviceResponse> for GivenView {
    fn from(given: DeviceResponse) -> Self {
        let app_page = match given {
            DeviceResponse::AppPage(app_page) => app_page,
            DeviceResponse::Redirect(redirect) => {
                return Self { opens: "web", url: redirect.as_str().to_owned(), attempt: None, elsewhere: None };
            }
        };
        let (opens, attempt) = match app_page.start {
            Start::Attempt(link) => ("app", Some(link)),
            Start::Press => ("app", None),
            Start::Either => ("either", None),
        };
        Self { opens, url: app_page.button, attempt, elsewhere: app_page.elsewhere }
    }
}

/// The dialect's word for an outcome.
pub(in crate::web) fn word(dialect: &str, outcome: Outcome) -> &'static str {
    match outcome {
        outcome if dialect == own::NAME => outcome.as_str(),
        Outcome::Paid | Outcome::Authorised | Outcome::Done => "success",
        Outcome::Cancelled => "cancel",
        Outcome::Failed => "failed",
        Outcome::Expired => "expired",
    }
}
