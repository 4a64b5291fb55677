//! The guard, asked before there is a call: when a merchant names a URL that is to be called later.

use reqwest::Url;

use super::guard::{Guard, Ports, Refused};
use crate::domain::{Invalid, callback::CallGuard};

impl CallGuard for Guard {
    fn check_call(&self, url: &Url) -> Result<(), Invalid> {
        self.check_url(url).map(drop).map_err(|refused| Invalid::new("url", rule(refused)).hint(self.expected()))
    }
}

impl Guard {
    /// What a merchant may name instead.
    fn expected(&self) -> String {
        let ports = match self.ports() {
            Ports::Any => "any port".to_owned(),
            Ports::Only(ports) => {
                let ports: Vec<_> = ports.iter().map(ToString::to_string).collect();
                format!("port {}", ports.join(" or "))
            }
        };
        format!("expected https at a public address on {ports}, or an address that the operator has allowed")
    }
}

fn rule(refused: Refused) -> String {
    match refused {
        Refused::Unreadable => "has no host that can be called".to_owned(),
        Refused::Scheme => "is neither https nor http".to_owned(),
        Refused::UserInfo => "holds a user name or password before the host".to_owned(),
        Refused::Plain => "is plain http, which is not called here".to_owned(),
        Refused::Port(port) => format!("is on port {port}, which is not called here"),
        Refused::Localhost => "names the machine that this gateway runs on, which is not called".to_owned(),
        Refused::Reserved(why) => format!("has a name that is not called: {why}"),
        Refused::Address(why) => format!("has an address that is not called: {why}"),
        Refused::Unsendable(what) => format!("has a {what} that cannot be sent"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CallbackUrl, Rules};
    use std::sync::Arc;

    fn check(guard: Guard, text: &str) -> Result<CallbackUrl, Invalid> {
        let plain_networks = Vec::new();
        CallbackUrl::parse_called(text, &Rules { guard: Some(Arc::new(guard)), plain_networks, ..Rules::default() })
    }

    fn nets(listed: &[&str]) -> Vec<ipnet::IpNet> {
        listed.iter().map(|net| net.parse().unwrap()).collect()
    }

    #[test]
    fn what_would_be_refused_at_every_call_is_refused_when_it_is_named() {
        for (url, reason) in [
            ("https://10.0.0.5/hook", "private"),
            ("https://169.254.169.254/x", "link-local"),
            ("https://[fd00::1]/hook", "unique local"),
            ("https://[::ffff:a00:5]/hook", "private"),
            ("https://[64:ff9b::a00:5]/hook", "NAT64"),
            ("https://100.64.0.1/", "carrier"),
            ("https://192.0.2.7/", "documentation"),
            ("https://8.8.8.8:8443/hook", "port 8443"),
            ("https://shop.example:0/hook", "port 0"),
            ("https://shop.example:8443/{pay_id}", "port 8443"),
            ("http://127.0.0.1/hook", "loopback"),
            ("http://localhost:3000/hook", "this gateway"),
            ("https://shop.localhost/hook", "this gateway"),
            ("https://shop.local/hook", "multicast DNS"),
            ("https://local/hook", "multicast DNS"),
            ("https://metadata.google.internal/x", "private networks"),
            ("https://nas.home.arpa/x", "homes"),
            ("https://shop.test./x", "tests"),
            ("https://shop.invalid/x", "never resolves"),
            ("https://shop.onion/x", "Tor"),
            ("com.example.app://x", "app link"),
        ] {
            let refused = check(Guard::default(), url).unwrap_err();
            assert!(refused.rule().contains(reason), "{url}: {refused}");
            assert!(refused.hint_text().is_some_and(|hint| hint.contains("https")), "{refused}");
        }
        let hint = check(Guard::default(), "https://10.0.0.5/").unwrap_err().hint_text().unwrap().to_owned();
        assert!(hint.contains("port 443"), "{hint}");
    }

    #[test]
    fn what_only_dns_can_tell_is_not_refused() {
        for url in ["https://shop.example/hook", "https://8.8.8.8/x", "https://locals.example/", "https://intern/x"] {
            assert!(check(Guard::default(), url).is_ok(), "{url}");
        }
    }

    #[test]
    fn the_operators_networks_and_ports_may_be_named() {
        let guard = || Guard::new(nets(&["10.1.0.0/16", "127.0.0.1/32"]), Ports::Only(vec![443, 8443]));
        for url in [
            "https://10.1.2.3/x",
            "https://10.1.2.3:9000/x",
            "http://127.0.0.1:9000/x",
            "http://localhost:9000/x",
            "https://shop.example:8443/x",
            // Where these lead only DNS can tell: perhaps to a listed address.
            "https://shop.example:9000/x",
            "https://shop.local/x",
        ] {
            assert!(check(guard(), url).is_ok(), "{url}");
        }
        for url in ["https://10.2.0.1/x", "https://8.8.8.8:9000/x", "http://127.0.0.2/x"] {
            assert!(check(guard(), url).is_err(), "{url}");
        }
        let hint = check(guard(), "https://10.2.0.1/x").unwrap_err().hint_text().unwrap().to_owned();
        assert!(hint.contains("port 443 or 8443"), "{hint}");
    }
}
