//! Which callbacks cover which, and how our parameters join them.

use super::*;
use crate::domain::callback::{MAX_LENGTH, Network};
use crate::domain::params::Placeholder;

fn params() -> Params {
    Params::default().append("pay_id", "7").append("status", "success").fill(Placeholder::RecipientNote, "a b/é?#")
}

fn home(url: &str, placement: Placement) -> String {
    CallbackUrl::parse(url, &Rules::default()).unwrap().with(&params(), placement).unwrap()
}

#[test]
fn our_parameters_join_a_query() {
    for (own, expected) in [
        ("https://m.example/cb", "https://m.example/cb?pay_id=7&status=success"),
        ("https://m.example", "https://m.example?pay_id=7&status=success"),
        ("https://m.example?", "https://m.example?pay_id=7&status=success"),
        ("https://m.example/cb?", "https://m.example/cb?pay_id=7&status=success"),
        ("https://m.example/cb?order=7&", "https://m.example/cb?order=7&pay_id=7&status=success"),
        ("https://m.example/cb?a=1&a=2", "https://m.example/cb?a=1&a=2&pay_id=7&status=success"),
        ("https://m.example/cb#top", "https://m.example/cb?pay_id=7&status=success#top"),
        ("https://m.example/?x=%2F#/pay?x=1", "https://m.example/?x=%2F&pay_id=7&status=success#/pay?x=1"),
        ("http://localhost:3000/cb", "http://localhost:3000/cb?pay_id=7&status=success"),
        ("com.example.app://cb", "com.example.app://cb?pay_id=7&status=success"),
        ("com.example.app:/cb?x=1", "com.example.app:/cb?x=1&pay_id=7&status=success"),
        ("https://m.example/%7Btheirs%7D", "https://m.example/%7Btheirs%7D?pay_id=7&status=success"),
    ] {
        assert_eq!(home(own, Placement::Query), expected);
    }
}

#[test]
fn our_parameters_join_a_fragment_where_asked() {
    for (own, expected) in [
        ("https://m.example/cb", "https://m.example/cb#pay_id=7&status=success"),
        ("https://m.example/cb#", "https://m.example/cb#pay_id=7&status=success"),
        ("https://m.example/#/pay", "https://m.example/#/pay?pay_id=7&status=success"),
        ("https://m.example/#a=1&", "https://m.example/#a=1&pay_id=7&status=success"),
        ("https://m.example/#/pay?x=1&", "https://m.example/#/pay?x=1&pay_id=7&status=success"),
    ] {
        assert_eq!(home(own, Placement::Fragment), expected);
    }
}

#[test]
fn placeholders_are_filled_and_encoded() {
    assert_eq!(
        home("https://m.example/{recipient_note}/x", Placement::Query),
        "https://m.example/a%20b%2F%C3%A9%3F%23/x?pay_id=7&status=success"
    );
}

#[test]
fn a_value_cannot_become_a_dot_segment() {
    let url = CallbackUrl::parse("https://m.example/a/{recipient_note}/b", &Rules::default()).unwrap();
    for note in [".", ".."] {
        let dotted = Params::default().fill(Placeholder::RecipientNote, note);
        assert!(url.with(&dotted, Placement::Query).is_err());
    }
    let twice = CallbackUrl::parse("https://m.example/a/{recipient_note}{recipient_note}", &Rules::default()).unwrap();
    assert!(twice.with(&Params::default().fill(Placeholder::RecipientNote, "."), Placement::Query).is_err());
}

#[test]
fn names_are_found_however_they_are_spelled() {
    let names = &["pay_id", "status"];
    for (url, placement, found) in [
        ("https://m.example/?STATUS=x", Placement::Query, Some("status")),
        ("https://m.example/?st%61tus=x", Placement::Query, Some("status")),
        ("https://m.example/?pay.id=x", Placement::Query, Some("pay_id")),
        ("https://m.example/?pay+id=x", Placement::Query, Some("pay_id")),
        ("https://m.example/?status[]=x", Placement::Query, Some("status")),
        ("https://m.example/?status", Placement::Query, Some("status")),
        ("https://m.example/?order_status=x", Placement::Query, None),
        ("https://m.example/status=1", Placement::Query, None),
        ("https://m.example/#/pay?status=1", Placement::Query, None),
        ("https://m.example/#/pay?status=1", Placement::Fragment, Some("status")),
    ] {
        let parsed = CallbackUrl::parse(url, &Rules::default()).unwrap();
        assert_eq!(parsed.holds_any(names, placement), found, "{url}");
    }
}

