//! The plan: the callbacks of one journey, resolved and frozen when the merchant's call opens it.

use crate::domain::callback::{MAX_LENGTH, RESUME, Saved, check_count, each, parse_list};
use crate::domain::signed_return::PARAMETER;
use crate::domain::{
    AppLinks, CallbackUrl, DeviceUrls, Invalid, Item, OneOffUrls, Outcome, Params, Placement, RequestedCallbacks,
    Rules, SavedCallback, SavedCallbacks, SavedEndpoint, Sealed, Slots, Target, WebhookOptions,
};

pub use crate::domain::endpoint::WebhookEndpoint;

/// One resolved callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCallback {
    /// Where it leads.
    pub url: CallbackUrl,
    /// Where our parameters go in it.
    pub params_in: Placement,
    /// The slot it came from; `None` for a one-off URL.
    pub slot: Option<usize>,
    /// Where it leads on other devices; empty in the background, where there is no device.
    pub device_urls: DeviceUrls,
}

impl PlannedCallback {
    /// Whether a browser gets here by our page alone, given what the merchant's settings say of app links.
    pub fn needs_page(&self, settings: AppLinks) -> bool {
        self.device_urls.need_page(&self.url, settings)
    }

    /// What is appended here, cut where the longest of its URLs has no room for it beside `more` bytes.
    pub fn fitted(&self, params: Params, more: usize) -> Params {
        if !params.has_text() {
            return params;
        }
        let urls = [&self.url].into_iter().chain(self.device_urls.urls().map(|(_, url)| url));
        let longest = urls.map(|url| url.length_with(&params, self.params_in)).max().unwrap_or_default();
        params.shortened((longest + more).saturating_sub(MAX_LENGTH))
    }
}

/// Where the browser ends when nothing was paid, where a merchant has other URLs for that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refused {
    /// When the customer said no; `None` is our own result page.
    pub cancelled: Option<PlannedCallback>,
    /// When it failed or expired; `None` is our own result page.
    pub failed: Option<PlannedCallback>,
}

/// Where the events of a journey go: the browser to one place, servers to the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallbackPlan {
    /// Where the browser ends; `None` is our own result page.
    pub destination: Option<PlannedCallback>,
    /// Where it ends instead when nothing was paid; `None` is at the same place.
    pub refused: Option<Refused>,
    /// The callbacks that are called in the background.
    pub background: Vec<PlannedCallback>,
    /// The payment endpoints.
    pub endpoints: Vec<WebhookEndpoint>,
}

/// What a dialect and a merchant allow in a plan.
#[derive(Debug, Clone, Copy)]
pub struct Allowed<'a> {
    /// The merchant's saved callbacks.
    pub callbacks: &'a SavedCallbacks,
    /// The merchant's saved payment endpoints, in their slots.
    pub endpoints: &'a [Option<SavedEndpoint>],
    /// Whether one-off URLs are.
    pub one_off_urls: OneOffUrls,
    /// The operator's and the dialect's rules for URLs.
    pub rules: &'a Rules,
    /// Where our parameters go in one-off URLs.
    pub params_in: Placement,
    /// The names that are appended, so that no callback may hold them.
    pub appended: &'a [&'static str],
}

impl CallbackPlan {
    /// Resolves what a merchant asked for; `None` means every saved callback but those on request: the one with the
    /// lowest index for the browser, the others in the background; and where there is none, our result page.
    ///
    /// # Errors
    /// When an item names no saved callback, breaks a rule for URLs, holds a name that the dialect appends, or is
    /// anywhere but first and can never be called by a server. The field names the item, from 1.
    pub fn resolve(asked: Option<&str>, allowed: Allowed<'_>) -> Result<Self, Invalid> {
        match asked {
            None => Self::by_default(allowed),
            Some(text) => {
                let items = parse_list(text, allowed.callbacks)?;
                Self::of_items(&items, allowed)
            }
        }
    }

    /// Resolves items that came apart already, as from a JSON array.
    ///
    /// # Errors
    /// As [`CallbackPlan::resolve`].
    pub fn of_items(items: &[Item], allowed: Allowed<'_>) -> Result<Self, Invalid> {
        check_count("callback_url", items.len())?;
        let resolved = |index, item| resolve_item(item, allowed).and_then(|entry| check_entry(entry, index, allowed));
        Ok(Self::of_entries(each(items.iter(), resolved)?))
    }

