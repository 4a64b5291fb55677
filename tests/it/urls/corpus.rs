//! The attack corpus: callbacks that two readers would follow to two places, and callbacks that must not suffer for it.
//!
//! `attacks.txt` holds what was written by hand, family by family; here are the families that are better generated.

use handback::domain::callback::{CallbackUrl, MAX_LENGTH, Placement, Rules};

/// The names that the dialects append, hyphens and capitals included.
const NAMES: &[&str] = &["pay_id", "user_id", "status", "one-time-token", "error_description", "consent", "tokenId"];

/// The schemes that a browser acts on instead of going somewhere.
const NEVER: [&str; 8] = ["javascript", "data", "file", "blob", "about", "vbscript", "intent", "view-source"];

#[test]
fn every_attack_that_was_written_down_is_refused() {
    let attacks = written(include_str!("attacks.txt"));
    assert!(attacks.len() > 600, "only {} attacks", attacks.len());
    all_refused(
        attacks.iter().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))),
    );
}

#[test]
fn every_good_callback_is_kept_byte_for_byte() {
    let wrong: Vec<String> = written(include_str!("accepted.txt"))
        .into_iter()
        .filter_map(|text| match CallbackUrl::parse(text, &Rules::default()) {
            Ok(url) if url.as_str() == text => None,
            Ok(url) => Some(format!("{text} became {}", url.as_str())),
            Err(invalid) => Some(format!("{text} was refused: {invalid}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_scheme_that_runs_something_is_refused_in_every_case_and_behind_every_prefix() {
    let prefixes =
        ["", " ", "\t", "\n", "\r", "\0", "\u{1}", "\u{1f}", "\u{a0}", "\u{feff}", "\u{200b}", "\u{3000}", "/"];
    let bodies = [":alert(1)", "://m.example/%0aalert(1)", ":/x", ":///x", ":", "\t:x", ":\n//x"];
    for scheme in NEVER {
        for case in cases(scheme) {
            all_refused(
                prefixes
                    .iter()
                    .flat_map(|p| bodies.iter().map(move |b| (*p, *b)))
                    .map(|(p, b)| format!("{p}{case}{b}")),
            );
        }
        // Inside the scheme too: browsers drop tabs and line breaks before they read.
        for at in 0..=scheme.len() {
            let (head, tail) = scheme.split_at(at);
            all_refused(["\t", "\n", "\r", "\0", " "].map(|dropped| format!("{head}{dropped}{tail}:/x")));
        }
    }
}

#[test]
fn an_operator_cannot_list_a_scheme_that_runs_something() {
    let rules = Rules { app_schemes: NEVER.map(str::to_owned).to_vec(), ..Rules::default() };
    for scheme in NEVER {
        assert!(CallbackUrl::parse(&format!("{scheme}://cb/x"), &rules).is_err(), "{scheme} was accepted");
    }
}

#[test]
fn no_mixture_of_slashes_backslashes_and_tabs_is_a_host() {
    for slashes in words(&["/", "\\", "\t", "\n"], 4) {
        all_refused([format!("{slashes}evil.example"), format!("{slashes}evil.example/cb")]);
        if slashes != "//" {
            all_refused(["https:", "http:", "HTTPS:"].map(|scheme| format!("{scheme}{slashes}m.example/cb")));
        }
        let app = format!("com.example.app:{slashes}cb");
        let clean = slashes.bytes().all(|b| b == b'/') && !slashes.is_empty();
        assert_eq!(CallbackUrl::parse(&app, &Rules::default()).is_ok(), clean, "{app:?}");
    }
}

#[test]
fn no_control_character_and_nothing_outside_ascii_stands_anywhere() {
    let controls = (0..=0x20).chain(0x7f..=0xa0).chain([0x1680, 0x180e, 0xfeff, 0xfffd, 0x3000, 0x1_f600]);
    let spaces = (0x2000..=0x200f).chain(0x2028..=0x202f).chain(0x205f..=0x2064);
    let stops = [0x3002, 0xff0e, 0xff61, 0x2024, 0xff0f, 0xff1a, 0xff20, 0xff3c, 0xff1f, 0xff03, 0x2044, 0x2215];
    for c in controls.chain(spaces).chain(stops).filter_map(char::from_u32) {
        for good in ["https://m.example:8443/a/b?x=1#y", "com.example.app://cb/a?x=1#y", "http://localhost:3000/cb"] {
            all_refused((0..=good.len()).map(|at| format!("{}{c}{}", &good[..at], &good[at..])));
        }
    }
}

#[test]
fn full_width_letters_and_digits_are_no_host() {
    for wide in (0xff01..=0xff5e_u32).chain(0x2460..=0x2468).chain(0x1d400..=0x1d433).filter_map(char::from_u32) {
        all_refused([
            format!("https://{wide}/"),
            format!("https://m{wide}.example/"),
            format!("https://127.0.0.{wide}/"),
        ]);
    }
}

#[test]
fn an_address_has_one_spelling() {
    for address in [[127, 0, 0, 1], [10, 0, 0, 1], [169, 254, 169, 254], [192, 168, 255, 8], [0, 0, 0, 0]] {
        let canonical = address.map(|part| part.to_string()).join(".");
        for spelling in spellings(address).into_iter().filter(|spelling| *spelling != canonical) {
            let hosts = [spelling.clone(), format!("{spelling}."), spelling.to_uppercase()];
            all_refused(hosts.iter().filter(|host| **host != canonical).map(|host| format!("https://{host}/cb")));
            all_refused([format!("http://{spelling}/cb"), format!("http://{spelling}:3000/cb")]);
        }
        all_refused([
            format!("https://{canonical}./"),
            format!("https://[::ffff:{canonical}]/"),
            format!("https://[::{canonical}]/"),
        ]);
    }
}

#[test]
fn only_dns_characters_make_a_host() {
    for c in (0x21..0x7f_u8).map(char::from) {
        let host = format!("m{c}m.example");
        let good = c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        // These three end the host instead of standing in it; what is before them is a good one.
        let ends = "/?#".contains(c);
        let accepted = CallbackUrl::parse(&format!("https://{host}/"), &Rules::default()).is_ok();
        assert_eq!(accepted, good || ends, "{host}");
    }
}

#[test]
fn every_port_is_written_as_browsers_write_it() {
    let port = |text: &str| CallbackUrl::parse(&format!("https://m.example:{text}/"), &Rules::default()).is_ok();
    for number in [1_u32, 79, 80, 442, 444, 8443, 65_535] {
        assert!(port(&number.to_string()), "{number} was refused");
        assert!(!port(&format!("0{number}")), "0{number} was accepted");
        assert!(!port(&(number + 65_536).to_string()), "{} was accepted", number + 65_536);
        assert!(!port(&(u64::from(number) + (1 << 32)).to_string()), "{number} + 2^32 was accepted");
    }
    assert!(!port("443") && !port(""));
}

#[test]
fn what_is_longer_than_the_limit_is_refused() {
    for (head, tail) in
        [("https://m.example/", ""), ("https://m.example/?", ""), ("https://", ".example/"), ("com.example.app:/", "")]
    {
        all_refused(
            [MAX_LENGTH + 1, 2 * MAX_LENGTH, 100_000]
                .map(|length| format!("{head}{}{tail}", "a".repeat(length - head.len() - tail.len()))),
        );
    }
}

#[test]
fn a_name_of_ours_is_found_in_every_spelling() {
    for name in NAMES {
        for spelling in name_spellings(name) {
            for (url, placement) in [
                (format!("https://m.example/?{spelling}=x"), Placement::Query),
                (format!("https://m.example/cb?a=1&{spelling}=x&b=2#/c?d=1"), Placement::Query),
                (format!("https://m.example/cb?a=1;{spelling}=x"), Placement::Query),
                (format!("https://m.example/cb?{spelling}"), Placement::Query),
                (format!("com.example.app://cb?{spelling}=x"), Placement::Query),
                (format!("https://m.example/#/pay?{spelling}=x"), Placement::Fragment),
                (format!("https://m.example/?y=1#/pay?a=1&{spelling}"), Placement::Fragment),
                (format!("https://m.example/#{spelling}=x"), Placement::Fragment),
                (format!("https://m.example/#a=1&{spelling}=x?b=1"), Placement::Fragment),
                (format!("https://m.example/#a=1?{spelling}=x"), Placement::Fragment),
            ] {
                let Ok(parsed) = CallbackUrl::parse(&url, &Rules::default()) else { panic!("{url} does not parse") };
                assert_eq!(parsed.holds_any(NAMES, placement), Some(*name), "{url}");
            }
        }
    }
}

#[test]
fn names_that_only_look_like_ours_are_the_merchants_own() {
    for query in [
        "order_status=1",
        "statuses=1",
        "status1=1",
        "x[status]=1",
        "x=status",
        "x=1%26status=1",
        "pay-id=1",
        "payid=1",
        "x.status=1",
        "_status=1",
    ] {
        for (url, placement) in [
            (format!("https://m.example/status/pay_id?{query}"), Placement::Query),
            (format!("https://m.example/#/status?{query}"), Placement::Fragment),
            (format!("https://m.example/?status=1#/pay/status=1?{query}"), Placement::Fragment),
            (format!("https://m.example/?{query}#status=1"), Placement::Query),
        ] {
            let parsed = CallbackUrl::parse(&url, &Rules::default()).unwrap();
            assert_eq!(parsed.holds_any(NAMES, placement), None, "{url}");
        }
    }
}

/// The lines of a corpus file that are neither blank nor a heading.
fn written(file: &str) -> Vec<&str> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")).collect()
}

#[track_caller]
fn all_refused(attacks: impl IntoIterator<Item = String>) {
    let accepted: Vec<String> =
        attacks.into_iter().filter(|text| CallbackUrl::parse(text, &Rules::default()).is_ok()).collect();
    assert!(accepted.is_empty(), "accepted: {accepted:#?}");
}

/// All words of up to `longest` letters.
fn words(letters: &[&str], longest: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut begin = 0;
    for _ in 0..longest {
        let end = all.len();
        for index in begin..end {
            all.extend(letters.iter().map(|letter| format!("{}{letter}", all[index])).collect::<Vec<_>>());
        }
        begin = end;
    }
    all
}

fn cases(word: &str) -> [String; 4] {
    let alternating = |upper: usize| {
        word.char_indices().map(|(i, c)| if i % 2 == upper { c.to_ascii_uppercase() } else { c }).collect()
    };
    [word.to_owned(), word.to_uppercase(), alternating(0), alternating(1)]
}

/// An IPv4 address in every base and every shortened form.
fn spellings(address: [u8; 4]) -> Vec<String> {
    let write: [fn(u32) -> String; 5] = [
        |n| n.to_string(),
        |n| format!("{n:#x}"),
        |n| format!("0{n:o}"),
        |n| format!("0x{n:08x}"),
        |n| format!("000{n:o}"),
    ];
    let whole = u32::from_be_bytes(address);
    let [a, b, ..] = address.map(u32::from);
    let shortened =
        [vec![whole], vec![a, whole & 0xff_ffff], vec![a, b, whole & 0xffff], address.map(u32::from).to_vec()];
    let mut all = Vec::new();
    for parts in shortened {
        let mut partial = vec![String::new()];
        for (index, part) in parts.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            partial =
                partial.iter().flat_map(|head| write.map(|write| format!("{head}{dot}{}", write(*part)))).collect();
        }
        all.extend(partial);
    }
    all
}

/// A parameter's name as somebody, somewhere, reads it.
fn name_spellings(name: &str) -> Vec<String> {
    let mut all = cases(name).to_vec();
    for (at, c) in name.char_indices() {
        let encoded =
            [format!("%{:02x}", u32::from(c)), format!("%{:02X}", u32::from(c)), format!("%u{:04x}", u32::from(c))];
        all.extend(encoded.map(|encoded| format!("{}{encoded}{}", &name[..at], &name[at + 1..])));
    }
    all.push(name.bytes().map(|b| format!("%{b:02X}")).collect());
    // PHP and others read brackets as a list or an object of this name.
    all.extend(["[]", "[0]", "[x][y]", "%5B%5D", "%5b0%5d", "["].map(|brackets| format!("{name}{brackets}")));
    all.push(format!("[{name}]"));
    all.push(format!("%5B{name}%5D"));
    // Space around a name is dropped; a name ends at a null byte where it is a C string.
    all.extend(["+", "%20", "%09", "%0a"].map(|space| format!("{space}{name}")));
    all.extend(["+", "%20", "%00", "%00x", "%00[]"].map(|end| format!("{name}{end}")));
    // PHP reads a dot, a space and an open bracket as an underscore.
    if let Some((head, tail)) = name.split_once('_') {
        all.extend([".", "+", "%20", "%2e", "[", "%5B"].map(|under| format!("{head}{under}{tail}")));
    }
    // Capitals of another alphabet that lower-case, or upper-case, to one of ASCII.
    all.extend([("s", "%C5%BF"), ("k", "%E2%84%AA")].map(|(c, other)| name.replacen(c, other, 1)));
    all
}
