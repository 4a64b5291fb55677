//! The callbacks of a journey.

use super::recorded::{Record, Recorded, fields};
use crate::domain::callback::{AndroidPackage, CallbackUrl, DeviceUrls};
use crate::domain::plan::{PlannedCallback, Refused, WebhookEndpoint};
use crate::domain::terms::AppLinks;

fields!(
    DeviceUrls: web: Option<CallbackUrl>, ios: Option<CallbackUrl>, android: Option<CallbackUrl>,
    android_package: Option<AndroidPackage>, fallback: Option<CallbackUrl>, app_links: Option<AppLinks>,
);

fields!(Refused: cancelled: Option<PlannedCallback>, failed: Option<PlannedCallback>);

/// Without its URLs for devices, which only the destination has.
impl Recorded for PlannedCallback {
    type Record = (String, bool, Option<u32>);

    fn record(&self) -> Self::Record {
        (self.url.record(), self.params_in.record(), write_slot(self.slot))
    }

    fn of((url, params_in, slot): Self::Record) -> Option<Self> {
        let (url, params_in) = (Recorded::of(url)?, Recorded::of(params_in)?);
        Some(Self { url, params_in, slot: slot.map(|slot| slot as usize), device_urls: DeviceUrls::default() })
    }
}

/// The URLs of a callback for devices; most have none, and no record of it.
pub(super) fn write_device_urls(urls: &DeviceUrls) -> Option<Record<DeviceUrls>> {
    (*urls != DeviceUrls::default()).then(|| urls.record())
}

/// Where an endpoint is; what it has besides is kept apart.
pub(super) fn write_endpoint(endpoint: &WebhookEndpoint) -> Record<PlannedCallback> {
    (endpoint.url.record(), false, write_slot(endpoint.slot))
}

fn write_slot(slot: Option<usize>) -> Option<u32> {
    slot.and_then(|slot| u32::try_from(slot).ok())
}