    /// Resolves three URLs, one for each way in which a journey can end; they are used as they are, and who is not
    /// given one ends on our result page.
    ///
    /// # Errors
    /// When one breaks a rule for URLs, holds the name of a signature that is appended, or the merchant allows saved
    /// callbacks only. The field is `success`, `cancel` or `error`, and the caller, which knows the call's own names,
    /// renames it.
    pub fn apart(
        success: Option<&str>,
        cancelled: Option<&str>,
        failed: Option<&str>,
        allowed: Allowed<'_>,
    ) -> Result<Self, Invalid> {
        // They are used as they are, but for a signature.
        let own = if allowed.appended.contains(&PARAMETER) { &[PARAMETER][..] } else { &[] };
        let signed = Allowed { appended: own, ..allowed };
        let resolve = |url: Option<&str>, field: &str| {
            let resolved = |url: &str| {
                resolve_item(&Item::Url(url.to_owned()), allowed).and_then(|entry| check_entry(entry, 0, signed))
            };
            let entry = url.map(resolved).transpose();
            entry.map_err(|invalid| invalid.at(field))
        };
        let refused = Refused { cancelled: resolve(cancelled, "cancel")?, failed: resolve(failed, "error")? };
        Ok(Self { destination: resolve(success, "success")?, refused: Some(refused), ..Self::default() })
    }

    /// Resolves a URL that one of the merchant's saved callbacks must cover.
    ///
    /// # Errors
    /// When it breaks a rule for URLs, is not covered, or holds a name that the dialect appends.
    pub fn of_covered(text: &str, allowed: Allowed<'_>) -> Result<Self, Invalid> {
        let url = CallbackUrl::parse(text, allowed.rules).map_err(|invalid| invalid.at("callback"))?;
        let Some((index, saved)) = allowed.callbacks.covering(&url) else {
            return Err(Invalid::new("callback", "is not one of the application's authorised callbacks")
                .hint("save it, or one above it that ends in a slash; its own query is free"));
        };
        let device_urls =
            if saved.url.is_same(&url) { saved.device_urls.clone() } else { saved.device_urls.without_urls() };
        let entry = PlannedCallback { url, params_in: saved.params_in, slot: Some(index), device_urls };
        let destination = check_entry(entry, 0, allowed).map_err(|invalid| invalid.at("callback"))?;
        Ok(Self { destination: Some(destination), ..Self::default() })
    }

    /// This plan with the payment endpoints that a call asked for: URLs, or indices of saved ones. Where it asked for
    /// none, the first saved one.
    ///
    /// # Errors
    /// As [`CallbackPlan::resolve`]; the field is `payment_endpoint`, with its item.
    pub fn with_endpoints(self, asked: &RequestedCallbacks, allowed: Allowed<'_>) -> Result<Self, Invalid> {
        let items = match asked {
            RequestedCallbacks::Nothing => {
                let first = (0..allowed.endpoints.len()).find_map(|index| saved_endpoint(index, allowed));
                return Ok(Self { endpoints: first.into_iter().collect(), ..self });
            }
            RequestedCallbacks::OwnPage | RequestedCallbacks::OfPayment | RequestedCallbacks::Apart { .. } => {
                return Ok(self);
            }
            RequestedCallbacks::Text(text) => parse_list(text, allowed.endpoints).map_err(renamed)?,
            RequestedCallbacks::Items(items) => items.clone(),
            RequestedCallbacks::Covered(url) => vec![Item::Url(url.clone())],
        };
        check_count("payment_endpoint", items.len())?;
        let endpoints = each(items.iter(), |_, item| resolve_endpoint(item, allowed)).map_err(renamed)?;
        Ok(Self { endpoints, ..self })
    }

    /// This plan with its payment endpoints called as a call wants, with the key that it has brought, sealed.
    ///
    /// # Errors
    /// When bodies must be encrypted and an endpoint has no key; the field is `payment_endpoint`, with its item.
    pub fn with_options(self, options: &WebhookOptions, brought: Option<&Sealed>) -> Result<Self, Invalid> {
        let endpoints = each(self.endpoints.into_iter(), |_, endpoint| endpoint.with_options(options, brought));
        Ok(Self { endpoints: endpoints.map_err(renamed)?, ..self })
    }

