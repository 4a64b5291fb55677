//! What a new journey is made of: a request, its merchant's settings, and the operator's rules.

use std::{sync::Arc, time::Duration};

use crate::domain::provider_account::{merchant_of_provider, name_for_merchant};
use crate::domain::{
    AnswerTo, CallbackPlan, Checkout, Ciphering, Dialect, Expiry, Invalid, Item, Journey, JourneyId, Merchant,
    MerchantMarks, Mode, OneOffUrls, OpenRequest, Opening, PageLanguage, PaymentOperation, Placement, PopupOrigin,
    Purpose, RequestedCallbacks, RequestedProvider, SameBrowser, Settings, SignedReturns, UnixMillis,
};
use crate::domain::{open_request::When, plan::Allowed};
use crate::engine::deps::{Deps, Result};
use crate::engine::{derive, longest};
use crate::provider::Provider;

pub(super) fn draft(
    deps: &Deps,
    merchant: &Merchant,
    dialect: &str,
    open_request: &OpenRequest,
    (id, original): (JourneyId, Option<&Journey>),
) -> Result<Journey> {
    let dialect = deps.dialect(dialect)?;
    let mut settings = merchant.settings.frozen();
    if !dialect.signs_returns(open_request) {
        settings.signed_returns = SignedReturns::Off;
    }
    settings.one_time_token = open_request.one_time_token.unwrap_or(settings.one_time_token);
    settings.extra_outcomes = open_request.extra_outcomes.unwrap_or(settings.extra_outcomes);
    settings.language = open_request.language.map_or(settings.language, |tag| PageLanguage(Some(tag)));
    let now = deps.clock.now();
    let plan = plan(deps, merchant, (dialect, settings.signed_returns), open_request)?;
    let popup = popup(merchant, open_request, &plan)?;
    let journey = Journey::open(Opening {
        id,
        merchant: merchant.id,
        merchant_name: merchant.name.clone(),
        dialect: dialect.name().to_owned(),
        // An operation goes where the money is.
        provider: match original {
            Some(original) => original.provider().to_owned(),
            None => provider_for(deps, merchant, open_request)?,
        },
        choices: choices(deps, merchant, open_request)?,
        key: deps.keys.current().to_owned(),
        purpose: purpose(deps, merchant, open_request, original)?,
        dialect_data: open_request.dialect_data.clone(),
        plan: match original.filter(|_| open_request.endpoints == RequestedCallbacks::OfPayment) {
            Some(payment) => CallbackPlan { endpoints: payment.opening().plan.endpoints.clone(), ..plan },
            None => plan,
        },
        settings,
        opened_at: now,
        expires_at: expires_at(deps, merchant, open_request, now)?,
        mode: Some(deps.mode_of(merchant)),
        marks: marks(merchant),
        popup,
    });
    longest::check_longest(deps, journey.opening(), dialect)?;
    if let Some(requested) = open_request.provider.as_ref().filter(|requested| requested.attaches) {
        check_attachable(deps, &journey, requested)?;
        return Ok(journey.awaiting_attachment());
    }
    if !dialect.asks_provider_ahead(open_request) {
        return Ok(journey);
    }
    Ok(derive::intending_payment(deps, journey.leaving_ahead(), 0))
}

/// What a new journey is for. A payment that is repeated is repeated at its own provider, by that provider's own
/// reference.
fn purpose(
    deps: &Deps,
    merchant: &Merchant,
    open_request: &OpenRequest,
    original: Option<&Journey>,
) -> Result<Purpose> {
    let mut purpose = open_request.purpose.clone();
    let (Purpose::Checkout(Checkout { repeats: Some(repeated), .. }), Some(original)) = (&mut purpose, original) else {
        return Ok(purpose);
    };
    if let Some((_, created)) = original.proven_payment() {
        created.reference.clone_into(&mut repeated.provider_reference);
    }
    // One that takes no new payments of this merchant repeats none either.
    let name = original.provider();
    let offered = payment_providers(deps, merchant).into_iter().find(|provider| provider.name() == name);
    if !offered.is_some_and(|provider| provider.takes(&purpose)) {
        let rule = format!("names a transaction of {}, which cannot repeat it", name_for_merchant(name));
        return Err(Invalid::new("repeats", rule).hint("its customer has to come: open a payment without it").into());
    }
    Ok(purpose)
}

