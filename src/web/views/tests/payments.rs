//! Samples of the pages of a payment, and of those between a bank and the redirect home.

use super::{
    consents::{group, hostile_bank},
    *,
};
use crate::domain::app_page::{AppShop, Start};
use crate::domain::{AppPage, MissingApp};
use crate::language::Sentence;

impl Checkout {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let fresh = Self {
            page: page.clone(),
            merchant: "Demo shop".into(),
            payee: "Demo shop".into(),
            amount: "25.00 EUR".into(),
            note: "Order 1042: two tickets".into(),
            link: "lk_07f3".into(),
            can_cancel: true,
            failed: None,
            bank: "Test bank".into(),
            can_pay: true,
            providers: Vec::new(),
            on_phone: true,
        };
        let offered = |place, label: &str| OfferedProvider { place, label: label.into() };
        let long = "Donaudampfschifffahrtsgesellschaftskapitänswitwen-Versicherungsverein a. G.";
        vec![
            ("checkout", fresh.clone()),
            ("checkout-failed", Self { failed: Some(reason::payment("server_error")), ..fresh.clone() }),
            ("checkout-no-cancel", Self { can_cancel: false, note: String::new(), ..fresh.clone() }),
            ("checkout-no-bank", Self { can_pay: false, on_phone: false, ..fresh.clone() }),
            (
                "checkout-choice",
                Self { providers: vec![offered(0, "Acme Pay"), offered(1, "Pay by bank")], ..fresh.clone() },
            ),
            (
                "checkout-long",
                Self {
                    merchant: long.into(),
                    payee: long.into(),
                    amount: "1234567.89 EUR".into(),
                    note: "RF18539007547034-".repeat(7),
                    ..fresh.clone()
                },
            ),
            (
                "checkout-registration",
                Self { amount: String::new(), note: String::new(), on_phone: false, ..fresh.clone() },
            ),
            ("checkout-payee", Self { payee: "Corner Bookshop".into(), ..fresh }),
        ]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        Self {
            page: page.clone(),
            merchant: "<script>alert(1)</script>".into(),
            payee: "<script>alert(4)</script>".into(),
            amount: "25.00 EUR".into(),
            note: "\"' onmouseover='x' javascript:alert(1) <img src=x onerror=alert(1)>".into(),
            link: "\"><script>alert(2)</script>".into(),
            can_cancel: true,
            failed: None,
            bank: "<b>bank</b>".into(),
            can_pay: true,
            providers: vec![OfferedProvider { place: 0, label: "<script>alert(5)</script>".into() }],
            on_phone: true,
        }
    }
}

impl Popup {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let sentence = How::Paid.sentence("Demo shop", "Demo shop", "25.00 EUR");
        let paid = Self {
            page: page.clone(),
            merchant: "Demo shop".into(),
            outcome_sentence: sentence,
            origin: "https://shop.example".into(),
            parameters: r#"{"journey_id":"07f3","status":"paid"}"#.into(),
            home: "https://shop.example/paid?order=7&journey_id=07f3&status=paid".into(),
        };
        vec![("popup", paid)]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        Self {
            page: page.clone(),
            merchant: "<script>alert(1)</script>".into(),
            outcome_sentence: Sentence::of("app-unconfirmed").name("merchant", "<script>alert(2)</script>"),
            origin: "\"><script>alert(3)</script>".into(),
            parameters: "{\"error\":\"\\\"><script>alert(4)</script>\"}".into(),
            home: "https://shop.example/\"><script>alert(5)</script>".into(),
        }
    }
}

impl PhoneCode {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let drawing = qr::drawing("http://127.0.0.1:8080/payment/phone?code=07f3").unwrap();
        let shown = Self {
            page: page.clone(),
            payee: "Demo shop".into(),
            amount: "25.00 EUR".into(),
            link: "lk_07f3".into(),
            checkout: "/payment?link_id=lk_07f3".into(),
            here: "/payment/code?link_id=lk_07f3".into(),
            stage: PhoneCodeStage::Shown(drawing),
        };
        let at = |stage| Self { stage, ..shown.clone() };
        vec![
            ("phone-code-on-phone", at(PhoneCodeStage::OnPhone)),
            ("phone-code-paid", at(PhoneCodeStage::Paid)),
            ("phone-code-over", at(PhoneCodeStage::Over)),
            ("phone-code", shown),
        ]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        Self {
            page: page.clone(),
            payee: "<script>alert(1)</script>".into(),
            amount: "25.00 EUR".into(),
            link: "\"><script>alert(2)</script>".into(),
            checkout: "/payment?link_id=\"><script>alert(3)</script>".into(),
            here: "/payment/code?link_id=\"><script>alert(4)</script>".into(),
            stage: PhoneCodeStage::Over,
        }
    }
}

