//! What holds of every callback, whatever a merchant wrote and whatever a value holds.
//!
//! Bounded and repeatable: the same cases every time, from a fixed seed, unless more are asked for. What is expected is worked out here from the
//! text alone, without the code under test.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::RngSeed;

use handback::domain::callback::{CallbackUrl, Placement, Rules, Saved, parse_list};
use handback::domain::money::{Amount, Currency};
use handback::domain::params::{Params, Placeholder};
use handback::domain::redirect::PublicUrl;
use url::{Url, form_urlencoded};

/// A merchant who has saved nothing.
struct Nothing;

impl Saved for Nothing {
    fn has_name(&self, _name: &str) -> bool {
        false
    }

    fn has_url(&self, _url: &str) -> bool {
        false
    }
}

/// The names that are appended here, in their order.
const NAMES: [&str; 5] = ["pay_id", "user_id", "status", "one-time-token", "tokenId"];

/// So many cases, the same ones every time; or as many others as `PROPTEST_CASES` says.
fn config(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return asked;
    }
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(2026), ..asked }
}

/// What one hand-back appends and fills in.
#[derive(Debug, Clone)]
struct Values {
    appended: Vec<(&'static str, String)>,
    filled: [String; 4],
}

impl Values {
    fn params(&self) -> Params {
        let params = self.appended.iter().fold(Params::default(), |params, (name, value)| params.append(name, value));
        Placeholder::ALL.into_iter().zip(&self.filled).fold(params, |params, (hole, value)| params.fill(hole, value))
    }

    /// The callback's own text with its placeholders filled, read once from left to right.
    fn fill(&self, text: &str) -> String {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some(c) = rest.chars().next() {
            let hole = Placeholder::ALL.into_iter().zip(&self.filled).find_map(|(hole, value)| {
                let opened = ["{", "%7B", "%7b"].iter().find_map(|brace| rest.strip_prefix(brace))?;
                let named = opened.strip_prefix(hole.as_str())?;
                Some((value, ["}", "%7D", "%7d"].iter().find_map(|brace| named.strip_prefix(brace))?))
            });
            if let Some((value, behind)) = hole {
                filled.push_str(&encoded(value));
                rest = behind;
            } else {
                filled.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        filled
    }

    fn query(&self) -> String {
        let pairs: Vec<String> =
            self.appended.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        pairs.join("&")
    }
}

fn encoded(value: &str) -> String {
    let byte = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
        _ => format!("%{b:02X}"),
    };
    value.bytes().map(byte).collect()
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(texts).prop_map(str::to_owned)
}

/// Any text at all, and texts that somebody chose with care.
fn value() -> impl Strategy<Value = String> {
    const CAREFUL: &[&str] = &[
        "",
        ".",
        "..",
        "/",
        "//evil.example",
        "@evil.example",
        "\\evil.example",
        "?x=1",
        "#x",
        "&status=paid",
        "a b+c%20d",
        "\r\nLocation: https://evil.example",
        "{pay_id}",
        "%7Bstatus%7D",
        "%2e%2e",
        "status",
        "\0",
        "…é😀",
        ":443",
        "=",
    ];
    prop_oneof![
        2 => one_of(CAREFUL),
        3 => vec(any::<char>(), 0..24).prop_map(String::from_iter),
        1 => "[a-zA-Z0-9 ]{0,200}",
    ]
}

fn values() -> impl Strategy<Value = Values> {
    let appended = subsequence(NAMES.to_vec(), 0..=NAMES.len()).prop_flat_map(|names| {
        let count = names.len();
        vec(value(), count).prop_map(move |values| names.iter().copied().zip(values).collect())
    });
    (appended, [value(), value(), value(), value()]).prop_map(|(appended, filled)| Values { appended, filled })
}

/// A stretch of a path, a query or a fragment: characters of every kind that is allowed there, and placeholders.
fn stretch() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-zA-Z0-9._~!$()*+,;:@=/|-]{0,12}",
        1 => "(%[0-9a-fA-F]{2}|%|\\[|\\]){1,3}",
        2 => one_of(&["{pay_id}", "{status}", "{user_id}", "{recipient_note}", "%7Brecipient_note%7d", "%7Bown%7D"]),
    ]
}

fn text(least: usize) -> impl Strategy<Value = String> {
    vec(stretch(), least..4).prop_map(|parts| parts.concat())
}

fn written() -> impl Strategy<Value = String> {
    let origin = prop_oneof![
        4 => "https://[a-w][a-z0-9]{0,8}(-[a-z0-9]{1,3})?\\.[a-z]{2,5}(:[1-9][0-9]{3})?",
        1 => one_of(&["http://localhost:3000", "https://[2001:db8::1]", "https://192.0.2.1:8443"]),
        1 => one_of(&["com.example.app:", "com.example.app://cb", "com.example.app://"]),
    ];
    let path = prop_oneof![1 => Just(String::new()), 4 => text(0).prop_map(|path| format!("/{path}")), 1 => one_of(&["/{recipient_note}", "/{status}/b", "/a/{pay_id}{user_id}/b"]), 1 => (1700..2020_usize).prop_map(|length| format!("/{}", "a".repeat(length)))];
    let query = vec(text(0), 0..4)
        .prop_map(|parts| if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) });
    let ends = select(["", "", "&", "&&"].as_slice());
    let fragment = proptest::option::of((text(0), proptest::option::of(text(0))));
    (origin, path, query, ends, fragment).prop_map(|(origin, path, query, end, fragment)| {
        let end = if query.is_empty() { "" } else { end };
        let fragment = fragment.map_or(String::new(), |(route, query)| {
            format!("#{route}{}", query.map_or(String::new(), |query| format!("?{query}")))
        });
        format!("{origin}{path}{query}{end}{fragment}")
    })
}

