//! The console's pages with hostile text in each field, and what holds for all of them.

use askama::Template;

use super::*;
use crate::domain::{AccountKind, AccountState, AuditAction, Finding, Mode, Role, Subject};

const HOSTILE: &str = "\"'><script>alert(1)</script>&";

fn text() -> String {
    HOSTILE.to_owned()
}

fn moment() -> When {
    When { exact: text(), shown: text() }
}

fn frame(place: Place) -> Frame {
    let side = Side::Merchant { name: text(), mode: Mode::Test };
    Frame { place, side, who: text(), role: Role::Admin, form_token: text() }
}

fn refused(field: &str) -> Refused {
    Refused::by(Invalid::new(field, HOSTILE).hint(HOSTILE))
}

fn delivery() -> DeliveryRow {
    DeliveryRow {
        id: text(),
        at: moment(),
        url: text(),
        event: text(),
        state: "failing",
        tries: 1,
        last: text(),
        due_at: Some(moment()),
        is_paused: false,
    }
}

fn callback() -> CallbackFields {
    CallbackFields { url: text(), name: text(), ios: text(), on_request: text(), ..CallbackFields::default() }
}

fn live() -> LivePart {
    let event = EventRow { at: moment(), what: text(), href: Some(text()), more: text(), answer: text() };
    LivePart { status: "paid", timeline: vec![event], deliveries: vec![delivery()], is_over: true }
}

fn journey() -> JourneyPage {
    JourneyPage {
        frame: frame(Place::Journeys),
        id: text(),
        operation: None,
        amount: text(),
        facts: vec![("note", text())],
        metadata: vec![(text(), text())],
        link: Some(PayLink { url: text(), qr: text() }),
        urls: vec![("paid", text())],
        live: live(),
        can: Can { cancel: true, capture: Some(text()), void: true, refund: Some(text()) },
        once: text(),
    }
}

fn callbacks() -> Vec<String> {
    let row = OpensRow { outcome: "paid", url: text(), elsewhere: Some(text()) };
    let opens = vec![Opens { device: Some("ios"), rows: vec![row] }];
    let one = Callback {
        frame: frame(Place::Callbacks),
        index: 0,
        saved: callback(),
        down_since: Some(moment()),
        previews: vec![
            Preview { dialect: "handback", opens: Ok(opens) },
            Preview { dialect: "secpaid", opens: Err(text()) },
        ],
        test: TestFields { amount: text(), currency: text(), once: text() },
        refused: refused("amount"),
        found: Some(vec![Finding::trouble(("url", Subject::Answer), HOSTILE, HOSTILE)]),
    };
    let form = CallbackForm {
        frame: frame(Place::Callbacks),
        index: Some(0),
        fields: callback(),
        refused: refused("somewhere else"),
    };
    let rows = vec![CallbackRow { index: 0, saved: callback() }];
    let list = Callbacks { frame: frame(Place::Callbacks), callbacks: rows };
    vec![one.render().unwrap(), form.render().unwrap(), list.render().unwrap()]
}

