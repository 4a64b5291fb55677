//! A browser that follows every link and presses every button that it is shown.
//!
//! What differs in an id alone is one page: each is asked for a few times, and forms of what has changed meanwhile too.

use std::collections::{BTreeMap, VecDeque};

use reqwest::Method;

use super::http::{Http, HttpReply};
use super::qr;

/// How often what differs in ids alone is asked for.
const TIMES: usize = 3;

/// What is longer than this, or holds a digit, is an id.
const LONGEST_WORD: usize = 20;

/// A request that a page has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub method: Method,
    /// Its address below the gateway.
    pub address: String,
    pub fields: Vec<(String, String)>,
}

/// What came of one.
#[derive(Debug)]
pub struct Visited {
    pub step: Step,
    pub reply: HttpReply,
}

/// A form of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    pub method: Method,
    pub action: String,
    /// What it sends as it stands, without a button's own.
    pub fields: Vec<(String, String)>,
    pub buttons: Vec<Button>,
}

/// A button of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Where it sends the form, if that is elsewhere.
    pub action: Option<String>,
    /// What it sends besides.
    pub field: Option<(String, String)>,
}

/// Whoever crawls.
pub struct Crawler {
    http: Http,
    cookies: BTreeMap<String, String>,
    /// Which of the ways on from a page it goes first; `None` if it sends no form that changes something.
    presses: Option<usize>,
}

impl Step {
    pub fn to(address: &str) -> Self {
        Self { method: Method::GET, address: address.to_owned(), fields: Vec::new() }
    }

    /// Its path.
    pub fn path(&self) -> &str {
        self.address.split('?').next().unwrap_or_default()
    }

    /// What it has in common with others that differ in ids alone.
    fn shape(&self) -> String {
        let query = self.address.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let fields = self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let pairs = pairs.chain(fields).map(|(name, value)| format!("{name}={}", word(value)));
        let path: Vec<_> = self.path().split('/').map(word).collect();
        format!("{} {} {}", self.method, path.join("/"), pairs.collect::<Vec<_>>().join(" "))
    }
}

fn word(text: &str) -> &str {
    let is_id = text.len() > LONGEST_WORD || text.bytes().any(|b| b.is_ascii_digit());
    if is_id { "*" } else { text }
}

impl Crawler {
    /// Somebody who looks at pages with this cookie, and changes nothing.
    pub fn reader(http: &Http, cookie: &str) -> Self {
        let mut reader = Self { http: http.clone(), cookies: BTreeMap::new(), presses: None };
        reader.keep(cookie);
        reader
    }

    /// Somebody without a cookie, who presses every button, and this one of each page first.
    pub fn pressing(http: &Http, first: usize) -> Self {
        Self { http: http.clone(), cookies: BTreeMap::new(), presses: Some(first) }
    }