/// A callback that is accepted, and its text.
fn callback() -> impl Strategy<Value = CallbackUrl> {
    written().prop_filter_map("refused", |text| CallbackUrl::parse(&text, &Rules::default()).ok())
}

fn place() -> impl Strategy<Value = Placement> {
    select([Placement::Query, Placement::Fragment].as_slice())
}

/// Where a URL leads, as the parser that browsers share sees it.
fn origin(text: &str) -> (String, Option<String>, Option<u16>) {
    let url = Url::parse(text).unwrap();
    (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default())
}

/// The part before `#`, and the part from it on.
fn halves(text: &str) -> (&str, &str) {
    text.find('#').map_or((text, ""), |at| text.split_at(at))
}

proptest! {
    #![proptest_config(config(1024))]

    #[test]
    fn the_merchants_bytes_come_first_and_ours_follow_them(callback in callback(), values in values()) {
        let Ok(home) = callback.with(&values.params(), Placement::Query) else { return Ok(()) };
        let own = values.fill(callback.as_str());
        let ((own, own_fragment), (home, fragment)) = (halves(&own), halves(&home));
        prop_assert_eq!(own_fragment, fragment);
        if values.appended.is_empty() {
            prop_assert_eq!(own, home);
            return Ok(());
        }
        let (path, query) = own.split_once('?').unwrap_or((own, ""));
        let kept = query.trim_end_matches('&');
        let joint = if kept.is_empty() { "?".to_owned() } else { format!("?{kept}&") };
        prop_assert_eq!(home, format!("{path}{joint}{}", values.query()));
    }

    #[test]
    fn each_name_of_ours_stands_there_once_with_its_value(callback in callback(), values in values(), place in place()) {
        prop_assume!(callback.holds_any(&NAMES, place).is_none());
        // A note may be anything; an id or a status is never one of our names.
        prop_assume!(values.filled[..3].iter().all(|value| !NAMES.contains(&value.as_str())));
        let Ok(home) = callback.with(&values.params(), place) else { return Ok(()) };
        let (before, fragment) = halves(&home);
        let part = if place == Placement::Query { before } else { fragment.trim_start_matches('#') };
        // An app that keeps its parameters in `#a=1` reads all of the fragment; a router reads what follows the `?`.
        let own = halves(callback.as_str()).1.trim_start_matches('#');
        let whole = place == Placement::Fragment && own.contains('=') && !own.contains(['?', '/', '!']);
        let query = if whole { part } else { part.split_once('?').map_or(part, |(_, query)| query) };
        let read: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        for (name, value) in &values.appended {
            let found: Vec<&str> = read.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).collect();
            prop_assert_eq!(found, [value.as_str()], "{} in {}", name, home);
        }
        prop_assert!(!values.query().contains('+'));
    }

    #[test]
    fn no_value_moves_a_callback_to_another_place(callback in callback(), values in values(), place in place()) {
        let Ok(home) = callback.with(&values.params(), place) else { return Ok(()) };
        let harmless = Values { appended: Vec::new(), filled: ["0", "0", "0", "0"].map(str::to_owned) };
        prop_assert_eq!(origin(&home), origin(&harmless.fill(callback.as_str())));
        prop_assert!(home.bytes().all(|b| b.is_ascii_graphic()), "{}", home);
    }

    #[test]
    fn what_is_sent_is_what_browsers_go_to(callback in callback(), values in values(), place in place()) {
        let Ok(home) = callback.with(&values.params(), place) else { return Ok(()) };
        let seen = Url::parse(&home).unwrap();
        let (before, fragment) = halves(&home);
        let (start, query) = before.find('?').map_or((before, ""), |at| before.split_at(at));
        prop_assert!([home.clone(), format!("{start}/{query}{fragment}")].contains(&seen.to_string()), "{} is {}", home, seen);
        prop_assert_eq!(before.contains('?'), callback.as_str().split('#').next().unwrap().contains('?')
            || (place == Placement::Query && !values.appended.is_empty()));
    }

    #[test]
    fn a_hand_back_fails_for_dots_alone(callback in callback(), values in values(), place in place()) {
        let dots = values.filled.iter().any(|value| !value.is_empty() && value.bytes().all(|b| b == b'.'));
        if let Err(invalid) = callback.with(&values.params(), place) {
            prop_assert!(dots, "{}: {}", values.fill(callback.as_str()), invalid);
        }
    }

    #[test]
    fn the_same_values_write_the_same_bytes(callback in callback(), values in values(), place in place()) {
        prop_assert_eq!(callback.with(&values.params(), place), callback.with(&values.params(), place));
    }

    #[test]
    fn most_of_what_looks_like_a_callback_is_one(text in "https://[a-w][a-z]{1,8}\\.example(/[a-z0-9]{1,5}){0,4}(\\?[a-z]=[a-z0-9%]{0,3})?") {
        let kept = CallbackUrl::parse(&text, &Rules::default()).map(|url| url.as_str().to_owned());
        prop_assert_eq!(kept, Ok(text));
    }
}