    /// Where the browser ends with this outcome, or with `None`, before anything is proven. `None` is our result page.
    pub fn destination_for(&self, outcome: Option<Outcome>) -> Option<&PlannedCallback> {
        match (&self.refused, outcome) {
            (Some(refused), Some(Outcome::Cancelled)) => refused.cancelled.as_ref(),
            (Some(refused), Some(Outcome::Failed | Outcome::Expired)) => refused.failed.as_ref(),
            (_, None | Some(_)) => self.destination.as_ref(),
        }
    }

    /// The targets of deliveries, in order: the callbacks, then the payment endpoints.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        let callbacks = (0..=u8::MAX).zip(&self.background).map(|(index, _)| Target::Callback(index));
        callbacks.chain((0..=u8::MAX).zip(&self.endpoints).map(|(index, _)| Target::WebhookEndpoint(index)))
    }

    /// The saved endpoint that a target is, as it stands by now. `None` where it is none, or its slot holds another one.
    pub fn saved_endpoint<'a>(&self, target: Target, saved: &'a Slots<SavedEndpoint>) -> Option<&'a SavedEndpoint> {
        let frozen = self.endpoint(target)?;
        saved.at(frozen.slot?).filter(|saved| saved.is_at(&frozen.url))
    }

    /// Where a target is. `None` when this plan has none there.
    pub fn url_of(&self, target: Target) -> Option<&CallbackUrl> {
        match target {
            Target::Callback(index) => self.background.get(usize::from(index)).map(|entry| &entry.url),
            Target::WebhookEndpoint(_) => self.endpoint(target).map(|endpoint| &endpoint.url),
        }
    }

    /// The payment endpoint of a target, if it is one.
    pub fn endpoint(&self, target: Target) -> Option<&WebhookEndpoint> {
        match target {
            Target::Callback(_) => None,
            Target::WebhookEndpoint(index) => self.endpoints.get(usize::from(index)),
        }
    }

    /// Every entry that gets the browser's query, the destination first. Those of refusals have nothing appended.
    pub fn entries(&self) -> impl Iterator<Item = &PlannedCallback> {
        self.destination.iter().chain(&self.background)
    }

    /// The entries of a browser whose journey ended otherwise than well, where they are apart; with their fields.
    pub fn apart_entries(&self) -> impl Iterator<Item = (&'static str, &PlannedCallback)> {
        let ends = self.refused.iter().flat_map(|refused| [("cancel", &refused.cancelled), ("error", &refused.failed)]);
        ends.filter_map(|(field, entry)| Some((field, entry.as_ref()?)))
    }

    fn by_default(allowed: Allowed<'_>) -> Result<Self, Invalid> {
        let used = allowed.callbacks.by_default().map(|(index, saved)| of_slot(index, saved));
        // Only a browser can open an app, and it goes to the first.
        let used = used.enumerate().filter(|(position, entry)| *position == 0 || !entry.url.is_app_link());
        let entries = used.map(|(position, entry)| {
            let at = format!("callback_url (saved callback {})", entry.slot.unwrap_or_default());
            check_entry(entry, position, allowed).map_err(|invalid| {
                invalid.at(at).hint("rename its own parameter, or save it with on_request if it is for other calls")
            })
        });
        entries.collect::<Result<_, _>>().map(Self::of_entries)
    }

    /// The first is for the browser, the others are for servers.
    fn of_entries(entries: Vec<PlannedCallback>) -> Self {
        let mut entries = entries.into_iter();
        Self { destination: entries.next(), background: entries.collect(), ..Self::default() }
    }
}

impl Saved for SavedCallbacks {
    fn has_name(&self, name: &str) -> bool {
        self.named(name).is_some()
    }

    fn has_url(&self, url: &str) -> bool {
        Self::has_url(self, url)
    }
}

impl Saved for [Option<SavedEndpoint>] {
    fn has_url(&self, url: &str) -> bool {
        self.iter().flatten().any(|endpoint| endpoint.url.as_str() == url)
    }
}

