//! How long each list and each find takes that the API and the console have, and the numbers, of one merchant that has
//! all journeys.
//!
//! They were opened evenly over the last 29 days: 60 % were paid, one of twenty of the newer half of these without their
//! customers' return; 25 % stand at the checkout, 15 % at the bank. A few of the oldest tenth are rare: of another
//! dialect and provider, failed, with a reference, metadata and a note of their own. And a few of the older half were paid
//! without a return.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use handback::clock::{Clock as _, SystemClock};
use handback::domain::id::{JourneyId, Shard};
use handback::domain::journey::{BegunVisit, Journey, Opening, Purpose};
use handback::domain::merchant::Merchant;
use handback::domain::{ConsoleScope, DialectData, Member, MemberName, Role, UnixMillis};
use handback::engine::{Engine, use_cases};
use handback::store::{Opened, Step, Taken};

use crate::Arguments;
use crate::concludes::{ended_at, final_outcome_at};
use crate::fill::{self, OPENERS};
use crate::kinds;
use crate::sizes::Place;

/// How often each is asked for, and for how long at the most; beyond that, until there are five.
const ASKED: usize = 40;
const LONGEST: Duration = Duration::from_secs(10);

/// How many are rare, and how many of the older half were paid without a return.
const RARE: usize = 5;

const DAY: Duration = Duration::from_hours(24);

pub async fn measure(arguments: &Arguments) {
    let sizes =
        Some(arguments.journeys()).filter(|sizes| !sizes.is_empty()).unwrap_or_else(|| vec![100_000, 1_000_000]);
    println!(
        "| what | store | journeys | p50 | p99 | pages until the first hit |\n| --- | --- | --- | --- | --- | --- |"
    );
    let mut bytes = Vec::new();
    for name in ["embedded", "redis"].into_iter().filter(|name| arguments.wants(name)) {
        for &size in &sizes {
            let place = Place::new(name);
            let filled = fill(&place, size).await;
            let kinds = place.kinds();
            let (gateway, _) = place.gateway();
            let asker = Asker::at(&gateway.base(), &filled).await;
            for (what, page) in filled.pages() {
                let [p50, p99] = asker.times(&page).await;
                let pages = asker.pages_until_found(&page).await;
                println!("| {what} | {name} | {size} | {p50:.1} ms | {p99:.1} ms | {pages} |");
            }
            bytes.push((name, size, kinds));
        }
    }
    println!(
        "\n| store | journeys | kind | number | bytes each | bytes a journey |\n| --- | --- | --- | --- | --- | --- |"
    );
    for (name, size, kinds) in bytes {
        kinds::print(&format!("{name} | {size}"), &kinds, size);
    }
}

/// What a store was filled with.
struct Filled {
    api_key: String,
    /// A sign-in link of the console.
    link: String,
    /// When the oldest journey was opened, and the newest.
    opened: (UnixMillis, UnixMillis),
    /// One of the rare ones.
    rare: Journey,
}

