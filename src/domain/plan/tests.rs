//! Which plans a call can have.

use super::*;
use crate::domain::{Ciphering, WrittenDeviceUrls, merchant::Used};

fn callbacks() -> SavedCallbacks {
    let mut callbacks = SavedCallbacks::default();
    for url in ["https://a.example/0", "com.example.app://cb", "https://a.example/2?status=x"] {
        let url = CallbackUrl::parse(url, &Rules::default()).unwrap();
        let device_urls = DeviceUrls::default();
        callbacks
            .add(SavedCallback {
                url,
                name: None,
                params_in: Placement::Query,
                device_urls,
                used: Used::ByDefault,
                watched: false,
            })
            .unwrap();
    }
    callbacks
}

fn resolve(asked: Option<&str>, one_off_urls: OneOffUrls) -> Result<CallbackPlan, Invalid> {
    let rules = Rules::default();
    CallbackPlan::resolve(
        asked,
        Allowed {
            callbacks: &callbacks(),
            endpoints: &[],
            one_off_urls,
            rules: &rules,
            params_in: Placement::Query,
            appended: &["status"],
        },
    )
}

#[test]
fn the_first_entry_is_the_destination_and_the_others_are_in_the_background() {
    let plan = resolve(Some("1,0,https://b.example/n"), OneOffUrls::Allowed).unwrap();
    assert_eq!(plan.destination.map(|e| e.slot), Some(Some(1)));
    let called: Vec<_> = plan.background.iter().map(|e| e.url.as_str()).collect();
    assert_eq!(called, ["https://a.example/0", "https://b.example/n"]);
}

#[test]
fn nothing_asked_is_every_saved_callback_but_those_on_request() {
    let (rules, mut callbacks) = (Rules::default(), callbacks());
    let slots = |callbacks: &SavedCallbacks| {
        let plan = CallbackPlan::resolve(None, saved_only(callbacks, &rules)).unwrap();
        plan.entries().filter_map(|entry| entry.slot).collect::<Vec<_>>()
    };
    assert_eq!(slots(&callbacks), [0, 2], "an app link is for the browser alone");
    let on_request = |callbacks: &mut SavedCallbacks, index: usize| {
        let saved = SavedCallback { used: Used::OnRequest, ..callbacks.at(index).unwrap().clone() };
        assert!(callbacks.replace(index, saved).unwrap());
    };
    on_request(&mut callbacks, 0);
    assert_eq!(slots(&callbacks), [1, 2], "the app is opened where it is the first");
    let named = CallbackPlan::resolve(Some("0"), saved_only(&callbacks, &rules)).unwrap();
    assert_eq!(named.destination.map(|entry| entry.slot), Some(Some(0)));
    on_request(&mut callbacks, 1);
    on_request(&mut callbacks, 2);
    assert_eq!(CallbackPlan::resolve(None, saved_only(&callbacks, &rules)).unwrap(), CallbackPlan::default());
    assert_eq!(
        CallbackPlan::of_covered("https://a.example/0?own=1", saved_only(&callbacks, &rules))
            .unwrap()
            .destination
            .unwrap()
            .slot,
        Some(0)
    );
}

fn saved_only<'a>(callbacks: &'a SavedCallbacks, rules: &'a Rules) -> Allowed<'a> {
    let one_off_urls = OneOffUrls::SavedOnly;
    Allowed { callbacks, endpoints: &[], one_off_urls, rules, params_in: Placement::Query, appended: &[] }
}

#[test]
fn without_saved_callbacks_it_is_our_result_page() {
    let (rules, callbacks) = (Rules::default(), SavedCallbacks::default());
    let allowed = Allowed {
        callbacks: &callbacks,
        endpoints: &[],
        one_off_urls: OneOffUrls::Allowed,
        rules: &rules,
        params_in: Placement::Query,
        appended: &[],
    };
    assert_eq!(CallbackPlan::resolve(None, allowed).unwrap(), CallbackPlan::default());
}

#[test]
fn a_list_has_an_end_in_either_form() {
    assert!(resolve(Some(&["0"; 16].join(",")), OneOffUrls::Allowed).is_ok());
    assert!(resolve(Some(&["0"; 17].join(",")), OneOffUrls::Allowed).is_err());
    let (rules, callbacks) = (Rules::default(), callbacks());
    let allowed = Allowed {
        callbacks: &callbacks,
        endpoints: &[],
        one_off_urls: OneOffUrls::Allowed,
        rules: &rules,
        params_in: Placement::Query,
        appended: &[],
    };
    assert!(CallbackPlan::of_items(&vec![Item::Index(0); 16], allowed).is_ok());
    assert!(CallbackPlan::of_items(&vec![Item::Index(0); 17], allowed).is_err());
}

