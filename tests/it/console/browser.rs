//! A browser that is signed in to a console: it keeps its cookie, and sends the forms of the pages that it has loaded.

use crate::support::gateway::TestGateway;
use crate::support::http::{Http, HttpReply, query_value};

/// A browser with a session.
#[derive(Debug, Clone)]
pub struct Browser {
    http: Http,
    /// `name=value`.
    pub cookie: String,
}

impl Browser {
    /// Signs in by a link from the command line.
    pub async fn signed_in(gateway: &TestGateway, arguments: &[&str]) -> Self {
        let link = gateway.command(&[&["console", "link"], arguments].concat());
        Self::by_link(&gateway.http, link.trim()).await
    }

    /// Signs in to this merchant's console with this role.
    pub async fn of(gateway: &TestGateway, merchant: &str, role: &str) -> Self {
        Self::signed_in(gateway, &["--merchant", merchant, "--role", role, "--name", role]).await
    }

    /// Signs in to the operator's console.
    pub async fn operators(gateway: &TestGateway) -> Self {
        Self::signed_in(gateway, &["--operator", "--name", "Olga"]).await
    }

    /// Presses the button of a sign-in link.
    pub async fn by_link(http: &Http, link: &str) -> Self {
        let signed_in = press(http, link, None).await;
        assert_eq!(signed_in.location(), format!("{}/console", http.base()));
        Self { http: http.clone(), cookie: cookie_of(&signed_in) }
    }

    /// A browser that has this session.
    pub fn with(http: &Http, cookie: String) -> Self {
        Self { http: http.clone(), cookie }
    }

    pub fn http(&self) -> &Http {
        &self.http
    }

    pub async fn get(&self, page: &str) -> HttpReply {
        self.http.get_with(page, &[("cookie", &self.cookie)]).await
    }

    /// What stands on a page.
    pub async fn page(&self, page: &str) -> String {
        self.get(page).await.is(200).text()
    }

    /// Sends a form as the page `from` has it, with these fields filled in.
    pub async fn submit(&self, from: &str, action: &str, fields: &[(&str, &str)]) -> HttpReply {
        let html = self.page(from).await;
        assert!(html.contains(&format!("action=\"{action}\"")), "{from} has no form for {action}:\n{html}");
        let form = between(&html, &format!("action=\"{action}\""), "</form>");
        let (token, once) = (form_token(form), once_of(form));
        let hidden = [("form_token", token.as_str()), ("once", &once)];
        let hidden = hidden.into_iter().filter(|(_, text)| !text.is_empty());
        self.post(action, &hidden.chain(fields.iter().copied()).collect::<Vec<_>>()).await
    }

    /// Posts exactly these fields.
    pub async fn post(&self, page: &str, fields: &[(&str, &str)]) -> HttpReply {
        self.http.submit_with(page, fields, &[("cookie", &self.cookie)]).await
    }

    pub async fn post_with(&self, page: &str, fields: &[(&str, &str)], header: (&str, &str)) -> HttpReply {
        self.http.submit_with(page, fields, &[("cookie", &self.cookie), header]).await
    }

    /// The token of its forms.
    pub async fn token(&self) -> String {
        form_token(&self.page("/console/sessions").await)
    }

    /// Where a page leads, below the gateway.
    pub fn path(&self, reply: &HttpReply) -> String {
        reply.location().strip_prefix(self.http.base()).expect("a page of ours").to_owned()
    }
}

/// Opens a sign-in link, and presses its button; with this cookie beside the page's own.
pub async fn press(http: &Http, link: &str, cookie: Option<&str>) -> HttpReply {
    let opened = cookie_of(&http.get(link).await.is(200));
    let cookies = [Some(opened.as_str()), cookie].into_iter().flatten().collect::<Vec<_>>().join("; ");
    http.submit_with("/console/sign-in", &[("link", &query_value(link, "link"))], &[("cookie", &cookies)]).await
}

/// The cookie that a reply gives, as a browser sends it.
pub fn cookie_of(reply: &HttpReply) -> String {
    reply.header("set-cookie").split(';').next().expect("a cookie").to_owned()
}

/// The token in the first form of a page.
pub fn form_token(html: &str) -> String {
    between(html, "name=\"form_token\" value=\"", "\"").to_owned()
}

/// What makes the form sent twice one; empty where it has nothing of the kind.
pub fn once_of(form: &str) -> String {
    if form.contains("name=\"once\"") {
        between(form, "name=\"once\" value=\"", "\"").to_owned()
    } else {
        String::new()
    }
}

/// What stands between two texts.
#[track_caller]
pub fn between<'a>(text: &'a str, before: &str, behind: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    rest.split_once(behind).unwrap_or_else(|| panic!("no {behind} behind {before}")).0
}