impl Filled {
    /// What is asked for, and where.
    fn pages(&self) -> Vec<(&'static str, String)> {
        let at = |tenths: u64| {
            let (from, to) = self.opened;
            let span = to.since(from).as_millis() as u64 * tenths / 10;
            rfc3339(from.plus(Duration::from_millis(span)))
        };
        let (rare, middle) = (&self.rare, at(5));
        let deep = rare.opening().opened_at.as_millis();
        let day = format!("opened_from={}&opened_before={}", at(5), rfc3339(self.opened.0.plus(15 * DAY)));
        let api = |query: &str| format!("/v1/journeys?{query}");
        let today = |days: u32| at(10)[..10].to_owned() + "&from=" + &rfc3339(self.opened.1.minus(days * DAY))[..10];
        vec![
            ("newest 50", api("")),
            ("newest 200", api("limit=200")),
            ("50 behind nine tenths", api(&format!("after={deep}-{}", rare.pay_id()))),
            ("status, many", api("status=paid")),
            ("status, few", api("status=failed")),
            ("dialect, many", api("dialect=secpaid")),
            ("dialect, few", api("dialect=handback")),
            ("provider, many", api("provider=sandbox")),
            ("provider, few", api("provider=rare-bank")),
            ("a day in the middle", api(&day)),
            ("paid but not returned, many", api("status=paid&returned=false")),
            ("paid but not returned, few", api(&format!("status=paid&returned=false&opened_before={middle}"))),
            ("by pay_id", format!("/v1/journeys/{}", rare.pay_id())),
            ("by journey_id", format!("/v1/journeys/{}", rare.id())),
            ("by reference", api("reference=R-0")),
            ("by metadata", api("metadata[cart]=C-0")),
            ("by the note's beginning, in a day", api(&format!("note_prefix=rare&{day}"))),
            ("by the note's beginning, in all days", api(&format!("note_prefix=rare&opened_from={}", at(0)))),
            ("numbers of 30 days", "/v1/numbers".to_owned()),
            ("numbers of 92 days", format!("/v1/numbers?to={}", today(91))),
            ("numbers of a day", format!("/v1/numbers?to={}", today(0))),
            ("console: journeys", "/console/journeys".to_owned()),
            ("console: paid but not returned", "/console/journeys?status=paid-not-returned".to_owned()),
            ("console: CSV, up to 10,000 rows", "/console/journeys.csv".to_owned()),
            ("console: numbers", "/console/numbers".to_owned()),
        ]
    }
}

/// Who asks.
struct Asker {
    client: reqwest::Client,
    base: String,
    api_key: String,
    cookie: String,
}