/// What a journey's pages show of the merchant, if it has chosen anything.
fn marks(merchant: &Merchant) -> Option<Box<MerchantMarks>> {
    let Settings { support_url, legal_url, color, .. } = &merchant.settings;
    let marks = MerchantMarks {
        support: support_url.clone(),
        legal: legal_url.clone(),
        color: *color,
        logo: merchant.logo.map(|fetched| fetched.logo),
    };
    (marks != MerchantMarks::default()).then(|| Box::new(marks))
}

/// The origin of the page that opens a journey's pages in a window of their own, where its call says that one does.
fn popup(merchant: &Merchant, open_request: &OpenRequest, plan: &CallbackPlan) -> Result<Option<PopupOrigin>, Invalid> {
    if !open_request.in_popup {
        return Ok(None);
    }
    let refused = |rule: &str, hint: &str| Err(Invalid::new("display", rule).hint(hint));
    if plan.destination.is_none() {
        return refused(
            "is popup, which needs a callback",
            "it is where the customer goes if nobody takes the message",
        );
    }
    match merchant.settings.popup_origin.given() {
        Some(origin) => Ok(Some(origin)),
        None => refused("is popup, and no origin is registered", "choose the setting popup_origin first"),
    }
}

/// When a new journey expires: as its call asked, within the time that journeys are kept, whatever the merchant's
/// settings are; else as those say.
fn expires_at(
    deps: &Deps,
    merchant: &Merchant,
    open_request: &OpenRequest,
    now: UnixMillis,
) -> Result<UnixMillis, Invalid> {
    let Some(Expiry { field, when }) = open_request.expiry else {
        let is_ordered = open_request.purpose.is_ordered();
        let life = if is_ordered { PaymentOperation::LIFE } else { merchant.settings.journey_life.get() };
        return Ok(now.plus(life));
    };
    let (shortest, longest) = (Settings::JOURNEY_LIFE.0, deps.longest_life);
    let (at, expected) = match when {
        When::In(life) if life < shortest => {
            let expected = format!("expected {} to {} seconds", shortest.as_secs(), longest.as_secs());
            return Err(Invalid::new(field, "is too short").hint(expected));
        }
        When::In(life) => (now.plus(life), format!("expected at most {} seconds", longest.as_secs())),
        When::At(at) if at <= now => {
            return Err(Invalid::new(field, "is in the past").hint("expected a moment that is still to come"));
        }
        When::At(at) => (at, format!("expected at most {} from now", in_words(longest))),
    };
    if at <= now.plus(longest) {
        return Ok(at);
    }
    Err(Invalid::new(field, "is later than this gateway keeps a journey").hint(expected))
}

/// The provider that a journey leads to: its institution names one; checkouts without go to the first that takes
/// payments, and consents without to the one that their customer chooses.
fn provider_for(deps: &Deps, merchant: &Merchant, open_request: &OpenRequest) -> Result<String, Invalid> {
    let (purpose, mode) = (&open_request.purpose, deps.mode_of(merchant));
    if let Some(requested) = &open_request.provider {
        return named_provider(deps, merchant, purpose, (requested.field, &requested.name));
    }
    if let Purpose::Job(_) = purpose {
        return Ok(String::new());
    }
    if purpose.institution().is_none() && purpose.consent().is_none() {
        let preferred = merchant.settings.provider.as_str();
        if !preferred.is_empty() {
            return named_provider(deps, merchant, purpose, ("provider", preferred));
        }
        let all = payment_providers(deps, merchant);
        let provider =
            all.iter().find(|provider| provider.takes(purpose) && provider.pays(shown_payee(merchant, purpose)));
        return provider
            .map(|provider| provider.name().to_owned())
            .ok_or_else(|| no_provider(mode, purpose, !all.is_empty()));
    }
    let Some(id) = purpose.institution() else { return Ok(String::new()) };
    let institution = deps.institution_of(merchant, id).ok_or_else(|| {
        Invalid::new("institutionId", format!("names {id:?}, which is no institution of this gateway"))
    })?;
    // Nobody can have agreed to a payment of which the provider knew nothing.
    if purpose.needs_payments() && !deps.takes_payments(institution) {
        let rule = format!("names {id:?}, which takes no payments through this gateway");
        return Err(Invalid::new("institutionId", rule).hint("expected an institution whose bank takes payments"));
    }
    let provider = deps.provider(&institution.provider).map_err(|_| Invalid::new("institutionId", "has no bank"))?;
    if purpose.needs_payments() && !(provider.takes(purpose) && provider.pays(shown_payee(merchant, purpose))) {
        let rule = format!("names {id:?}, which does not take this payment: its currency, or whom it pays, is another");
        return Err(Invalid::new("institutionId", rule));
    }
    Ok(institution.provider.clone())
}

