//! A customer with a browser: logs in at a bank, says yes or no, and stops at the return to the gateway.

use std::collections::BTreeMap;

use handback::provider::{AuthorizationResponse, Carried};
use reqwest::{Certificate, Method, Response, redirect};
use url::Url;

/// How many pages a bank may send a customer through.
const LONGEST_WAIT: usize = 12;

/// A customer, with the cookies that banks have given to their browser.
pub struct Customer {
    client: reqwest::Client,
    cookies: BTreeMap<String, String>,
    home: String,
    /// The name that the customer logs in by, where it is another than the bank's page proposes.
    login: Option<&'static str>,
}

/// What a customer says to the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Approve,
    Deny,
}

/// Where a bank sent the browser, and with what: the request that the gateway would get.
#[derive(Debug, Clone)]
pub struct Landing {
    pub method: Method,
    pub url: Url,
    pub form: Vec<(String, String)>,
}

impl Landing {
    /// What it carries, and how.
    pub fn carried(&self) -> (Carried, Vec<(String, String)>) {
        let pairs = |text: &str| url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        match (&self.method, self.url.fragment()) {
            (&Method::POST, _) => (Carried::Form, self.form.clone()),
            (_, Some(fragment)) => (Carried::Fragment, pairs(fragment)),
            (_, None) => (Carried::Query, pairs(self.url.query().unwrap_or_default())),
        }
    }

    /// What the browser carries, as the gateway reads it.
    pub fn answer(&self) -> AuthorizationResponse {
        let (carried, pairs) = self.carried();
        AuthorizationResponse::read(carried, pairs).expect("an answer without repetitions")
    }
}

impl Customer {
    /// A customer of banks that send browsers back below `home`, with a browser that trusts this authority, too.
    pub fn new(home: &str, trusts: Option<&str>) -> Self {
        let mut client = reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy();
        if let Some(pem) = trusts {
            client = client.add_root_certificate(Certificate::from_pem(pem.as_bytes()).expect("a certificate"));
        }
        Self {
            client: client.build().expect("a browser"),
            cookies: BTreeMap::new(),
            home: home.to_owned(),
            login: None,
        }
    }

    /// Somebody else, who logs in by this name.
    pub fn by_name(home: &str, login: &'static str) -> Self {
        Self { login: Some(login), ..Self::new(home, None) }
    }

    /// Says yes at the bank that this URL leads to.
    pub async fn approve(&mut self, url: &str) -> Landing {
        self.decide(url, Decision::Approve).await
    }

    /// Says no there.
    pub async fn deny(&mut self, url: &str) -> Landing {
        self.decide(url, Decision::Deny).await
    }

    pub async fn decide(&mut self, url: &str, decision: Decision) -> Landing {
        let mut next = Landing { method: Method::GET, url: Url::parse(url).expect("a URL"), form: Vec::new() };
        for _ in 0..LONGEST_WAIT {
            if next.url.as_str().starts_with(&self.home) {
                return next;
            }
            let answer = self.open(&next).await;
            next = match answer.headers().get("location") {
                Some(location) => {
                    let location = location.to_str().expect("a readable Location");
                    let url = next.url.join(location).expect("a Location that is a URL");
                    Landing { method: Method::GET, url, form: Vec::new() }
                }
                None => filled(&next.url, &answer.text().await.expect("a page"), (decision, self.login)),
            };
        }
        panic!("the bank never sends its customer back from {}", next.url);
    }

    async fn open(&mut self, page: &Landing) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let call = self.client.request(page.method.clone(), page.url.clone()).header("cookie", cookies.join("; "));
        let call = if page.method == Method::POST { call.form(&page.form) } else { call };
        let answer = call.send().await.unwrap_or_else(|error| panic!("{}: {error:?}", page.url));
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().expect("a readable cookie").split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

/// A page's one form, sent off with a decision where it asks for one.
fn filled(page: &Url, html: &str, (decision, login): (Decision, Option<&str>)) -> Landing {
    let form = tag(html, "form").unwrap_or_else(|| panic!("no form on {page}: {html}"));
    let url = page.join(&attribute(form, "action").unwrap_or_default()).expect("an action");
    let mut fields = Vec::new();
    let mut rest = html;
    while let Some(input) = tag(rest, "input") {
        if let Some(name) = attribute(input, "name") {
            let proposed = attribute(input, "value").unwrap_or_default();
            let own = login.filter(|_| name == "login").map(str::to_owned);
            fields.push((name, own.unwrap_or(proposed)));
        }
        rest = rest.split_once(input).map_or("", |(_, rest)| rest);
    }
    if html.contains("name=\"decision\"") {
        let word = if decision == Decision::Approve { "approve" } else { "deny" };
        fields.push(("decision".into(), word.into()));
    }
    Landing { method: Method::POST, url, form: fields }
}

/// The inside of the first such tag.
fn tag<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = html.split_once(&format!("<{name} "))?;
    rest.split_once('>').map(|(inside, _)| inside)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| unescaped(value))
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (entity, after) = after.split_once(';').expect("an entity ends");
        plain.push_str(before);
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            numbered => {
                let digits = numbered.strip_prefix('#').expect("a known entity");
                let number =
                    digits.strip_prefix('x').map_or_else(|| digits.parse(), |hex| u32::from_str_radix(hex, 16));
                char::from_u32(number.expect("a number")).expect("a character")
            }
        });
        rest = after;
    }
    plain + rest
}

#[test]
fn a_page_is_read_as_a_browser_reads_it() {
    let page = Url::parse("http://bank.example/x/y").unwrap();
    let html = r#"<form method="post" action="/z?a=1&amp;b=2"><input type="hidden" name="code" value="c&#39;&#x26;&quot;"/>
        <input name="state" value="s"><button name="decision" value="approve">"#;
    let sent = filled(&page, html, (Decision::Deny, None));
    assert_eq!(sent.url.as_str(), "http://bank.example/z?a=1&b=2");
    let expected = [("code", "c'&\""), ("state", "s"), ("decision", "deny")];
    assert_eq!(sent.form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}