fn webhooks() -> Vec<String> {
    let endpoint = EndpointRow { index: 0, url: text(), events: text(), failing: 1, dead: 2, is_paused: true };
    let attempt = AttemptRow { at: moment(), took_millis: 3, result: text(), answer: text() };
    vec![
        Webhooks {
            frame: frame(Place::Webhooks),
            endpoints: vec![endpoint],
            old_secret_until: Some(moment()),
            once: text(),
        }
        .render()
        .unwrap(),
        Tested { frame: frame(Place::Webhooks), index: 0, id: text(), is_received: false, attempts: [attempt.clone()] }
            .render()
            .unwrap(),
        Events {
            frame: frame(Place::Webhooks),
            from: text(),
            events: vec![FeedRow { at: moment(), r#type: text(), journey: text() }],
            next: Some(text()),
        }
        .render()
        .unwrap(),
        EndpointForm {
            frame: frame(Place::Webhooks),
            index: None,
            fields: EndpointFields { url: text(), headers: text(), ..EndpointFields::default() },
            refused: refused("url"),
        }
        .render()
        .unwrap(),
        Deliveries {
            frame: frame(Place::Webhooks),
            state: "dead".to_owned(),
            deliveries: vec![delivery()],
            next: Some(text()),
        }
        .render()
        .unwrap(),
        DeliveryPage { frame: frame(Place::Webhooks), row: delivery(), journey: text(), attempts: vec![attempt] }
            .render()
            .unwrap(),
    ]
}

fn people() -> People {
    People {
        frame: frame(Place::People),
        has_mail: true,
        people: vec![PersonRow { email: text(), role: Role::Support }],
        new: PersonFields { email: text(), role: text() },
        refused: refused("email"),
    }
}

fn accounts() -> Vec<String> {
    let field = |is_long, is_secret| AccountField { name: "url", value: text(), is_long, is_secret };
    let row = AccountRow { name: text(), kind: "http", url: text(), state: AccountState::Enabled };
    let one = Account {
        frame: frame(Place::Accounts),
        name: text(),
        kind: AccountKind::Connector,
        state: AccountState::Disabled,
        facts: vec![("return_url", text())],
        fields: vec![field(false, false)],
        refused: refused("somewhere else"),
        tested: Some((false, text())),
    };
    let form = AccountForm {
        frame: frame(Place::Accounts),
        kind: Some(AccountKind::Member),
        fields: vec![field(true, false), field(false, true)],
        refused: refused("url"),
    };
    let settings = vec![
        SettingField { name: "language", meaning: HOSTILE, value: text(), choices: &[] },
        SettingField { name: "when_late", meaning: HOSTILE, value: text(), choices: &["wait", HOSTILE] },
    ];
    let settings = SettingsPage { frame: frame(Place::Settings), settings, refused: refused("language") };
    vec![
        Accounts { frame: frame(Place::Accounts), accounts: vec![row] }.render().unwrap(),
        one.render().unwrap(),
        form.render().unwrap(),
        AccountForm { kind: None, fields: Vec::new(), ..form }.render().unwrap(),
        settings.render().unwrap(),
    ]
}

fn numbers() -> Vec<String> {
    let endpoint = EndpointRow { index: 0, url: text(), events: text(), failing: 1, dead: 2, is_paused: false };
    let counts = Counts {
        opened: 4,
        proven: 1,
        days: vec![DayRow { day: text(), opened: 4, proven: 1 }],
        sample: Some((4, text())),
        operations: 1,
        statuses: vec![("paid", 1)],
        steps: [4, 3, 2, 2, 1, 0],
        not_returned: 1,
        times: [Some((1, 2)), None],
        endpoints: vec![endpoint],
        kept_days: 90,
    };
    let link = |days| SpanLink { days, from: text(), to: text(), is_here: days == 7 };
    let page = Numbers {
        frame: frame(Place::Numbers),
        spans: [7, 30, 92].map(link),
        from: text(),
        to: text(),
        counts: Some(counts),
        refused: Refused::default(),
    };
    let refused = Numbers { counts: None, refused: refused("from"), ..page.clone() };
    vec![page.render().unwrap(), refused.render().unwrap()]
}

fn others() -> Vec<String> {
    let session = SessionRow {
        id: text(),
        name: text(),
        role: Role::Read,
        begun_at: moment(),
        seen_at: moment(),
        ends_at: moment(),
        is_own: false,
    };
    let entry =
        AuditRow { at: moment(), who: text(), role: Role::Admin, action: AuditAction::CallbackAdded, object: text() };
    let merchant = MerchantRow { id: text(), name: text(), mode: Mode::Live, is_disabled: false, created_at: moment() };
    let link = LinkForm {
        frame: frame(Place::Journeys),
        fields: LinkFields { note: text(), once: text(), ..LinkFields::default() },
        refused: refused("note"),
        callbacks: vec![(text(), text())],
    };
    let sign_in = SignIn { whose: Some(text()), name: text(), role: Role::Admin, link: text() };
    vec![
        Sessions { frame: frame(Place::Sessions), sessions: vec![session] }.render().unwrap(),
        Audit { frame: frame(Place::Audit), entries: vec![entry], next: Some(text()) }.render().unwrap(),
        Merchants {
            frame: frame(Place::Merchants),
            merchants: vec![merchant],
            new: NewMerchantFields { name: text(), mode: text(), once: text() },
            refused: refused("name"),
        }
        .render()
        .unwrap(),
        Issued::key(frame(Place::Keys), HOSTILE, text()).render().unwrap(),
        Problem::refused(&Invalid::new(HOSTILE, HOSTILE)).render().unwrap(),
        link.render().unwrap(),
        sign_in.render().unwrap(),
        WaysIn { openid: Some(text()), has_mail: true, email: text(), refused: refused("email") }.render().unwrap(),
        people().render().unwrap(),
        ChooseConsole::of([(Some(text()), Role::Read), (None, Role::Admin)].into_iter()).render().unwrap(),
    ]
}

fn pages() -> Vec<String> {
    let mut pages = vec![journey().render().unwrap()];
    pages.extend(callbacks());
    pages.extend(webhooks());
    pages.extend(accounts());
    pages.extend(numbers());
    pages.extend(others());
    pages
}

#[test]
fn no_text_becomes_markup() {
    for page in pages() {
        assert!(!page.contains("<script") && !page.contains("\"'>"), "{page}");
        assert!(page.contains("&#60;script&#62;"), "the text is not there: {page}");
    }
}

#[test]
fn what_changes_of_a_journey_is_as_its_page_has_it() {
    let (page, part) = (journey().render().unwrap(), JourneyLive { live: live() }.render().unwrap());
    assert!(!part.contains("<script") && part.contains("&#60;script&#62;") && part.contains("data-over"), "{part}");
    let events = part.split_once("<h2>").unwrap().1.rsplit_once("</div>").unwrap().0;
    assert!(page.contains(events), "{events} is not in {page}");
    let open = JourneyPage { live: LivePart { is_over: false, ..live() }, ..journey() }.render().unwrap();
    assert!(open.contains("<script src=\"/static/live.") && !page.contains("<script"), "{open}");
}

#[test]
fn every_page_has_one_heading_and_every_field_a_label() {
    for page in pages() {
        assert_eq!(page.matches("<h1>").count(), 1, "{page}");
        for tag in page
            .split('<')
            .filter(|tag| tag.starts_with("input ") || tag.starts_with("select ") || tag.starts_with("textarea "))
        {
            let is_labelled = match tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()) {
                Some(id) => page.contains(&format!("<label for=\"{id}\">")),
                None => tag.contains("type=\"hidden\"") || tag.contains("type=\"checkbox\""),
            };
            assert!(is_labelled, "<{tag} has no label in {page}");
        }
    }
}

#[test]
fn every_form_that_is_posted_carries_its_token() {
    for page in pages() {
        for form in page.split("<form method=\"post\"").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let signs_in = ["/console/sign-in", "/console/openid/choose", "/console/mail-link"];
            let signs_in = signs_in.iter().any(|page| form.contains(&format!("action=\"{page}\"")));
            assert!(signs_in || form.contains("name=\"form_token\""), "{form}");
        }
    }
}