/// The providers that a customer is to choose among, all of which must take the payment; none where there is no choice.
fn choices(deps: &Deps, merchant: &Merchant, open_request: &OpenRequest) -> Result<Vec<String>, Invalid> {
    let Some(RequestedProvider { field, name, others, .. }) = &open_request.provider else { return Ok(Vec::new()) };
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let named = |name| named_provider(deps, merchant, &open_request.purpose, (*field, name));
    std::iter::once(name).chain(others).map(|name| named(name)).collect()
}

/// The providers that a merchant can be paid through, the preferred one first.
fn payment_providers(deps: &Deps, merchant: &Merchant) -> Vec<Arc<dyn Provider>> {
    deps.note_accounts(merchant);
    deps.providers.of_merchant(merchant.id, deps.mode_of(merchant))
}

/// Why no provider takes a payment of this mode, and whether there is any that takes another.
fn no_provider(mode: Mode, purpose: &Purpose, any: bool) -> Invalid {
    match purpose.amount() {
        Some(amount) if any => {
            let rule = format!("is {}, in which no provider takes this kind of payment", amount.currency());
            Invalid::new("currency", rule).hint("the operator has to configure a provider that does")
        }
        _ if any => {
            let hint = "the operator has to configure a provider that does";
            Invalid::new("bank", "none of this gateway's takes this kind of payment").hint(hint)
        }
        _ => {
            let hint = match mode {
                Mode::Test => "this merchant is for tests: the operator has to configure a provider for tests",
                Mode::Live => "the operator has to configure a provider before a checkout can be opened",
            };
            Invalid::new("bank", "none of this gateway's takes payments").hint(hint)
        }
    }
}