impl PhoneCheckout {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let fresh = Self {
            page: page.clone(),
            merchant: "Demo shop".into(),
            payee: "Demo shop".into(),
            amount: "25.00 EUR".into(),
            note: "Order 1042: two tickets".into(),
            code: "07f3".into(),
            can_pay: true,
            providers: Vec::new(),
        };
        let offered = |place, label: &str| OfferedProvider { place, label: label.into() };
        let providers = vec![offered(0, "Acme Pay"), offered(1, "Pay by bank")];
        vec![
            ("phone-checkout-choice", Self { payee: "Corner Bookshop".into(), providers, ..fresh.clone() }),
            ("phone-checkout-no-bank", Self { can_pay: false, ..fresh.clone() }),
            ("phone-checkout", fresh),
        ]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        Self {
            page: page.clone(),
            merchant: "<script>alert(1)</script>".into(),
            payee: "<script>alert(4)</script>".into(),
            amount: "25.00 EUR".into(),
            note: "\"' onmouseover='x' javascript:alert(1) <img src=x onerror=alert(1)>".into(),
            code: "\"><script>alert(2)</script>".into(),
            can_pay: true,
            providers: vec![OfferedProvider { place: 0, label: "<script>alert(5)</script>".into() }],
        }
    }
}

/// What a customer keeps, with a copy at this address.
pub(super) fn for_records(copy: &str) -> ForRecords {
    ForRecords { reference: "2204615".into(), day: Some("26 Feb 2027".into()), copy: Some(copy.into()) }
}

impl Ended {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let merchant = "Demo shop";
        let home = Home { url: "/payment/home?link_id=lk_07f3".into(), merchant: merchant.into(), is_away: false };
        let paid = Self {
            page: page.clone(),
            merchant: merchant.into(),
            payee: merchant.into(),
            amount: "25.00 EUR".into(),
            note: "Order 1042: two tickets".into(),
            how: How::Paid,
            next: Next::Home(home.clone()),
            records: for_records("/payment/copy?link_id=lk_07f3"),
        };
        let no_copy = ForRecords { copy: None, ..paid.records.clone() };
        let failed = How::Failed(reason::payment("server_error"));
        vec![
            ("ended-paid", paid.clone()),
            ("ended-paid-on-phone", Self { next: Next::OtherDevice, records: no_copy.clone(), ..paid.clone() }),
            ("ended-registered", Self { how: How::Registered, amount: String::new(), ..paid.clone() }),
            ("ended-paid-close", Self { next: Next::Close, ..paid.clone() }),
            ("ended-paid-away", Self { next: Next::Home(Home { is_away: true, ..home }), ..paid.clone() }),
            ("ended-paid-look", Self { next: Next::LookThere, records: no_copy, ..paid.clone() }),
            ("ended-cancelled", Self { how: How::Cancelled, ..paid.clone() }),
            ("ended-withdrawn", Self { how: How::Withdrawn, note: String::new(), ..paid.clone() }),
            ("ended-failed", Self { how: failed, ..paid.clone() }),
            ("ended-expired", Self { how: How::Expired, next: Next::Close, ..paid }),
        ]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        Self {
            page: page.clone(),
            merchant: "<script>alert(1)</script>".into(),
            payee: "<script>alert(5)</script>".into(),
            amount: "<b>25".into(),
            note: "\"' onmouseover='x'".into(),
            how: How::Paid,
            next: Next::Home(Home {
                url: "/payment/home?link_id=\"><script>alert(4)</script>".into(),
                merchant: "<script>alert(3)</script>".into(),
                is_away: true,
            }),
            records: for_records("/payment/copy?link_id=\"><script>alert(6)</script>"),
        }
    }
}

impl Waiting {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let soon = Self {
            page: page.clone(),
            awaited: Awaited::Answer,
            payee: "Demo shop".into(),
            amount: "25.00 EUR".into(),
            seconds: 2,
            next: "/return/sandbox/wait?state=07f3&answer=00c0ffee00c0ffee".into(),
        };
        let leaving = Self {
            awaited: Awaited::ProviderVisit,
            amount: String::new(),
            next: "/consent/leaving?link_id=lk_07f3".into(),
            ..soon.clone()
        };
        vec![("waiting", soon.clone()), ("waiting-long", Self { seconds: 21, ..soon }), ("waiting-leaving", leaving)]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        Self {
            page: page.clone(),
            awaited: Awaited::Answer,
            payee: "<script>alert(1)</script>".into(),
            amount: "<b>25".into(),
            seconds: 0,
            next: "\"><script>alert(2)</script>".into(),
        }
    }
}