    fn keep(&mut self, cookie: &str) {
        if let Some((name, value)) = cookie.split(';').next().and_then(|cookie| cookie.split_once('=')) {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The cookies that it was given, as it sends them.
    pub fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Crawls from this address: on from each page, before it goes on from the one before.
    pub async fn crawl(&mut self, from: &str) -> Vec<Visited> {
        let mut queue = VecDeque::from([Step::to(from)]);
        let (mut times, mut visited) = (BTreeMap::<String, usize>::new(), Vec::new());
        while let Some(step) = queue.pop_front() {
            let count = times.entry(step.shape()).or_default();
            *count += 1;
            if *count > TIMES || visited.iter().any(|seen: &Visited| seen.step == step && step.method == Method::GET) {
                continue;
            }
            let reply = self.ask(&step).await;
            let mut steps = self.steps_of(&reply);
            let first = self.presses.unwrap_or_default() % steps.len().max(1);
            steps.rotate_left(first);
            steps.into_iter().rev().for_each(|step| queue.push_front(step));
            visited.push(Visited { step, reply });
        }
        visited
    }

    async fn ask(&mut self, step: &Step) -> HttpReply {
        let cookie = self.cookie();
        let cookie = [("cookie", cookie.as_str())];
        let headers = if cookie[0].1.is_empty() { &[][..] } else { &cookie[..] };
        let reply = if step.method == Method::POST {
            let fields: Vec<_> = step.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            self.http.submit_with(&step.address, &fields, headers).await
        } else {
            self.http.get_with(&step.address, headers).await
        };
        for cookie in reply.headers.get_all("set-cookie") {
            self.keep(cookie.to_str().expect("a cookie"));
        }
        reply
    }

    /// Where a reply leads on to, below the gateway.
    fn steps_of(&self, reply: &HttpReply) -> Vec<Step> {
        if reply.has("location") {
            return self.own(&reply.header("location")).map(|address| Step::to(&address)).into_iter().collect();
        }
        if !is_page(reply) {
            return Vec::new();
        }
        let html = reply.text();
        let links = links(&html).into_iter().filter_map(|link| self.own(&link)).map(|address| Step::to(&address));
        let forms = forms(&html).into_iter().flat_map(|form| self.steps_of_form(&form));
        forms.chain(links).collect()
    }

    fn steps_of_form(&self, form: &Form) -> Vec<Step> {
        if form.method == Method::POST && self.presses.is_none() {
            return Vec::new();
        }
        let pressed = |button: &Button| {
            let action = self.own(button.action.as_ref().unwrap_or(&form.action))?;
            let fields: Vec<_> = form.fields.iter().cloned().chain(button.field.clone()).collect();
            if form.method == Method::POST {
                return Some(Step { method: Method::POST, address: action, fields });
            }
            Some(Step::to(&format!("{action}?{}", serde_urlencoded::to_string(fields).expect("a query"))))
        };
        form.buttons.iter().filter_map(pressed).collect()
    }

    /// The address below the gateway, of what is there.
    fn own(&self, link: &str) -> Option<String> {
        let link = link.strip_prefix(self.http.base()).unwrap_or(link);
        let link = link.split('#').next().unwrap_or_default();
        link.starts_with('/').then(|| link.to_owned())
    }
}

/// Whether it is a page for people.
pub fn is_page(reply: &HttpReply) -> bool {
    reply.has("content-type") && reply.header("content-type").starts_with("text/html")
}

/// Where a page leads: by its links, by itself, and by a code for a phone.
pub fn links(html: &str) -> Vec<String> {
    let links = tags(html).filter(|tag| tag.starts_with("a ")).filter_map(|tag| attribute(tag, "href"));
    let reloads = tags(html).filter(|tag| tag.contains("http-equiv=\"refresh\""));
    let reloads = reloads.filter_map(|tag| Some(attribute(tag, "content")?.split_once("url=")?.1.to_owned()));
    links.chain(reloads).chain(html.contains("class=\"code\"").then(|| qr::read(html))).collect()
}

/// The forms of a page.
pub fn forms(html: &str) -> Vec<Form> {
    html.split("<form").skip(1).map(|part| form(part.split("</form>").next().unwrap_or_default(), html)).collect()
}

/// A form, and the buttons of its page that stand elsewhere and name it.
fn form(html: &str, page: &str) -> Form {
    let head = html.split('>').next().unwrap_or_default();
    let is_posted = attribute(head, "method").as_deref() == Some("post");
    let named = |tag: &str| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()));
    let is_sent = |tag: &&str| {
        let is_choice = tag.contains("type=\"checkbox\"") || tag.contains("type=\"radio\"");
        tag.starts_with("input ") && (!is_choice || tag.contains(" checked"))
    };
    let mut fields: Vec<_> = tags(html).filter(is_sent).filter_map(named).collect();
    for select in html.split("<select").skip(1) {
        let (head, options) = select.split_once('>').unwrap_or_default();
        let options = || options.split("</select>").next().into_iter().flat_map(|all| all.split("<option").skip(1));
        let chosen = options().find(|option| option.contains(" selected")).or_else(|| options().next());
        let value = chosen.and_then(|option| attribute(option, "value").or_else(|| Some(text_of(option)?.to_owned())));
        fields.extend(attribute(head, "name").zip(value));
    }
    let is_button = |tag: &&str| *tag == "button" || tag.starts_with("button ");
    let id = attribute(head, "id");
    let elsewhere = tags(page).filter(|tag| id.is_some() && attribute(tag, "form") == id);
    let buttons = tags(html).chain(elsewhere).filter(is_button);
    let buttons = buttons.map(|tag| Button { action: attribute(tag, "formaction"), field: named(tag) }).collect();
    let action = attribute(head, "action").unwrap_or_default();
    Form { method: if is_posted { Method::POST } else { Method::GET }, action, fields, buttons }
}

/// Whether it is a page from which somebody can go on, or which goes on by itself.
pub fn leads_on(html: &str) -> bool {
    !links(html).is_empty() || html.contains("<button")
}

fn tags(html: &str) -> impl Iterator<Item = &str> {
    html.split('<').skip(1).filter_map(|rest| rest.split('>').next())
}

fn text_of(option: &str) -> Option<&str> {
    option.split_once('>')?.1.split('<').next()
}

/// What an attribute says. The templates escape quotation marks and `>` in it.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
    let escapes = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&amp;", "&"), ("&#38;", "&")];
    Some(escapes.into_iter().fold(value.to_owned(), |text, (escape, mark)| text.replace(escape, mark)))
}