/// The provider that this field names, if it takes this payment: an account of the merchant's before one of the
/// operator's.
fn named_provider(
    deps: &Deps,
    merchant: &Merchant,
    purpose: &Purpose,
    (field, name): (&'static str, &str),
) -> Result<String, Invalid> {
    let mut all = payment_providers(deps, merchant);
    // An account of the merchant's is never replaced by a provider of the operator's that is called like it.
    if merchant.accounts.iter().any(|account| account.name.as_str() == name) {
        all.retain(|provider| merchant_of_provider(provider.name()).is_some());
    }
    let names = || all.iter().map(|provider| name_for_merchant(provider.name()));
    let Some(provider) = all.iter().find(|provider| name_for_merchant(provider.name()) == name) else {
        let rule = format!("names {name:?}, which is no provider of this gateway that takes payments");
        let hint = format!("expected one of {}", names().collect::<Vec<_>>().join(", "));
        return Err(Invalid::new(field, rule).hint(hint));
    };
    if !provider.takes(purpose) {
        let rule = format!("names {name:?}, which does not take this currency or kind of payment");
        return Err(Invalid::new(field, rule));
    }
    if !provider.pays(shown_payee(merchant, purpose)) {
        let (paid, shown) = (provider.payee().unwrap_or_default(), shown_payee(merchant, purpose));
        let rule = format!("names {name:?}, which pays {paid:?}, while the customer is shown {shown:?}");
        return Err(Invalid::new(field, rule).hint("both must be the same name"));
    }
    Ok(provider.name().to_owned())
}

/// Whom the customer of a payment is shown.
fn shown_payee<'a>(merchant: &'a Merchant, purpose: &'a Purpose) -> &'a str {
    purpose.payee_beside(merchant.name.as_str())
}

/// Refuses a payment that the app creates itself, where its provider cannot be asked about it, or the merchant requires
/// the browser that left: no visit of ours would set its cookie.
fn check_attachable(deps: &Deps, journey: &Journey, requested: &RequestedProvider) -> Result<()> {
    let (field, opening) = (requested.field, journey.opening());
    if opening.settings.same_browser == SameBrowser::Required {
        let rule = "is of no use while same_browser is required: the customer leaves from your own page";
        return Err(Invalid::new(field, rule).into());
    }
    let provider = deps.provider(&opening.provider)?;
    if !provider.creates_payment(journey) || provider.makes_to_order() {
        let rule = format!("names {:?}, which cannot be asked about a payment", requested.name);
        return Err(Invalid::new(field, rule).into());
    }
    Ok(())
}

fn plan(
    deps: &Deps,
    merchant: &Merchant,
    (dialect, signed_returns): (&dyn Dialect, SignedReturns),
    open_request: &OpenRequest,
) -> Result<CallbackPlan> {
    let appended = signed_returns.beside(dialect.appended_to(open_request));
    let rules = deps.rules_of(dialect);
    let allowed = Allowed {
        callbacks: &merchant.callbacks,
        endpoints: merchant.endpoints.all(),
        one_off_urls: merchant.settings.one_off_urls,
        rules: rules.as_ref(),
        params_in: open_request.params_in,
        appended: &appended,
    };
    if let Some(AnswerTo::App(url)) = open_request.purpose.consent().map(|consent| &consent.answer_to) {
        // An address that the provider sends its codes to is as sensitive as one that tokens go to.
        CallbackPlan::of_covered(url, allowed).map_err(|invalid| invalid.at("redirect.url"))?;
    }
    let plan = match &open_request.callback {
        RequestedCallbacks::Nothing => CallbackPlan::resolve(None, allowed),
        RequestedCallbacks::Text(text) => CallbackPlan::resolve(Some(text), allowed),
        RequestedCallbacks::Items(items) => CallbackPlan::of_items(items, allowed),
        RequestedCallbacks::Covered(url) => CallbackPlan::of_covered(url, allowed),
        RequestedCallbacks::OwnPage | RequestedCallbacks::OfPayment => Ok(CallbackPlan::default()),
        RequestedCallbacks::Apart { success, cancelled, failed } => {
            CallbackPlan::apart(success.as_deref(), cancelled.as_deref(), failed.as_deref(), allowed)
        }
    }?;
    if open_request.params_in == Placement::Fragment
        && plan.destination.as_ref().is_none_or(|entry| entry.slot.is_some())
    {
        return Err(Invalid::new(
            "params_in",
            "is for a URL that the call brings for the browser, and this one brings none",
        )
        .hint("save it with the callback itself")
        .into());
    }
    let brought = match &open_request.webhook_options.ciphering {
        Ciphering::Key(key) => Some(derive::seal_for(deps, merchant.id, key)?),
        Ciphering::AsSaved | Ciphering::Clear | Ciphering::OwnKey => None,
    };
    // A merchant's webhook is a place that it has saved.
    let saved = merchant.webhook.as_ref().map(|webhook| Item::Url(webhook.url.as_str().to_owned()));
    let one_off_urls = match (&open_request.endpoints, &saved) {
        (RequestedCallbacks::Items(items), Some(saved)) if items.iter().all(|item| item == saved) => {
            OneOffUrls::Allowed
        }
        _ => allowed.one_off_urls,
    };
    let plan = plan.with_endpoints(&open_request.endpoints, Allowed { one_off_urls, ..allowed })?;
    Ok(plan.with_options(&open_request.webhook_options, brought.as_ref())?)
}

/// A limit as people say it: whole days, or hours.
fn in_words(span: Duration) -> String {
    match span.as_secs() / 3600 {
        hours if hours > 24 && hours % 24 == 0 => format!("{} days", hours / 24),
        hours => format!("{hours} hours"),
    }
}
