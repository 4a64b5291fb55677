//! Samples of the test bank, the newcomer's shop and what stands in for an app.

use super::*;

impl Authorise {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            bank: String::new(),
            merchant: "Demo shop".into(),
            payee: "Demo shop".into(),
            reference: "Order 1042: two tickets".into(),
            wanted: Wanted::Payment("25.00 EUR".into()),
            app_url_signature: String::new(),
            redirect_uri: "http://127.0.0.1:8080/return/sandbox".into(),
            state: "07.Zk3v9mD2".into(),
            client_id: "handback".into(),
        };
        let app = Self {
            bank: "Modelo Sandbox".into(),
            redirect_uri: "https://app.example/cb".into(),
            app_url_signature: "Zk3v9mD2".into(),
            payee: String::new(),
            reference: String::new(),
            ..page.clone()
        };
        let payment = Wanted::PaymentConsent("25.00 EUR".into());
        vec![
            ("sandbox-authorise", page.clone()),
            ("sandbox-consent", Self { wanted: Wanted::Access, ..app }),
            ("sandbox-consent-payment", Self { wanted: payment, payee: "Corner Bookshop".into(), ..page }),
        ]
    }

    pub(super) fn hostile() -> Self {
        let script = "\"><script>alert(1)</script>";
        Self {
            bank: script.into(),
            merchant: script.into(),
            payee: format!("{script}2"),
            reference: script.into(),
            wanted: Wanted::Payment(script.into()),
            app_url_signature: script.into(),
            redirect_uri: format!("javascript:alert(1){script}"),
            state: script.into(),
            client_id: script.into(),
        }
    }
}

impl WithoutBrowser {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let id = "57bf2b44-e571-4dda-95b4-5a8d37b4ac3e";
        let waits = Self {
            attached: false,
            status: "away".into(),
            returned_at: None,
            address: format!("http://127.0.0.1:8080/demo/without-browser?journey_id={id}&attached=false"),
            calls: format!("curl -s http://127.0.0.1:8080/v1/journeys/{id} \\\n  -H \"Authorization: Bearer $KEY\""),
        };
        let paid = Self { attached: true, status: "paid".into(), ..waits.clone() };
        vec![("without-browser", waits), ("without-browser-attached", paid)]
    }

    pub(super) fn hostile() -> Self {
        let script = "\"><script>alert(1)</script>";
        Self {
            attached: true,
            status: script.into(),
            returned_at: Some(script.into()),
            address: format!("javascript:alert(1){script}"),
            calls: script.into(),
        }
    }
}

impl Demo {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let display_url = "http://127.0.0.1:8080/display-parameters";
        let fresh = Self {
            merchant: "Demo shop".into(),
            callbacks: vec![
                SavedChoice { index: 0, name: Some("show".into()), url: display_url.into() },
                SavedChoice { index: 2, name: None, url: format!("{display_url}?shop=two") },
            ],
            display_url: display_url.into(),
            error: None,
            call: "curl http://127.0.0.1:8080/secpaid/api/v2/createLink \\\n  -H 'token: hb_demo_key' \\\n  \
                       -H 'content-type: application/json' \\\n  -d '{\"amount\": \"25.00\", \"callback_url\": \"0\"}'"
                .into(),
            form: DemoForm::new(display_url),
        };
        let refused = DemoForm {
            callback: Choice::App,
            app: "javascript:alert(1)".into(),
            one_time_token: false,
            cancellable: false,
            ..DemoForm::new(display_url)
        };
        let error = Some(DemoError::at(DemoField::App, "has a scheme that is never allowed"));
        vec![("demo", fresh.clone()), ("demo-refused", Self { error, form: refused, ..fresh })]
    }

    pub(super) fn hostile() -> Self {
        let script = "\"><script>alert(1)</script>";
        Self {
            merchant: script.into(),
            callbacks: vec![SavedChoice { index: 0, name: Some(script.into()), url: script.into() }],
            display_url: script.into(),
            error: Some(DemoError::of_form(script)),
            call: script.into(),
            form: DemoForm { amount: script.into(), note: script.into(), ..DemoForm::new(script) },
        }
    }
}

impl DisplayParameters {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let row = |name: &str, value: &str| ParamRow { name: name.into(), value: value.into(), decoded: None };
        let token = "07AJp5ZkQn2w1cR8yM4tVbXeLhGd9sKfUo3iNqTzWmPa6rHvSgYxEuBj";
        let described = ParamRow {
            decoded: Some("incorrect credentials. Could not find a customer".into()),
            ..row("error-description", "aW5jb3JyZWN0IGNyZWRlbnRpYWxzLiBDb3VsZCBub3QgZmluZCBhIGN1c3RvbWVy")
        };
        let paid = Self {
            rows: vec![
                row("pay_id", "lk_07f3"),
                row("user_id", "5ad1f4b0-6f0f-4d0c-9a53-0a4c5e7f2d11"),
                row("status", "success"),
                row("one-time-token", token),
            ],
            token: Some(token.into()),
            can_redeem: true,
        };
        vec![
            ("parameters", paid),
            ("parameters-none", Self { rows: vec![], token: None, can_redeem: false }),
            ("parameters-decoded", Self { rows: vec![row("error", ""), described], token: None, can_redeem: true }),
        ]
    }

    pub(super) fn hostile() -> Self {
        let script = "\"><script>alert(1)</script>";
        let row = ParamRow { name: script.into(), value: script.into(), decoded: Some(script.into()) };
        Self { rows: vec![row], token: Some(script.into()), can_redeem: true }
    }
}

impl Redeemed {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let granted = "{\n  \"journey_id\": \"07f3\",\n  \"status\": \"paid\",\n  \"amount\": \"25.00\"\n}";
        let spent = "{\n  \"type\": \"about:blank\",\n  \"title\": \"Gone\",\n  \"status\": 410\n}";
        vec![
            ("redeemed", Self { status_line: "200 OK".into(), pretty_json: granted.into() }),
            ("redeemed-spent", Self { status_line: "410 Gone".into(), pretty_json: spent.into() }),
        ]
    }

    pub(super) fn hostile() -> Self {
        let script = "<script>alert(1)</script>";
        Self { status_line: script.into(), pretty_json: script.into() }
    }
}

impl Front {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        vec![("front", Self { demo: false }), ("front-demo", Self { demo: true })]
    }
}