fn resolve_item(item: &Item, allowed: Allowed<'_>) -> Result<PlannedCallback, Invalid> {
    match item {
        Item::Index(index) => allowed.callbacks.at(*index).map(|saved| of_slot(*index, saved)).ok_or_else(|| {
            Invalid::new("callback_url", format!("names the saved callback {index}, and there is none at that index"))
                .hint("list them with GET /v1/profile/callbacks; the first has index 0")
        }),
        Item::Name(name) => {
            allowed.callbacks.named(name).map(|(index, saved)| of_slot(index, saved)).ok_or_else(|| {
                Invalid::new("callback_url", format!("names the saved callback {name}, and there is none of that name"))
            })
        }
        Item::Url(_) if allowed.one_off_urls == OneOffUrls::SavedOnly => {
            Err(Invalid::new("callback_url", "is a URL, and this merchant allows saved callbacks only")
                .hint("save it with POST /v1/profile/callbacks and give its index"))
        }
        Item::Url(text) => {
            let url = CallbackUrl::parse(text, allowed.rules)?;
            Ok(PlannedCallback { url, params_in: allowed.params_in, slot: None, device_urls: DeviceUrls::default() })
        }
    }
}

fn of_slot(index: usize, saved: &SavedCallback) -> PlannedCallback {
    PlannedCallback {
        url: saved.url.clone(),
        params_in: saved.params_in,
        slot: Some(index),
        device_urls: saved.device_urls.clone(),
    }
}

fn check_entry(entry: PlannedCallback, index: usize, allowed: Allowed<'_>) -> Result<PlannedCallback, Invalid> {
    if index > 0 && entry.url.is_app_link() {
        return Err(Invalid::new("callback_url", "is an app link, which only a browser can open")
            .hint("an app link can only be the first item"));
    }
    if index > 0 {
        entry.url.check_called(allowed.rules).map_err(|invalid| invalid.at("callback_url"))?;
    }
    // URLs for devices are for browsers, and only the first item has one; what stands behind a `#` no server sees.
    let (device_urls, params_in) =
        if index == 0 { (entry.device_urls, entry.params_in) } else { (DeviceUrls::default(), Placement::Query) };
    let resume: &[_] = if device_urls.have_store() { &[RESUME] } else { &[] };
    let appended = [allowed.appended, resume].concat();
    if let Some(name) = entry.url.holds_any(&appended, params_in) {
        return Err(holds(format!("already holds the parameter {name}, which is appended")));
    }
    if let Some((device, name)) = device_urls.hold_any(&appended, params_in) {
        return Err(holds(format!(
            "has a URL for {device} that already holds the parameter {name}, which is appended"
        )));
    }
    Ok(PlannedCallback { params_in, device_urls, ..entry })
}

fn holds(rule: String) -> Invalid {
    Invalid::new("callback_url", rule)
        .hint("rename the callback's own parameter: each name of ours may stand there once")
}

/// This refusal under the name of the field for payment endpoints.
fn renamed(invalid: Invalid) -> Invalid {
    let field = invalid.field().replacen("callback_url", "payment_endpoint", 1);
    invalid.at(field)
}

fn resolve_endpoint(item: &Item, allowed: Allowed<'_>) -> Result<WebhookEndpoint, Invalid> {
    match item {
        Item::Index(index) => saved_endpoint(*index, allowed).ok_or_else(|| {
            Invalid::new("callback_url", format!("names the saved endpoint {index}, and there is none at that index"))
                .hint("list them with GET /v1/profile/endpoints; the first has index 0")
        }),
        Item::Name(_) => Err(Invalid::new("callback_url", "is a name, and saved endpoints have an index only")),
        Item::Url(_) if allowed.one_off_urls == OneOffUrls::SavedOnly => {
            Err(Invalid::new("callback_url", "is a URL, and this merchant allows saved endpoints only")
                .hint("save it with POST /v1/profile/endpoints and give its index"))
        }
        Item::Url(text) => WebhookEndpoint::parse(text, allowed.rules),
    }
}

fn saved_endpoint(index: usize, allowed: Allowed<'_>) -> Option<WebhookEndpoint> {
    let saved = allowed.endpoints.get(index)?.as_ref()?;
    Some(WebhookEndpoint { slot: Some(index), ..saved.endpoint.clone() })
}

#[cfg(test)]
mod tests;