proptest! {
    #![proptest_config(config(1024))]

    #[test]
    fn no_text_makes_a_parser_panic(text in vec(any::<char>(), 0..60).prop_map(String::from_iter)) {
        for text in [text.clone(), format!("https://{text}"), format!("https://m.example/{text}"), format!("com.example.app:{text}")] {
            if let Ok(url) = CallbackUrl::parse(&text, &Rules::default()) {
                prop_assert_eq!(url.as_str(), &text);
                let _ = url.holds_any(&NAMES, Placement::Query);
                let _ = url.holds_any(&NAMES, Placement::Fragment);
            }
            let _ = parse_list(&text, &Nothing);
            let _ = Amount::parse(&text, Currency::EUR);
            let _ = PublicUrl::parse(&text);
        }
    }

    #[test]
    fn a_name_held_is_found_whatever_stands_around_it(callback in callback(), name in select(NAMES.as_slice()), value in "[a-z0-9]{0,5}") {
        let (before, fragment) = halves(callback.as_str());
        let mark = if before.contains('?') { '&' } else { '?' };
        let held = format!("{before}{mark}{name}={value}{fragment}");
        if let Ok(held) = CallbackUrl::parse(&held, &Rules::default()) {
            prop_assert!(held.holds_any(&NAMES, Placement::Query).is_some());
        }
    }

    /// A reader who takes an accepted URL naively (what stands between `//` and the next `/`, `?` or `#`, without a
    /// port) sees the host that browsers go to.
    #[test]
    fn a_naive_reader_sees_the_same_host(good in written(), at in any::<prop::sample::Index>(), odd in odd()) {
        let mut marks: Vec<usize> = good.char_indices().map(|(i, _)| i).collect();
        marks.push(good.len());
        let at = *at.get(&marks[..marks.len().min(30)]);
        let text = format!("{}{odd}{}", &good[..at], &good[at..]);
        let Ok(url) = CallbackUrl::parse(&text, &Rules::default()) else { return Ok(()) };
        let harmless = Values { appended: Vec::new(), filled: ["0", "0", "0", "0"].map(str::to_owned) };
        let (scheme, host, _) = origin(&harmless.fill(url.as_str()));
        let naive = text.split_once(':').unwrap();
        prop_assert_eq!(naive.0, &scheme);
        if url.is_app_link() {
            prop_assert!(scheme.contains('.'));
        } else {
            let authority = naive.1.strip_prefix("//").unwrap().split(['/', '?', '#']).next().unwrap();
            let bare = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(authority, |(host, _)| host);
            prop_assert_eq!(Some(bare.to_owned()), host);
        }
    }

    #[test]
    fn amounts_survive_being_written(minor in 1..=9_999_999_999_u64, currency in select(["EUR", "JPY", "KWD", "CHF"].as_slice())) {
        let amount = Amount::from_minor(minor, Currency::parse(currency).unwrap());
        for text in [amount.to_string(), amount.shortest()] {
            prop_assert_eq!(Amount::parse(&text, amount.currency()), Ok(amount), "{}", text);
        }
        prop_assert!(!amount.shortest().ends_with('.'));
    }

    #[test]
    fn pages_of_ours_stay_ours(value in value()) {
        let base = PublicUrl::parse("https://pay.example").unwrap();
        let page = Url::parse(&base.page("/checkout", &[("link", value.as_str()), ("lang", "de")])).unwrap();
        prop_assert_eq!((page.host_str(), page.path()), (Some("pay.example"), "/checkout"));
        let read: Vec<(String, String)> = page.query_pairs().into_owned().collect();
        prop_assert_eq!(read, [("link".to_owned(), value), ("lang".to_owned(), "de".to_owned())]);
    }
}

/// What an attacker slips in.
fn odd() -> impl Strategy<Value = String> {
    const CHOSEN: &[&str] = &[
        "@",
        "\\",
        "/",
        "//",
        "?",
        "#",
        ":",
        "%",
        "%2f",
        "%40",
        "%5c",
        "%00",
        "\t",
        "\n",
        "\0",
        " ",
        "[",
        "]",
        "evil.example@",
        ".",
        "..",
        "。",
        "．",
        "{pay_id}",
        "%7Bpay_id%7D",
        "{",
        "}",
        "xn--",
        "0x",
        "&",
        ";",
        ",",
        "'",
        "\"",
        "<",
        "*",
        "_",
        "-",
        "A",
        "é",
    ];
    prop_oneof![4 => one_of(CHOSEN), 1 => any::<char>().prop_map(String::from)]
}