impl Session {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let few = Self {
            page: page.clone(),
            merchant: "Demo shop".into(),
            payee: "Demo shop".into(),
            amount: "25.00 EUR".into(),
            note: "Order 1042".into(),
            at: "/token-io/session/pm2:4pzF:2gFU".into(),
            lang: None,
            country: String::new(),
            search: None,
            groups: vec![group("United Kingdom", &["Modelo Sandbox", "Mock Sandbox"])],
            more: false,
            away: None,
        };
        let countries = vec![
            group("Germany", &["Commerzbank", "Deutsche Bank", "Sparkasse KölnBonn", "Volksbank Mittelhessen"]),
            group("United Kingdom", &["Barclays", "HSBC", "Lloyds Bank", "Monzo", "NatWest", "Starling Bank"]),
        ];
        let payee = "Donaudampfschifffahrtsgesellschaftskapitänswitwen-Versicherungsverein a. G.".into();
        let many = Self { payee, search: Some(String::new()), groups: countries, ..few.clone() };
        let one = vec![group("United Kingdom", &["Modelo Sandbox"])];
        vec![
            ("session", few.clone()),
            ("session-many", many.clone()),
            (
                "session-country",
                Self {
                    lang: Some("en".into()),
                    country: "GB".into(),
                    groups: many.groups[1..].to_vec(),
                    more: true,
                    ..many.clone()
                },
            ),
            ("session-none", Self { search: Some("nowhere".into()), groups: Vec::new(), more: true, ..many }),
            ("session-one-bank", Self { groups: one, note: String::new(), ..few.clone() }),
            ("session-bank-away", Self { away: Some("Modelo Sandbox".into()), ..few }),
        ]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        let text = || "\"><script>alert(1)</script>".to_owned();
        Self {
            page: page.clone(),
            merchant: text(),
            payee: text() + "2",
            amount: text(),
            note: text(),
            at: text(),
            lang: Some(text()),
            country: text(),
            search: Some(text()),
            groups: vec![BankGroup { country: text(), banks: vec![hostile_bank()] }],
            more: true,
            away: Some(text()),
        }
    }
}

impl ByButton {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let home = Home { url: "/payment/home?link_id=lk_07f3".into(), merchant: "Demo shop".into(), is_away: true };
        let sentence = Sentence::of("app-unconfirmed").name("merchant", "Demo shop");
        vec![("by-button", Self { page: page.clone(), sentence, home })]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        let script = |number: u8| format!("\"><script>alert({number})</script>");
        let home = Home { url: script(1), merchant: script(2), is_away: true };
        Self { page: page.clone(), sentence: Sentence::of("app-unconfirmed").name("merchant", script(3)), home }
    }
}

impl AppReturn {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let link = "com.example.shop://paid?pay_id=lk_07f3&user_id=5ad1&status=success";
        let web = || Some("https://shop.example/paid?pay_id=lk_07f3&user_id=5ad1&status=success".to_owned());
        let intent = "intent://paid?pay_id=lk_07f3#Intent;scheme=com.example.shop;package=com.example.shop;\
                      S.browser_fallback_url=https%3A%2F%2Fshop.example%2Fpaid%3Fpay_id%3Dlk_07f3;end";
        let page = Self {
            page: page.clone(),
            merchant: "Demo shop".into(),
            outcome_sentence: How::Paid.sentence("Demo shop", "Demo shop", "25.00 EUR"),
            app_page: AppPage {
                button: link.into(),
                start: Start::Attempt(link.into()),
                elsewhere: None,
                get_app: None,
            },
        };
        let request = Request { merchant: "Budget Buddy".into(), matter: Matter::Accounts };
        let agreed = ConsentEnd::Agreed("26 Feb 2027".into()).sentence(&request);
        let app_page = |button: &str, start| AppPage {
            button: button.into(),
            start,
            elsewhere: web(),
            get_app: Some("https://pay.example/payment/app?resume=rsm_07f3".into()),
        };
        let on = |button: &str, start| Self { app_page: app_page(button, start), ..page.clone() };
        let consent = Self {
            merchant: "Budget Buddy".into(),
            outcome_sentence: agreed,
            ..on("https://app.shop.example/paid?pay_id=lk_07f3", Start::Either)
        };
        vec![
            ("app-return", page.clone()),
            ("app-return-android", on(intent, Start::Attempt(link.into()))),
            ("app-return-press", on("https://app.shop.example/paid?pay_id=lk_07f3", Start::Press)),
            ("app-return-either", consent),
        ]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        let hostile = |number: u8| format!("com.example.shop://paid?x=\"><script>alert({number})</script>");
        Self {
            page: page.clone(),
            merchant: "<script>alert(1)</script>".into(),
            outcome_sentence: Sentence::of("app-unconfirmed").name("merchant", "<script>alert(3)</script>"),
            app_page: AppPage {
                button: hostile(2),
                start: Start::Attempt(hostile(4)),
                elsewhere: Some(hostile(5)),
                get_app: Some(hostile(6)),
            },
        }
    }
}

