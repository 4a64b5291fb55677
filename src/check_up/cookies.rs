//! The cookies that a callback's page sets: whether a browser keeps them, and brings them when it comes home from a
//! provider (RFC 6265bis).

use cookie::{Cookie, SameSite};

use crate::domain::{Finding, Subject};

/// The most cookies that are judged.
const MOST: usize = 20;

/// Judges the cookies that a page at this host sets.
pub(super) fn judge<'a>((of, host): (&'static str, &str), set: impl Iterator<Item = &'a str>) -> Vec<Finding> {
    let subject = (of, Subject::Cookies);
    let mut cookies = set.filter_map(|text| Cookie::parse(text).ok()).take(MOST).peekable();
    if cookies.peek().is_none() {
        return vec![Finding::sound(subject, "It sets no cookie.")];
    }
    let wrong: Vec<_> = cookies.filter_map(|cookie| trouble(subject, &cookie, host)).collect();
    if wrong.is_empty() {
        return vec![Finding::sound(subject, "A browser keeps its cookies, and brings them on a return.")];
    }
    wrong
}

fn trouble(subject: (&'static str, Subject), cookie: &Cookie<'_>, host: &str) -> Option<Finding> {
    let name: String = cookie.name().chars().take(60).collect();
    let secure = cookie.secure() == Some(true);
    let found = |says: String, advice: &str| Some(Finding::trouble(subject, says, advice));
    if let Some(domain) = cookie.domain().filter(|domain| !covers(domain, host)) {
        return found(
            format!("The cookie {name} is for {domain}, where this page is not: browsers drop it."),
            "Leave Domain out, or name a domain that this host is in.",
        );
    }
    if begins_with(&name, "__Host-") && (!secure || cookie.domain().is_some() || cookie.path() != Some("/")) {
        return found(
            format!("The cookie {name} breaks the rules of its prefix: browsers drop it."),
            "Write Secure and Path=/, and no Domain.",
        );
    }
    if begins_with(&name, "__Secure-") && !secure {
        return found(format!("The cookie {name} breaks the rule of its prefix: browsers drop it."), "Write Secure.");
    }
    match cookie.same_site() {
        Some(SameSite::None) if !secure => found(
            format!("The cookie {name} is SameSite=None without Secure: browsers drop it."),
            "Write Secure, or SameSite=Lax.",
        ),
        Some(SameSite::Strict) => found(
            format!("The cookie {name} is SameSite=Strict: a browser that comes from a provider does not bring it."),
            "If it holds the session, the customer comes home signed out. Write SameSite=Lax.",
        ),
        _ => None,
    }
}

/// Prefixes are compared without regard to capitals, as browsers do.
fn begins_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Whether a host is in a domain (RFC 6265, section 5.1.3).
fn covers(domain: &str, host: &str) -> bool {
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let is_name = host.parse::<std::net::Ipv4Addr>().is_err() && !host.starts_with('[');
    host == domain || is_name && host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Grade;

    #[test]
    fn what_a_browser_drops_or_leaves_behind_is_trouble() {
        for (set, said) in [
            ("s=1; SameSite=Strict; Secure", Some("Strict")),
            ("s=1; samesite=none", Some("without Secure")),
            ("s=1; SameSite=None; Secure", None),
            ("s=1; Domain=other.example", Some("other.example")),
            ("s=1; Domain=ample", Some("drop it")),
            ("s=1; Domain=.shop.example", None),
            ("s=1; Domain=EXAMPLE", None),
            ("__Host-s=1; Secure; Path=/", None),
            ("__host-s=1; Secure; Path=/a", Some("prefix")),
            ("__Host-s=1; Path=/", Some("prefix")),
            ("__Host-s=1; Secure; Path=/; Domain=www.shop.example", Some("prefix")),
            ("__Secure-s=1", Some("prefix")),
            ("s=1; HttpOnly; SameSite=Lax", None),
            ("s=1", None),
        ] {
            let found = judge(("url", "www.shop.example"), [set].into_iter());
            let trouble = found.iter().find(|finding| finding.grade == Grade::Trouble);
            assert_eq!(trouble.is_some(), said.is_some(), "{set}: {found:?}");
            assert!(said.is_none_or(|said| trouble.unwrap().says.contains(said)), "{set}: {found:?}");
        }
        let none = judge(("url", "10.0.0.1"), std::iter::empty());
        assert_eq!(none, [Finding::sound(("url", Subject::Cookies), "It sets no cookie.")]);
        assert_eq!(judge(("url", "10.0.0.1"), ["a=1; Domain=0.0.1"].into_iter())[0].grade, Grade::Trouble);
    }
}
