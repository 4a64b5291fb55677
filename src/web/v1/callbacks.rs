//! A merchant's saved callbacks, in stable slots, and their check-up.

use actix_web::{http::StatusCode, web};
use serde::{Deserialize, Serialize};

use super::{ApiResult, Authenticated, at, no_store, slots::Saved, ways::WaysView};
use crate::domain::merchant::Used;
use crate::domain::{
    CallbackName, CallbackUrl, DeviceUrls, Finding, Grade, Merchant, MerchantId, Placement, SavedCallback, UnixMillis,
    WrittenDeviceUrls,
};
use crate::engine::{CheckedUp, Edit, Engine, EngineError, use_cases};
use crate::web::{Problem, problem_kind::ProblemKind, time::rfc3339};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(at("/profile/callbacks/{index}/check-up", "POST").route(web::post().to(check_up)));
}

/// What a check-up found.
#[derive(Serialize)]
struct CheckUpView {
    grade: &'static str,
    findings: Vec<FindingView>,
}

/// Something that it found.
#[derive(Serialize)]
struct FindingView {
    of: &'static str,
    subject: &'static str,
    grade: &'static str,
    says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

async fn check_up(engine: web::Data<Engine>, index: web::Path<usize>, merchant: Authenticated) -> ApiResult {
    match use_cases::check_up::check_up(&engine, &merchant, *index).await {
        CheckedUp::Done(found) => {
            let worst = found.iter().map(|finding| finding.grade).max().unwrap_or(Grade::Sound);
            let view = |finding: Finding| FindingView {
                of: finding.of,
                subject: finding.subject.as_str(),
                grade: finding.grade.as_str(),
                says: finding.says,
                advice: finding.advice,
            };
            let findings = found.into_iter().map(view).collect();
            Ok(no_store(StatusCode::OK).json(CheckUpView { grade: worst.as_str(), findings }))
        }
        CheckedUp::NoSuchCallback => Err(Problem::not_found("callback")),
        CheckedUp::TooOften => {
            let detail = "Your callbacks are looked at once a second. Ask again in a moment.";
            Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, ProblemKind::TooOften, detail))
        }
    }
}

/// A callback, as a call says it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct CallbackBody {
    pub url: String,
    pub name: Option<String>,
    pub params_in: Option<String>,
    pub web: Option<String>,
    pub ios: Option<String>,
    pub android: Option<String>,
    pub android_package: Option<String>,
    pub fallback: Option<String>,
    pub app_links: Option<String>,
    pub app_store: Option<String>,
    pub play_store: Option<String>,
    pub on_request: Option<bool>,
    pub watched: Option<bool>,
}

/// A saved callback, as it is shown.
#[derive(Serialize)]
pub(in crate::web) struct CallbackView {
    index: usize,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    params_in: &'static str,
    on_request: bool,
    watched: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    down_since: Option<String>,
    #[serde(flatten)]
    ways: WaysView,
    pub unusable_in: Vec<Unusable>,
}

/// A dialect that cannot use a callback, and why.
#[derive(Serialize)]
pub(in crate::web) struct Unusable {
    pub dialect: &'static str,
    pub reason: String,
}

impl SavedCallback {
    /// Since when it is down, if it is watched.
    pub(in crate::web) fn down_since(&self, engine: &Engine, merchant: &Merchant) -> Option<UnixMillis> {
        engine.deps.down.since(merchant.id, &self.url).filter(|_| self.watched)
    }
}

impl Saved for SavedCallback {
    const MANY: &'static str = "callbacks";
    const ONE: &'static str = "callback";
    const ADD: fn(Self) -> Edit = Edit::Add;
    const REPLACE: fn(usize, Self) -> Edit = Edit::Replace;
    const DELETE: fn(usize) -> Edit = Edit::Delete;

    type Body = CallbackBody;
    type View = CallbackView;

    fn read(engine: &Engine, _: MerchantId, body: &CallbackBody) -> Result<Self, EngineError> {
        let url = CallbackUrl::parse(&body.url, &engine.deps.rules)?;
        let written = WrittenDeviceUrls {
            web: body.web.as_deref(),
            ios: body.ios.as_deref(),
            android: body.android.as_deref(),
            android_package: body.android_package.as_deref(),
            fallback: body.fallback.as_deref(),
            app_links: body.app_links.as_deref(),
            app_store: body.app_store.as_deref(),
            play_store: body.play_store.as_deref(),
        };
        let watched = body.watched == Some(true);
        if watched {
            url.check_called(&engine.deps.rules).map_err(|invalid| invalid.at("watched"))?;
        }
        Ok(Self {
            watched,
            device_urls: DeviceUrls::parse(written, &url, &engine.deps.rules)?,
            url,
            name: body.name.as_deref().map(CallbackName::parse).transpose()?,
            params_in: body.params_in.as_deref().map(Placement::parse).transpose()?.unwrap_or_default(),
            used: if body.on_request == Some(true) { Used::OnRequest } else { Used::ByDefault },
        })
    }

    fn slots(merchant: &Merchant) -> &[Option<Self>] {
        merchant.callbacks.slots()
    }

    fn view(&self, engine: &Engine, merchant: &Merchant, index: usize) -> CallbackView {
        let unusable = engine.deps.dialects.iter().filter_map(|dialect| {
            let names = merchant.settings.signed_returns.beside(dialect.appended());
            let own = self.url.holds_any(&names, self.params_in).map(|name| ("url", name));
            let (url, name) = own.or_else(|| self.device_urls.hold_any(&names, self.params_in))?;
            let of = if url == "url" { String::new() } else { format!("{url} ") };
            let reason = format!("{of}already holds the parameter {name}, which is appended");
            Some(Unusable { dialect: dialect.name(), reason })
        });
        CallbackView {
            index,
            url: self.url.as_str().to_owned(),
            name: self.name.as_ref().map(|name| name.as_str().to_owned()),
            params_in: self.params_in.as_str(),
            on_request: self.used == Used::OnRequest,
            watched: self.watched,
            down_since: self.down_since(engine, merchant).map(rfc3339),
            ways: WaysView::from(&self.device_urls),
            unusable_in: unusable.collect(),
        }
    }
}