#[test]
fn payment_endpoints_are_urls_and_saved_ones() {
    let (rules, callbacks) = (Rules::default(), callbacks());
    let saved = |url| SavedEndpoint::from(WebhookEndpoint::at(CallbackUrl::parse(url, &rules).unwrap()));
    let endpoints = [None, Some(saved("https://a.example/1")), Some(saved("https://a.example/2?status=x"))];
    let one_off_urls = OneOffUrls::Allowed;
    let allowed = Allowed {
        callbacks: &callbacks,
        endpoints: &endpoints,
        one_off_urls,
        rules: &rules,
        params_in: Placement::Query,
        appended: &["status"],
    };
    let with_endpoints =
        |asked: &str| CallbackPlan::default().with_endpoints(&RequestedCallbacks::Text(asked.into()), allowed);
    let urls = |plan: &CallbackPlan| {
        let url = |target| plan.url_of(target).map(|url| url.as_str().to_owned());
        plan.targets().map(url).collect::<Option<Vec<_>>>().unwrap()
    };
    let plan = with_endpoints("https://b.example/pay,2").unwrap();
    let called = ["https://b.example/pay", "https://a.example/2?status=x"];
    assert_eq!(urls(&plan), called, "nothing is appended to an endpoint, so it may hold any name");
    assert_eq!(plan.endpoint(Target::WebhookEndpoint(1)).and_then(|endpoint| endpoint.slot), Some(2));
    assert_eq!(plan.url_of(Target::Callback(0)), None);
    let first = CallbackPlan::default().with_endpoints(&RequestedCallbacks::Nothing, allowed).unwrap();
    assert_eq!((urls(&first), first.endpoints[0].slot), (vec!["https://a.example/1".to_owned()], Some(1)));
    assert!(urls(&CallbackPlan::default().with_endpoints(&RequestedCallbacks::OwnPage, allowed).unwrap()).is_empty());
    for (asked, field) in [
        ("0", "payment_endpoint"),
        ("7", "payment_endpoint"),
        ("", "payment_endpoint"),
        ("com.example.app://cb", "payment_endpoint"),
        ("1,0", "payment_endpoint item 2"),
        ("1,ftp://b.example/", "payment_endpoint item 2"),
        (&["1"; 17].join(","), "payment_endpoint"),
    ] {
        assert_eq!(with_endpoints(asked).unwrap_err().field(), field, "{asked}");
    }
    let encrypted = WebhookOptions { ciphering: Ciphering::OwnKey, ..WebhookOptions::default() };
    let refused = with_endpoints("1,2").unwrap().with_options(&encrypted, None).unwrap_err();
    assert_eq!(refused.field(), "payment_endpoint item 1");
    let saved_only = Allowed { one_off_urls: OneOffUrls::SavedOnly, ..allowed };
    let refused = CallbackPlan::default()
        .with_endpoints(&RequestedCallbacks::Text("https://b.example/".into()), saved_only)
        .unwrap_err();
    assert!(refused.hint_text().unwrap().contains("/v1/profile/endpoints"), "{refused}");
}

#[test]
fn each_end_has_its_own_place_where_a_merchant_wants_that() {
    let (rules, callbacks) = (Rules::default(), SavedCallbacks::default());
    let one_off_urls = OneOffUrls::Allowed;
    let allowed = Allowed {
        callbacks: &callbacks,
        endpoints: &[],
        one_off_urls,
        rules: &rules,
        params_in: Placement::Query,
        appended: &["status"],
    };
    let [yes, no, error] = ["https://m.example/yes?status=own", "https://m.example/no", "https://m.example/error"];
    let plan = CallbackPlan::apart(Some(yes), Some(no), Some(error), allowed).unwrap();
    let ends_at =
        |plan: &CallbackPlan, outcome| plan.destination_for(outcome).map(|entry| entry.url.as_str().to_owned());
    for (outcome, expected) in [
        (None, yes),
        (Some(Outcome::Paid), yes),
        (Some(Outcome::Authorised), yes),
        (Some(Outcome::Cancelled), no),
        (Some(Outcome::Failed), error),
        (Some(Outcome::Expired), error),
    ] {
        assert_eq!(ends_at(&plan, outcome).as_deref(), Some(expected), "{outcome:?}");
    }
    let plan = CallbackPlan::apart(Some(yes), None, None, allowed).unwrap();
    assert_eq!(ends_at(&plan, Some(Outcome::Cancelled)), None, "who has no place for it sees our page");
    assert_eq!(CallbackPlan::apart(Some(yes), Some("x"), None, allowed).unwrap_err().field(), "cancel");
    let signed = Allowed { appended: &["status", PARAMETER], ..allowed };
    assert!(CallbackPlan::apart(Some(yes), Some(no), None, signed).is_ok());
    let held = CallbackPlan::apart(Some(yes), Some("https://m.example/?HB_signature"), None, signed);
    assert_eq!(held.unwrap_err().field(), "cancel");
    let one = CallbackPlan::resolve(Some(no), allowed).unwrap();
    assert_eq!(ends_at(&one, Some(Outcome::Cancelled)).as_deref(), Some(no));
}