impl AppMissing {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let missing = |shop, store_page: &str, button: &str| MissingApp {
            shop,
            store_page: store_page.into(),
            button: button.into(),
        };
        let on = |missing| Self { page: page.clone(), merchant: "Demo shop".into(), missing };
        let app_store = missing(
            AppShop::AppStore,
            "https://apps.apple.com/app/id123456789",
            "com.example.shop://paid?hb_resume=rsm_07f3",
        );
        let play_store = missing(
            AppShop::PlayStore,
            "https://play.google.com/store/apps/details?id=com.example.shop&referrer=hb_resume%3Drsm_07f3",
            "intent://paid?hb_resume=rsm_07f3#Intent;scheme=com.example.shop;end",
        );
        vec![("app-missing", on(app_store)), ("app-missing-android", on(play_store))]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        let hostile = || "com.example.shop://paid?x=\"><script>alert(1)</script>".to_owned();
        let missing = MissingApp { shop: AppShop::AppStore, store_page: hostile(), button: hostile() };
        Self { page: page.clone(), merchant: SCRIPT.into(), missing }
    }
}

impl ProblemPage {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        vec![
            ("problem-unknown-link", Self::unknown_link()),
            ("problem-over", Self::over()),
            ("problem-payment-over", Self::payment_over()),
            ("problem-answered", Self::answered()),
            ("problem-not-usable", Self::not_usable("/payment?link_id=lk_07f3")),
            ("problem-unknown-return", Self::unknown_return()),
            ("problem-other-browser", Self::other_browser()),
            ("problem-cannot-cancel", Self::cannot_cancel("/payment?link_id=lk_07f3".into())),
            ("problem-code-used", Self::code_used()),
            ("problem-code-over", Self::code_over()),
            ("problem-elsewhere", Self::elsewhere()),
            ("problem-too-often", Self::too_often()),
            ("problem-no-such-page", Self::no_such_page()),
            ("problem-wrong-method", Self::wrong_method()),
            ("problem-unreadable", Self::unreadable()),
            ("problem-store-away", Self::store_away(2)),
            ("problem-our-fault", Self::our_fault()),
        ]
    }

    pub(super) fn hostile() -> Self {
        let script = "<script>alert(1)</script>";
        Self {
            title: "problem-over",
            sentence: "problem-over-sentence",
            hint: None,
            language: None,
            marks: Marks::default(),
            retry_seconds: Some(1),
            retry_at: Some(script.into()),
            on: Some(format!("\">{script}")),
        }
    }
}

const SCRIPT: &str = "\"><script>alert(1)</script>";

impl FragmentReturn {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let page =
            Self { page: page.clone(), action: "/return/hybrid".into(), marker: ("handback_posted_by", "fragment") };
        vec![("fragment-return", page)]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        Self { page: page.clone(), action: SCRIPT.into(), marker: ("handback_posted_by", "fragment") }
    }
}

impl Repost {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let pairs = [("code", "SplxlOBeZQQYbYS6WxSbIA"), ("state", "07f3"), ("iss", "https://bank.example")];
        let page = Self {
            page: page.clone(),
            action: "/return/form-post".into(),
            marker: ("handback_posted_by", "repost"),
            pairs: pairs.map(|(name, value)| (name.into(), value.into())).into(),
            why: WhyAgain::OwnSite,
        };
        vec![
            ("repost", page.clone()),
            ("repost-store-away", Self { why: WhyAgain::StoreAway(2), ..page.clone() }),
            ("repost-bank-late", Self { why: WhyAgain::BankLate(1), ..page }),
        ]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        Self {
            page: page.clone(),
            action: SCRIPT.into(),
            marker: ("handback_posted_by", "repost"),
            pairs: vec![(SCRIPT.into(), "\"' onmouseover='x' <b>".into())],
            why: WhyAgain::OwnSite,
        }
    }
}
