//! A merchant's saved callbacks, in stable slots.

use serde::{Deserialize, Serialize};

use super::{slots::Saved, ways::WaysView};
use crate::domain::merchant::Used;
use crate::domain::{
    CallbackName, CallbackUrl, DeviceUrls, Merchant, MerchantId, Placement, SavedCallback, WrittenDeviceUrls,
};
use crate::engine::{Edit, Engine, EngineError};

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
        Ok(Self {
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
            ways: WaysView::from(&self.device_urls),
            unusable_in: unusable.collect(),
        }
    }
}
