//! Each page of the console with what it can show: filled in as people fill it in, or with hostile text everywhere.

use super::*;
use crate::domain::Settings;
use crate::web::v1::profile::form_of;
use crate::web::views::tests::rendered;

/// A page, and its name in `tests/pages`.
pub(in crate::web::views) type Page = (&'static str, String);

/// What leads nowhere in the console, and says what to do instead.
pub(super) const ENDS: [&str; 4] = ["ways-in", "problem-link-is-mailed", "problem-needs-https", "problem-disabled"];

/// What a page says where a sample has a text.
type Say = fn(&'static str) -> String;

/// Every page, as people see it.
pub(in crate::web::views) fn pages() -> Vec<Page> {
    [all(str::to_owned), problems()].concat()
}

/// Every page, with this hostile text in each field.
pub(super) fn hostile() -> Vec<Page> {
    let refused = Problem::refused(&Invalid::new(HOSTILE, HOSTILE));
    [all(|_| HOSTILE.to_owned()), vec![one("problem-hostile", refused)]].concat()
}

fn all(say: Say) -> Vec<Page> {
    [
        start(say),
        callbacks(say),
        journeys(say),
        links(say),
        webhooks(say),
        deliveries(say),
        keys(say),
        accounts(say),
        settings(say),
        numbers(say),
        people(say),
        operators(say),
        signing_in(say),
    ]
    .concat()
}

fn one<T: Template>(name: &'static str, page: T) -> Page {
    rendered(vec![(name, page)]).swap_remove(0)
}

fn frame(say: Say, place: Place) -> Frame {
    let side = Side::Merchant { name: say("Corner shop"), mode: Mode::Test };
    Frame { place, side, who: say("Ada"), role: Role::Admin, form_token: say("Xq3vTfLw8bYh2kRz") }
}

/// The surroundings of somebody who may only look.
fn readers(say: Say, place: Place) -> Frame {
    Frame { role: Role::Read, ..frame(say, place) }
}

fn operators_frame(say: Say, place: Place) -> Frame {
    Frame { side: Side::Operator, who: say("Olga"), ..frame(say, place) }
}

fn at(say: Say, exact: &'static str, shown: &'static str) -> When {
    When { exact: say(exact), shown: say(shown) }
}

/// When it begins.
fn nine(say: Say) -> When {
    at(say, "2027-02-26T09:00:00.000Z", "26 Feb 2027, 09:00:00")
}

/// A little later.
fn ten(say: Say) -> When {
    at(say, "2027-02-26T10:04:31.000Z", "26 Feb 2027, 10:04:31")
}

fn refused(say: Say, field: &'static str, rule: &'static str, hint: &'static str) -> Refused {
    Refused::by(Invalid::new(field, say(rule)).hint(say(hint)))
}

const JOURNEY: &str = "57bf2b44-e571-4dda-95b4-5a8d37b4ac3e";
const SHOP: &str = "https://shop.example/paid";

fn start(say: Say) -> Vec<Page> {
    let first = Start {
        frame: frame(say, Place::Start),
        done: [false, true, false, false, false],
        down: Vec::new(),
        failing: Vec::new(),
        test_from: say("/console/callbacks"),
    };
    let live = Side::Merchant { name: say("Corner shop"), mode: Mode::Live };
    let down = vec![(2, say(SHOP), nine(say))];
    let failing = vec![(say(SHOP), true), (say("https://shop.example/hooks"), false)];
    let live = Frame { side: live, ..frame(say, Place::Start) };
    let live = Start { frame: live, done: [true; 5], down, failing, ..first.clone() };
    vec![one("start", first), one("start-down", live)]
}

/// An empty form for a callback.
pub(super) fn callback_form() -> CallbackForm {
    let frame = frame(str::to_owned, Place::Callbacks);
    CallbackForm { frame, index: None, fields: CallbackFields::default(), refused: Refused::default() }
}

fn saved(say: Say) -> CallbackFields {
    CallbackFields { url: say(SHOP), name: say("shop"), once: say("4f1c"), ..CallbackFields::default() }
}

/// A callback into an app.
fn app(say: Say) -> CallbackFields {
    CallbackFields {
        ios: say("https://app.shop.example/paid"),
        android: say("com.example.shop://paid"),
        android_package: say("com.example.shop"),
        app_store: say("https://apps.apple.com/app/id1"),
        play_store: say("https://play.google.com/store/apps/details?id=com.example.shop"),
        on_request: say("on"),
        watched: say("on"),
        params_in: "fragment".to_owned(),
        app_links: "page".to_owned(),
        ..saved(say)
    }
}

fn opens(say: Say, device: Option<&'static str>, elsewhere: Option<&'static str>) -> Opens {
    let paid = "https://shop.example/paid?journey_id=57bf2b44&status=paid";
    let cancelled = "https://shop.example/paid?journey_id=57bf2b44&status=cancelled";
    let row = |outcome, url| OpensRow { outcome, url: say(url), elsewhere: elsewhere.map(say) };
    Opens { device, rows: vec![row("paid", paid), row("cancelled", cancelled)] }
}

fn callbacks(say: Say) -> Vec<Page> {
    let place = Place::Callbacks;
    let rows = [saved(say), app(say)].into_iter().enumerate();
    let rows = rows.map(|(index, saved)| CallbackRow { index, saved, is_down: index == 0 }).collect();
    let found = vec![
        Finding::sound(("url", Subject::Answer), say("It answers with 200.")),
        Finding::remark(("url", Subject::Speed), say("It took 240 ms."), say("Yapily asks for 100 ms.")),
        Finding::trouble(("ios", Subject::UniversalLink), say("No file claims this path."), say("Add it to the file.")),
    ];
    let callback = Callback {
        frame: frame(say, place),
        index: 0,
        saved: saved(say),
        down_since: None,
        previews: vec![Preview { dialect: "handback", opens: Ok(vec![opens(say, None, None)]) }],
        test: TestFields { amount: say("1.00"), currency: say("EUR"), once: say("9a2e") },
        refused: Refused::default(),
        found: None,
    };
    let devices =
        vec![opens(say, Some("ios"), Some("https://apps.apple.com/app/id1")), opens(say, Some("other"), None)];
    let down = Callback {
        index: 1,
        saved: app(say),
        down_since: Some(nine(say)),
        previews: vec![
            Preview { dialect: "handback", opens: Ok(devices) },
            Preview { dialect: "secpaid", opens: Err(say("holds the parameter status, which is appended")) },
        ],
        refused: refused(say, "amount", "is not an amount", "a number such as 12.50"),
        found: Some(found),
        ..callback.clone()
    };
    let form = |index, fields, refused| CallbackForm { frame: frame(say, place), index, fields, refused };
    let wrong = refused(say, "url", "has a scheme that is never allowed", "https://shop.example/paid");
    let nothing = CallbackFields { once: say("4f1c"), ..CallbackFields::default() };
    vec![
        one("callbacks", Callbacks { frame: frame(say, place), callbacks: rows }),
        one("callbacks-none", Callbacks { frame: readers(say, place), callbacks: Vec::new() }),
        one("callback-for-readers", Callback { frame: readers(say, place), ..callback.clone() }),
        one("callback", callback),
        one("callback-down", down),
        one("callback-new", form(None, nothing, Refused::default())),
        one("callback-refused", form(Some(1), app(say), wrong)),
    ]
}

fn delivery(say: Say, state: &'static str) -> DeliveryRow {
    DeliveryRow {
        id: say("57bf2b44_0_e0"),
        at: nine(say),
        url: say("https://shop.example/webhooks"),
        event: say("paid"),
        state,
        tries: 2,
        last: say("HTTP 503"),
        due_at: (state == "failing").then(|| ten(say)),
        is_paused: state == "waiting",
    }
}

/// What happened to a journey that was paid.
fn timeline(say: Say) -> Vec<EventRow> {
    let event =
        |what, more| EventRow { at: nine(say), what: say(what), href: None, more: say(more), answer: String::new() };
    let sent = EventRow {
        href: Some(say("/console/webhooks/deliveries/57bf2b44_0_e0")),
        answer: say("Service Unavailable"),
        ..event("Sent to https://shop.example/webhooks", "HTTP 503, 84 ms")
    };
    vec![event("Opened", ""), event("Sent out to the provider", ""), event("Concluded", "paid, by the browser"), sent]
}

fn journey(say: Say) -> JourneyPage {
    let deliveries = ["failing", "delivered"].map(|state| delivery(say, state)).into();
    JourneyPage {
        frame: frame(say, Place::Journeys),
        id: say(JOURNEY),
        operation: None,
        amount: say("25.00 EUR"),
        facts: vec![("Note", say("Order 1042")), ("Provider", say("sandbox"))],
        metadata: vec![(say("basket"), say("b-77"))],
        link: None,
        urls: vec![("paid", say("https://shop.example/paid?status=paid"))],
        live: LivePart { status: "paid", timeline: timeline(say), deliveries, is_over: true },
        can: Can { cancel: false, capture: Some(say("25.00")), void: true, refund: Some(say("25.00")) },
        once: say("77d0"),
    }
}

fn live(say: Say) -> LivePart {
    LivePart { status: "open", timeline: timeline(say), deliveries: Vec::new(), is_over: false }
}

/// The part of a journey's page that a script asks for again.
pub(super) fn part(say: Say, is_over: bool) -> (String, String) {
    let live = LivePart { is_over, ..live(say) };
    let page = JourneyPage { live: live.clone(), ..journey(say) };
    (one("journey", page).1, one("journey-live", JourneyLive { live }).1)
}

fn journeys(say: Say) -> Vec<Page> {
    let place = Place::Journeys;
    let row = |status, operation, is_missing| JourneyRow {
        id: say(JOURNEY),
        opened_at: nine(say),
        amount: say("25.00 EUR"),
        status,
        note: say("Order 1042"),
        provider: say("sandbox"),
        dialect: say("secpaid"),
        operation,
        is_missing,
    };
    let none = Journeys {
        frame: readers(say, place),
        search: Search::default(),
        refused: Refused::default(),
        statuses: &["open", "away", "paid", "failed"],
        dialects: vec!["handback", "secpaid"],
        providers: vec![say("sandbox")],
        journeys: Vec::new(),
        next: None,
        stopped: false,
        query: String::new(),
    };
    let searched = Search { find: say("basket=b-77"), from: say("2027-02-30"), ..Search::default() };
    let full = Journeys {
        frame: frame(say, place),
        search: searched,
        refused: refused(say, "opened_after", "is not a day", "2027-02-26"),
        journeys: vec![row("paid", None, true), row("done", Some("refund"), false), row("failed", None, false)],
        next: Some(say("after=0193")),
        stopped: true,
        query: say("find=basket%3Db-77"),
        ..none.clone()
    };
    let link = PayLink { url: say("http://127.0.0.1:8080/payment?link_id=k7"), qr: say("/payment/qr.png?link_id=k7") };
    let open =
        JourneyPage { link: Some(link), live: live(say), can: Can { cancel: true, ..Can::default() }, ..journey(say) };
    let refund = JourneyPage { operation: Some("refund"), urls: Vec::new(), can: Can::default(), ..journey(say) };
    vec![
        one("journeys", full),
        one("journeys-none", none),
        one("journey-open", open),
        one("journey-paid", journey(say)),
        one("journey-refund", refund),
    ]
}

fn links(say: Say) -> Vec<Page> {
    let fields = LinkFields { currency: say("EUR"), hours: say("24"), once: say("b8e1"), ..LinkFields::default() };
    let new = LinkForm {
        frame: frame(say, Place::Journeys),
        fields,
        refused: Refused::default(),
        callbacks: vec![(say("0"), say("0: https://shop.example/paid"))],
        providers: vec![say("sandbox"), say("engine")],
        languages: vec![say("en"), say("de")],
    };
    let fields = LinkFields { amount: say("a lot"), callback: say("0"), ..new.fields.clone() };
    let wrong = refused(say, "amount", "is not an amount", "a number such as 12.50");
    let wrong = LinkForm { fields, refused: wrong, ..new.clone() };
    vec![one("link-new", new), one("link-refused", wrong)]
}

fn attempt(say: Say) -> AttemptRow {
    AttemptRow { at: nine(say), took_millis: 84, result: say("HTTP 503"), answer: say("Service Unavailable") }
}

fn webhooks(say: Say) -> Vec<Page> {
    let place = Place::Webhooks;
    let endpoint = |index, failing, is_paused| EndpointRow {
        index,
        url: say("https://shop.example/webhooks"),
        events: say("paid, failed"),
        failing,
        dead: failing,
        is_paused,
        is_gone: is_paused,
    };
    let none =
        Webhooks { frame: readers(say, place), endpoints: Vec::new(), old_secret_until: None, once: say("c04d") };
    let full = Webhooks {
        frame: frame(say, place),
        endpoints: vec![endpoint(0, 0, false), endpoint(1, 3, true)],
        old_secret_until: Some(ten(say)),
        ..none.clone()
    };
    let fields = EndpointFields {
        headers: say("authorization: Bearer x"),
        ..EndpointFields::wanting(say("https://shop.example/webhooks"), &["paid", "failed"])
    };
    let new = EndpointForm { frame: frame(say, place), index: None, fields, refused: Refused::default() };
    let wrong = refused(say, "url", "has to be https", "https://shop.example/webhooks");
    let wrong = EndpointForm { index: Some(1), refused: wrong, ..new.clone() };
    let tested = Tested {
        frame: frame(say, place),
        index: 0,
        id: say("evt_0193"),
        is_received: true,
        attempts: [AttemptRow { result: say("HTTP 204"), answer: String::new(), ..attempt(say) }],
    };
    let lost = Tested { is_received: false, attempts: [attempt(say)], ..tested.clone() };
    let event = FeedRow { at: nine(say), r#type: say("journey.paid"), journey: say(JOURNEY) };
    let events =
        Events { frame: frame(say, place), from: say("2027-02-26"), events: vec![event], next: Some(say("0193")) };
    vec![
        one("webhooks", full),
        one("webhooks-none", none),
        one("endpoint-new", new),
        one("endpoint-refused", wrong),
        one("tested", tested),
        one("tested-not-received", lost),
        one("events-none", Events { events: Vec::new(), next: None, ..events.clone() }),
        one("events", events),
    ]
}

fn deliveries(say: Say) -> Vec<Page> {
    let place = Place::Webhooks;
    let list = |frame, state: &str, deliveries, next: Option<_>| Deliveries {
        frame,
        state: state.to_owned(),
        deliveries,
        next: next.map(say),
    };
    let single = |state, attempts| DeliveryPage {
        frame: frame(say, place),
        row: delivery(say, state),
        journey: say(JOURNEY),
        attempts,
    };
    let (dead, received) = (vec![delivery(say, "dead")], vec![delivery(say, "delivered")]);
    vec![
        one("deliveries-dead", list(frame(say, place), "dead", dead, Some("0193"))),
        one("deliveries-for-readers", list(readers(say, place), "delivered", received, None)),
        one("deliveries-none", list(frame(say, place), "failing", Vec::new(), None)),
        one("delivery", single("failing", vec![attempt(say), attempt(say)])),
        one("delivery-paused", single("waiting", Vec::new())),
    ]
}

fn keys(say: Say) -> Vec<Page> {
    let key =
        |ends_at, used_at| KeyRow { number: say("0001"), name: say("till 2"), made_at: nine(say), used_at, ends_at };
    let keys = Keys {
        frame: frame(say, Place::Keys),
        keys: vec![key(None, Some(ten(say))), key(Some(ten(say)), None)],
        new: KeyFields { name: say(" "), once: say("e1f7") },
        webhook_keys: vec![
            WebhookKeyRow { key: say("Wk0x"), signs_from: None, ends_at: Some(ten(say)) },
            WebhookKeyRow { key: say("Wk1x"), signs_from: Some(ten(say)), ends_at: None },
        ],
        return_keys: vec![(say("r1"), say("Rk0x"))],
        public_keys: vec![(say("k1"), say("-----BEGIN PUBLIC KEY-----"))],
        new_public: PublicKeyFields { id: String::new(), key: say("no key") },
        refused: refused(say, "name", "is blank", "a name such as till 2"),
    };
    let wrong = Keys { refused: refused(say, "key", "is not a public key", "PEM"), ..keys.clone() };
    let signs = |own: &WebhookKeyRow| WebhookKeyRow { ends_at: None, ..own.clone() };
    let new = Keys {
        frame: readers(say, Place::Keys),
        webhook_keys: keys.webhook_keys.iter().take(1).map(signs).collect(),
        public_keys: Vec::new(),
        new: KeyFields::default(),
        refused: Refused::default(),
        ..keys.clone()
    };
    let rotated =
        Issued::rotated_key(frame(say, Place::Keys), &say("till 2"), say("hbk_0003_Jm4x"), Some(&say("10:00")));
    let issued = Issued::key(frame(say, Place::Keys), &say("till 2"), say("hbk_0002_Jm4x"));
    vec![
        one("keys", new),
        one("keys-refused", keys),
        one("keys-public-refused", wrong),
        one("issued-key", issued),
        one("issued-key-in-place", rotated),
    ]
}

fn accounts(say: Say) -> Vec<Page> {
    let place = Place::Accounts;
    let row = |name, state| AccountRow { name: say(name), kind: "http", url: say("https://engine.example/x"), state };
    let rows = vec![row("acme", AccountState::Enabled), row("spare", AccountState::Disabled)];
    let field = |name, value, is_long, is_secret| AccountField { name, value: say(value), is_long, is_secret };
    let account = Account {
        frame: frame(say, place),
        name: say("acme"),
        kind: AccountKind::Http,
        state: AccountState::Enabled,
        facts: vec![("kind", say("http")), ("return_url", say("http://127.0.0.1:8080/return/acme"))],
        fields: vec![field("url", "https://engine.example/x", false, false)],
        refused: Refused::default(),
        tested: Some((true, say("It answered after 31 ms."))),
        once: say("4f1c"),
    };
    let disabled = Account {
        kind: AccountKind::Connector,
        state: AccountState::Disabled,
        refused: refused(say, "url", "has to be https", "https://engine.example/x"),
        tested: Some((false, say("It gave no answer."))),
        ..account.clone()
    };
    let kinds = AccountForm {
        frame: frame(say, place),
        kind: None,
        fields: Vec::new(),
        refused: Refused::default(),
        once: say("4f1c"),
    };
    let fields = vec![
        field("name", "bank", false, false),
        field("private_key", "", true, false),
        field("secret", "", false, true),
    ];
    let wrong = refused(say, "name", "is taken", "another name");
    let new = AccountForm { kind: Some(AccountKind::Member), fields, refused: wrong, ..kinds.clone() };
    vec![
        one("accounts", Accounts { frame: frame(say, place), accounts: rows }),
        one("accounts-none", Accounts { frame: readers(say, place), accounts: Vec::new() }),
        one("account", account),
        one("account-disabled", disabled),
        one("account-kinds", kinds),
        one("account-new", new),
    ]
}

fn settings(say: Say) -> Vec<Page> {
    let fields = form_of(&Settings::default());
    let filled = |field: SettingField| SettingField { value: say("1"), ..field };
    let wrong = refused(say, "language", "is not a language", "en");
    let all = SettingsPage { frame: frame(say, Place::Settings), settings: fields, refused: Refused::default() };
    let filled = all.settings.iter().cloned().map(filled).collect();
    vec![
        one(
            "settings-for-readers",
            SettingsPage { frame: readers(say, Place::Settings), settings: filled, ..all.clone() },
        ),
        one("settings-refused", SettingsPage { refused: wrong, ..all.clone() }),
        one("settings", all),
    ]
}

fn numbers(say: Say) -> Vec<Page> {
    let link = |days| SpanLink { days, from: say("2026-11-24"), to: say("2026-11-30"), is_here: days == 7 };
    let endpoint = EndpointRow {
        index: 0,
        url: say("https://shop.example/hooks"),
        events: String::new(),
        failing: 1,
        dead: 2,
        is_paused: false,
        is_gone: true,
    };
    let day = |day, opened, proven| DayRow { day: say(day), opened, proven };
    let counts = Counts {
        opened: 120,
        proven: 90,
        days: vec![day("2026-11-29", 100, 80), day("2026-11-30", 20, 10)],
        sample: Some((60, say("12.5"))),
        operations: 1,
        statuses: vec![("open", 8), ("paid", 90), ("failed", 22)],
        steps: [120, 110, 100, 98, 95, 90],
        not_returned: 3,
        times: [Some((31_000, 240_000)), None],
        endpoints: vec![endpoint],
        kept_days: 90,
    };
    let some = Numbers {
        frame: frame(say, Place::Numbers),
        spans: [7, 30, 92].map(link),
        from: say("2026-11-24"),
        to: say("2026-11-30"),
        counts: Some(counts.clone()),
        refused: Refused::default(),
    };
    let nothing = Counts { opened: 0, proven: 0, days: Vec::new(), endpoints: Vec::new(), ..counts };
    let none = Numbers { counts: Some(nothing), ..some.clone() };
    let wrong = refused(say, "from", "lies after the last day", "");
    let refused = Numbers { counts: None, refused: wrong, ..some.clone() };
    vec![one("numbers", some), one("numbers-none", none), one("numbers-refused", refused)]
}

fn people(say: Say) -> Vec<Page> {
    let full = People {
        frame: frame(say, Place::People),
        has_mail: true,
        people: vec![PersonRow { email: say("ada@shop.example"), role: Role::Support }],
        new: PersonFields { email: say("ada"), role: say("admin") },
        refused: refused(say, "email", "is not a mail address", "ada@shop.example"),
    };
    let none = People {
        frame: readers(say, Place::People),
        has_mail: false,
        people: Vec::new(),
        new: PersonFields::default(),
        refused: Refused::default(),
    };
    let session = |name, role, is_own| SessionRow {
        id: say("s1"),
        name: say(name),
        role,
        begun_at: nine(say),
        seen_at: ten(say),
        ends_at: at(say, "2027-02-26T21:00:00.000Z", "26 Feb 2027, 21:00:00"),
        is_own,
    };
    let sessions = vec![session("Ada", Role::Admin, true), session("Ben", Role::Read, false)];
    let action = AuditAction::CallbackAdded;
    let entry = AuditRow { at: nine(say), who: say("Ada"), role: Role::Admin, action, object: say("0") };
    let audit = Audit { frame: frame(say, Place::Audit), entries: vec![entry], next: Some(say("0193")) };
    vec![
        one("people", full),
        one("people-none", none),
        one("sessions", Sessions { frame: frame(say, Place::Sessions), sessions }),
        one("audit-none", Audit { entries: Vec::new(), next: None, ..audit.clone() }),
        one("audit", audit),
    ]
}

fn operators(say: Say) -> Vec<Page> {
    let merchant = |id, mode, is_disabled| MerchantRow {
        id: say(id),
        name: say("Corner shop"),
        mode,
        is_disabled,
        created_at: nine(say),
    };
    let place = Place::Merchants;
    let merchants = Merchants {
        frame: operators_frame(say, place),
        merchants: vec![merchant("m1", Mode::Test, false), merchant("m2", Mode::Live, true)],
        new: NewMerchantFields { name: say(""), mode: say("live"), once: say("d5") },
        refused: refused(say, "name", "is blank", "the name that customers see"),
    };
    let provider = |name, mode, silent_seconds: Option<u64>| ProviderRow {
        name: say(name),
        label: say("Test bank"),
        mode,
        takes_payments: silent_seconds.is_none(),
        silent_seconds,
        last_error: silent_seconds.map(|_| (nine(say), say("connection refused"))),
    };
    let providers = vec![provider("sandbox", Mode::Test, None), provider("acme", Mode::Live, Some(90))];
    let place = Place::Providers;
    let none = Providers { frame: operators_frame(say, place), providers: Vec::new() };
    let secrets = [("merchant_id", say("m1")), ("api_key", say("hbk_0001_x")), ("signing_secret", say("whsec_x"))];
    let issued = || operators_frame(say, Place::Merchants);
    let answering = Node {
        frame: operators_frame(say, Place::Node),
        readiness: "ready",
        version: "0.1.0",
        store: say("Redis at 127.0.0.1:6379"),
        checks: vec![("store", None), ("courier", Some(say("deliveries that are due have not been taken for 61 s")))],
        connections: (9, 10_000),
        files: Some((41, 20_000)),
        skew_millis: Some(-3),
        work: [4, 3, 2, 1],
        lag_millis: 61_000,
    };
    vec![
        one("merchants", merchants),
        one("providers", Providers { providers, ..none.clone() }),
        one("providers-none", none),
        one("node", answering),
        one("issued-merchant", Issued::merchant(issued(), &say("Corner shop"), secrets)),
        one("issued-link", Issued::link(issued(), &say("Ada"), say("http://127.0.0.1:8080/console/sign-in?link=x"))),
    ]
}

fn signing_in(say: Say) -> Vec<Page> {
    let link = SignIn { whose: Some(say("Corner shop")), name: say("Ada"), role: Role::Admin, link: say("x") };
    let ways = WaysIn { openid: None, has_mail: false, email: String::new(), refused: Refused::default() };
    let wrong = refused(say, "email", "is not a mail address", "ada@shop.example");
    let full = WaysIn { openid: Some(say("Staff")), has_mail: true, email: say("ada"), refused: wrong };
    let consoles = [(Some(say("Corner shop")), Role::Read), (Some(String::new()), Role::Admin)];
    vec![
        one("sign-in-operator", SignIn { whose: None, ..link.clone() }),
        one("sign-in", link),
        one("ways-in", ways),
        one("ways-in-refused", full),
        one("choose-console", ChooseConsole::of(consoles.into_iter())),
    ]
}

/// Problems, which have hardly a text of anybody's.
fn problems() -> Vec<Page> {
    let problems = [
        ("problem-signed-out", Problem::signed_out()),
        ("problem-has-signed-out", Problem::has_signed_out()),
        ("problem-attempt-over", Problem::attempt_over()),
        ("problem-no-access", Problem::no_access("Staff")),
        ("problem-provider-refuses", Problem::provider_refuses("Staff", "access_denied")),
        ("problem-provider-away", Problem::provider_away("Staff")),
        ("problem-link-over", Problem::link_over()),
        ("problem-other-console", Problem::other_console()),
        ("problem-not-your-role", Problem::not_your_role(Role::Admin)),
        ("problem-not-our-form", Problem::not_our_form()),
        ("problem-sent-before", Problem::sent_before()),
        ("problem-asked-too-often", Problem::asked_too_often()),
        ("problem-more-to-send", Problem::more_to_send(500)),
        ("problem-opened-elsewhere", Problem::opened_elsewhere()),
        ("problem-too-often", Problem::too_often()),
        ("problem-link-is-mailed", Problem::link_is_mailed()),
        ("problem-needs-https", Problem::needs_https()),
        ("problem-unreadable", Problem::unreadable()),
        ("problem-not-found", Problem::not_found()),
        ("problem-disabled", Problem::disabled()),
        ("problem-refused", Problem::refused(&Invalid::new("note", "is too long").hint("at most 140 characters"))),
        ("problem-has-ended", Problem::has_ended("paid")),
        ("problem-may-be-paying", Problem::may_be_paying()),
    ];
    rendered(problems.into())
}
