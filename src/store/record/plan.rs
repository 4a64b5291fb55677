//! The callbacks and the endpoints of a journey, and those that a merchant has saved.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, fields_and_later, numbered};
use crate::domain::{
    AndroidPackage, AppLinks, AppStorePage, CallbackName, CallbackPlan, CallbackUrl, DeviceUrls, NotifyOn, Placement,
    PlannedCallback, PlayStorePage, SavedCallback, Sealed, WebhookEndpoint,
};
use crate::domain::{merchant::Used, plan::Refused};

fields!(
    CallbackPlan: destination: Option<PlannedCallback>, refused: Option<Refused>, background: Vec<PlannedCallback>,
    endpoints: Vec<WebhookEndpoint>,
);

fields!(Refused: cancelled: Option<PlannedCallback>, failed: Option<PlannedCallback>);

fields!(PlannedCallback: url: CallbackUrl, params_in: Placement, slot: Option<usize>, device_urls: DeviceUrls);

fields_and_later!(
    SavedCallback as SavedCallbackRecord: url: CallbackUrl, name: Option<CallbackName>, params_in: Placement,
    device_urls: DeviceUrls, used: Used;
    watched: bool,
);

fields!(WebhookEndpoint: url: CallbackUrl, slot: Option<usize>, form: String, notify_on: NotifyOn, cipher: Option<Sealed>);

numbered!(Placement: Query, Fragment);

numbered!(Used: ByDefault, OnRequest);

/// Most callbacks have no URLs for devices, and nothing in their record for them.
impl Recorded for DeviceUrls {
    type Record = Option<DeviceUrlsRecord>;

    fn record(&self) -> Self::Record {
        let urls = [&self.web, &self.ios, &self.android, &self.fallback].map(Recorded::record);
        (*self != Self::default()).then(|| DeviceUrlsRecord {
            urls,
            android_package: self.android_package.record(),
            app_links: self.app_links.record(),
            stores: self.have_store().then(|| (self.app_store.record(), self.play_store.record())),
        })
    }

    fn of(record: Self::Record) -> Option<Self> {
        let Some(record) = record else { return Some(Self::default()) };
        let [web, ios, android, fallback] = record.urls;
        let (app_store, play_store) = record.stores.unwrap_or_default();
        Some(Self {
            web: Recorded::of(web)?,
            ios: Recorded::of(ios)?,
            android: Recorded::of(android)?,
            fallback: Recorded::of(fallback)?,
            android_package: Recorded::of(record.android_package)?,
            app_links: Recorded::of(record.app_links)?,
            app_store: Recorded::of(app_store)?,
            play_store: Recorded::of(play_store)?,
        })
    }
}

/// The app's pages in both stores.
type StoresRecord = (Record<Option<AppStorePage>>, Record<Option<PlayStorePage>>);

/// The four URLs, the package of an Android app, how an app link is opened, and where the app is to be had; an older
/// record ends before that.
#[derive(Serialize, Deserialize)]
pub(super) struct DeviceUrlsRecord {
    urls: [Record<Option<CallbackUrl>>; 4],
    android_package: Record<Option<AndroidPackage>>,
    app_links: Record<Option<AppLinks>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stores: Option<StoresRecord>,
}