#[test]
fn plain_http_is_for_this_machine_and_for_listed_addresses() {
    let listed = Network { address: [10, 1, 0, 0].into(), prefix: 16 };
    let rules = Rules { plain_networks: vec![listed], ..Rules::default() };
    let accepted = |text: &str| CallbackUrl::parse(text, &rules).is_ok();
    assert!(accepted("http://10.1.2.3:8080/x") && accepted("http://127.0.0.1/x") && accepted("https://m.example/"));
    for refused in ["http://10.2.0.1/", "http://m.example/", "http://10.1.2.3.example/"] {
        assert!(!accepted(refused), "{refused}");
    }
    assert!(CallbackUrl::parse("http://10.1.2.3:8080/x", &Rules::default()).is_err());
}

#[test]
fn the_final_url_has_a_limit() {
    let long = format!("https://m.example/{}", "a".repeat(2030));
    let home = CallbackUrl::parse(&long, &Rules::default()).unwrap().with(&params(), Placement::Query).unwrap();
    assert!(check_length(&home, MAX_LENGTH).unwrap_err().rule().contains("2048"));
    let longer = format!("{long}a");
    assert!(CallbackUrl::parse(&longer, &Rules::default()).unwrap_err().rule().contains("2048"));
    let rules = Rules { longest: 4096, ..Rules::default() };
    assert!(CallbackUrl::parse(&longer, &rules).is_ok(), "a dialect may allow more");
}

#[test]
fn a_host_alone_is_the_same_place_with_its_slash_and_without() {
    let covers = |saved: &str, asked: &str| {
        let url = |text| CallbackUrl::parse(text, &Rules::default()).unwrap();
        url(saved).covers(&url(asked))
    };
    for (saved, asked, expected) in [
        ("https://m.example", "https://m.example/", true),
        ("https://m.example", "https://m.example/?n=7", true),
        ("https://m.example", "https://m.example?time=1335", true),
        ("https://m.example/", "https://m.example", true),
        ("https://m.example/", "https://m.example?time=1", true),
        ("https://m.example/", "https://m.example#x", true),
        ("https://m.example?own=1", "https://m.example/", true),
        ("https://m.example:8443", "https://m.example:8443/?x", true),
        ("http://localhost:3000", "http://localhost:3000/", true),
        // Only a slash that was written covers what is below it.
        ("https://m.example/", "https://m.example/below", true),
        ("https://m.example", "https://m.example/below", false),
        ("https://m.example?own=/", "https://m.example/below", false),
        ("https://m.example/cb", "https://m.example/cb/", false),
        ("https://m.example/cb", "https://m.example/cb/below", false),
        ("https://m.example/cb/", "https://m.example/cb", false),
        // An app link has no root path.
        ("com.example.app://cb", "com.example.app://cb/", false),
        ("com.example.app://cb/", "com.example.app://cb", false),
        ("com.example.app://cb", "com.example.app://cb?x=1", true),
        // RFC 8252, section 7.3.
        ("http://127.0.0.1/callback", "http://127.0.0.1:53219/callback", true),
        ("http://[::1]:1/callback", "http://[::1]:53219/callback?x", true),
        ("http://127.0.0.1/", "http://127.0.0.1:53219/below", true),
        ("http://127.0.0.1/callback", "http://127.0.0.1:53219/other", false),
        ("http://localhost/callback", "http://localhost:53219/callback", false),
        ("https://m.example/callback", "https://m.example:53219/callback", false),
    ] {
        assert_eq!(covers(saved, asked), expected, "{saved} {asked}");
    }
}
