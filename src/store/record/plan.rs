//! The callbacks and the endpoints of a journey, and those that a merchant has saved.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, fields_and_later, numbered};
use crate::domain::{
    AndroidPackage, AppLinks, CallbackName, CallbackPlan, CallbackUrl, DeviceUrls, NotifyOn, Placement,
    PlannedCallback, SavedCallback, Sealed, WebhookEndpoint,
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
        (*self != Self::default()).then(|| (urls, self.android_package.record(), self.app_links.record()))
    }

    fn of(record: Self::Record) -> Option<Self> {
        let Some(([web, ios, android, fallback], android_package, app_links)) = record else {
            return Some(Self::default());
        };
        Some(Self {
            web: Recorded::of(web)?,
            ios: Recorded::of(ios)?,
            android: Recorded::of(android)?,
            fallback: Recorded::of(fallback)?,
            android_package: Recorded::of(android_package)?,
            app_links: Recorded::of(app_links)?,
        })
    }
}

/// The four URLs, the package of an Android app, and how an app link is opened.
type DeviceUrlsRecord = ([Record<Option<CallbackUrl>>; 4], Record<Option<AndroidPackage>>, Record<Option<AppLinks>>);