impl Asker {
    async fn at(base: &str, filled: &Filled) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let (_, link) = filled.link.split_once("link=").expect("a link");
        let cookie = |reply: &reqwest::Response| {
            let cookie = reply.headers()["set-cookie"].to_str().expect("a cookie");
            cookie.split(';').next().expect("a cookie").to_owned()
        };
        let opened = client.get(format!("{base}/console/sign-in?link={link}")).send().await.expect("a page");
        let press = client.post(format!("{base}/console/sign-in")).header("cookie", cookie(&opened));
        let form = ("content-type", "application/x-www-form-urlencoded");
        let signed_in = press.header(form.0, form.1).body(format!("link={link}")).send().await.expect("a session");
        let cookie = cookie(&signed_in);
        Self { client, base: base.to_owned(), api_key: filled.api_key.clone(), cookie }
    }

    async fn get(&self, page: &str) -> String {
        let get = self.client.get(format!("{}{page}", self.base)).bearer_auth(&self.api_key);
        let reply = get.header("cookie", &self.cookie).send().await.expect("a reply");
        let status = reply.status();
        let text = reply.text().await.expect("a text");
        assert_eq!(status, 200, "{page}: {text}");
        text
    }

    /// How long half of the answers took, and all but one of a hundred, in milliseconds.
    async fn times(&self, page: &str) -> [f64; 2] {
        self.get(page).await;
        let (began, mut took) = (Instant::now(), Vec::new());
        while took.len() < ASKED && (took.len() < 5 || began.elapsed() < LONGEST) {
            let asked = Instant::now();
            self.get(page).await;
            took.push(asked.elapsed());
        }
        took.sort_unstable();
        [0.5, 0.99].map(|share| took[((took.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0)
    }

    /// How many pages of a list one looks at until it shows something.
    async fn pages_until_found(&self, page: &str) -> String {
        if !page.starts_with("/v1/journeys?") {
            return "–".to_owned();
        }
        let (mut after, mut pages) = (String::new(), 1);
        loop {
            let list: serde_json::Value =
                serde_json::from_str(&self.get(&format!("{page}{after}")).await).expect("a list");
            if list["journeys"].as_array().is_some_and(|journeys| !journeys.is_empty()) {
                return pages.to_string();
            }
            let Some(next) = list["next"].as_str() else { return "none".to_owned() };
            (after, pages) = (format!("&after={next}"), pages + 1);
        }
    }
}

fn rfc3339(moment: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(moment.as_millis().cast_signed()).expect("a moment").to_string()
}

/// Fills a store that nobody has open.
async fn fill(place: &Place, journeys: usize) -> Filled {
    let engine = place.engine().await;
    let new = fill::merchant(&engine).await;
    let model = fill::open_one(&engine, &new.merchant, 1_234_567).await;
    assert!(engine.deps.store.erase(&model).await.expect("a store"), "the model goes");
    let now = SystemClock.now();
    let opened = (now.minus(29 * DAY), now);
    let writer = Arc::new(Writer { engine: Arc::clone(&engine), opening: model.opening().clone(), journeys, opened });
    let share = |first| {
        let writer = Arc::clone(&writer);
        tokio::spawn(async move {
            let mut rare = None;
            for n in (first..journeys).step_by(OPENERS) {
                rare = writer.write(n).await.or(rare);
            }
            rare
        })
    };
    let rare = try_join_all((0..OPENERS).map(share)).await.expect("journeys").into_iter().flatten().next();
    let link = sign_in_link(&engine, &new.merchant).await;
    let api_key = new.api_key.reveal().to_owned();
    Filled { api_key, link, opened, rare: rare.expect("a rare one") }
}

async fn sign_in_link(engine: &Engine, merchant: &Merchant) -> String {
    let (scope, name) = (ConsoleScope::Merchant(merchant.id), MemberName::parse("Bench").expect("a name"));
    let member = Member { scope, role: Role::Read, name, by_mail: false };
    use_cases::console::issue_link(engine, &member).await.expect("a store").expect("a merchant").url
}

/// Writes journeys.
struct Writer {
    engine: Arc<Engine>,
    opening: Opening,
    journeys: usize,
    opened: (UnixMillis, UnixMillis),
}

impl Writer {
    /// Writes the journey of this number, and answers it if it is rare.
    async fn write(&self, n: usize) -> Option<Journey> {
        let (from, to) = self.opened;
        let opened_at = from.plus(to.since(from).mul_f64(n as f64 / self.journeys as f64));
        let (tenth, half) = (self.journeys / 10, self.journeys / 2);
        let (is_rare, is_missing) = ((tenth..tenth + RARE).contains(&n), (half - RARE..half).contains(&n));
        let id: [u8; 16] = rand::random();
        let mut opening = Opening {
            id: JourneyId::mint(id, Shard::of_byte(id[7])),
            opened_at,
            // What is over by now is not kept.
            expires_at: opened_at.plus(40 * DAY),
            ..self.opening.clone()
        };
        if is_rare {
            make_rare(&mut opening, n - tenth);
        }
        let journey = Journey::open(opening);
        let store = &self.engine.deps.store;
        assert_eq!(store.open(&journey, &[], None).await.expect("a store"), Opened::New);
        let stays_open = n % 20 >= 15;
        if stays_open && !is_rare && !is_missing {
            return None;
        }
        let BegunVisit::New(away, _) = journey.begin_visit(None, opened_at) else { panic!("no visit has begun") };
        // Nobody came back: the step that sent the customer out concludes as well.
        let unseen =
            if is_rare { Some(FAILED) } else { (is_missing || (n.is_multiple_of(20) && n > half)).then_some(PAID) };
        let step = if let Some(outcome) = unseen {
            ended_at(&away, outcome, opened_at)
        } else {
            self.take(Step::to(away.clone())).await;
            if n % 20 >= 12 {
                return None;
            }
            final_outcome_at(away, opened_at)
        };
        let step = step.expect("an outcome");
        let rare = is_rare.then(|| step.journey.clone());
        self.take(step).await;
        rare
    }

    async fn take(&self, step: Step) {
        let taken = self.engine.deps.store.take(&step).await.expect("a store");
        assert!(taken == Taken::Done, "a step was lost");
    }
}

/// Outcomes, as records have them.
const PAID: u8 = 0;
const FAILED: u8 = 3;

fn make_rare(opening: &mut Opening, n: usize) {
    opening.dialect = "handback".into();
    opening.provider = "rare-bank".into();
    opening.dialect_data = DialectData::new(format!(r#"{{"reference":"R-{n}","metadata":{{"cart":"C-{n}"}}}}"#));
    if let Purpose::Checkout(checkout) = &mut opening.purpose {
        checkout.note = format!("rare order {n}");
    }
}