#[test]
fn each_refusal_names_its_item() {
    for (asked, field) in [
        ("7", "callback_url"),
        ("0,7", "callback_url item 2"),
        ("0,1", "callback_url item 2"),
        ("2", "callback_url"),
        ("0,https://b.example/?Status=1", "callback_url item 2"),
        ("0,ftp://b.example/", "callback_url item 2"),
    ] {
        assert_eq!(resolve(Some(asked), OneOffUrls::Allowed).unwrap_err().field(), field, "{asked}");
    }
    assert!(resolve(Some("https://b.example/"), OneOffUrls::SavedOnly).is_err());
    assert!(resolve(Some("0"), OneOffUrls::SavedOnly).is_ok());
}

#[test]
fn urls_for_devices_come_with_the_destination_alone_and_with_its_own_url_alone() {
    let rules = Rules::default();
    let written = WrittenDeviceUrls { ios: Some("com.example.app://ios"), ..WrittenDeviceUrls::default() };
    let url = CallbackUrl::parse("https://a.example/3/", &rules).unwrap();
    let device_urls = DeviceUrls::parse(written, &url, &rules).unwrap();
    let mut callbacks = callbacks();
    callbacks
        .add(SavedCallback {
            url,
            name: None,
            params_in: Placement::Query,
            device_urls: device_urls.clone(),
            used: Used::ByDefault,
            watched: false,
        })
        .unwrap();
    let allowed = |appended| Allowed {
        callbacks: &callbacks,
        endpoints: &[],
        one_off_urls: OneOffUrls::Allowed,
        rules: &rules,
        params_in: Placement::Query,
        appended,
    };
    let destination = |plan: CallbackPlan| plan.destination.unwrap().device_urls;
    assert_eq!(destination(CallbackPlan::resolve(Some("3"), allowed(&[])).unwrap()), device_urls);
    assert_eq!(destination(CallbackPlan::of_covered("https://a.example/3/", allowed(&[])).unwrap()), device_urls);
    for own_place in ["https://a.example/3/x", "https://a.example/3/?own=1"] {
        let plan = CallbackPlan::of_covered(own_place, allowed(&[])).unwrap();
        assert_eq!(destination(plan), DeviceUrls::default(), "{own_place}");
    }
    assert_eq!(
        destination(CallbackPlan::resolve(Some("https://a.example/3/"), allowed(&[])).unwrap()),
        DeviceUrls::default()
    );
    let called = CallbackPlan::resolve(Some("0,3"), allowed(&[])).unwrap().background;
    assert_eq!(called.into_iter().map(|entry| entry.device_urls).collect::<Vec<_>>(), [DeviceUrls::default()]);
}

#[test]
fn a_way_that_holds_a_name_of_ours_is_refused_where_it_would_be_used() {
    let rules = Rules::default();
    let written = WrittenDeviceUrls { ios: Some("com.example.app://ios?STATUS=1"), ..WrittenDeviceUrls::default() };
    let url = CallbackUrl::parse("https://a.example/0", &rules).unwrap();
    let device_urls = DeviceUrls::parse(written, &url, &rules).unwrap();
    let mut callbacks = SavedCallbacks::default();
    callbacks
        .add(SavedCallback {
            url,
            name: None,
            params_in: Placement::Query,
            device_urls,
            used: Used::ByDefault,
            watched: false,
        })
        .unwrap();
    let allowed = Allowed {
        callbacks: &callbacks,
        endpoints: &[],
        one_off_urls: OneOffUrls::Allowed,
        rules: &rules,
        params_in: Placement::Query,
        appended: &["status"],
    };
    let refused = CallbackPlan::resolve(Some("0"), allowed).unwrap_err();
    assert!(refused.rule().contains("ios") && refused.rule().contains("status"), "{refused}");
    assert!(CallbackPlan::resolve(Some("https://b.example/,0"), allowed).is_ok());
}
