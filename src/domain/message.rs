//! A message: what a job sends when it is over, as its merchant wrote it, and what its merchant finished it with.

use crate::domain::{Invalid, Secret, words::words};

/// The most that a body, or a result, may hold, in bytes.
pub const MAX_CONTENT: usize = 32 * 1024;

words! {
    /// The method of a request, among those that a message may have.
    pub enum Method {
        /// POST.
        Post = "POST",
        /// PUT.
        Put = "PUT",
        /// PATCH.
        Patch = "PATCH",
        /// GET, which has no body.
        Get = "GET",
        /// DELETE, which has no body.
        Delete = "DELETE",
    }
}

impl Method {
    /// The method of this name. Methods are case-sensitive (RFC 9110, 9.1).
    ///
    /// # Errors
    /// When it is none that a message may have.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::of_word(text).ok_or_else(|| {
            Invalid::new("method", "is not one that is sent")
                .hint("expected POST, PUT, PATCH, GET or DELETE, in upper case")
        })
    }

    /// Whether its requests have a body.
    pub const fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

/// A header of a merchant's own. Its value is a secret: it may be a key of the receiver's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    name: String,
    value: Secret,
}

/// What our HTTP client writes itself, what is between two neighbours alone (RFC 9110, 7.6.1), and what would make an
/// answer wait.
const NOT_THEIRS: [&str; 13] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// How the names begin that are ours to write.
const OURS: [&str; 2] = ["webhook-", "handback-"];

impl Header {
    /// The longest name, in bytes.
    pub const MAX_NAME: usize = 64;
    /// The longest value, in bytes.
    pub const MAX_VALUE: usize = 4096;

    /// Accepts a header; its name is kept in lower case.
    ///
    /// # Errors
    /// When the name is no token (RFC 9110, 5.6.2), is longer than [`Header::MAX_NAME`] or is not for a merchant to
    /// write; when the value is longer than [`Header::MAX_VALUE`], or is not visible ASCII with spaces and tabs inside
    /// (5.5). No refusal repeats a value.
    pub fn parse(name: &str, value: &str) -> Result<Self, Invalid> {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || name.len() > Self::MAX_NAME || !name.bytes().all(token) {
            return Err(Invalid::new("headers", "hold a name that is none of a header")
                .hint(format!("expected 1 to {} letters, digits and hyphens", Self::MAX_NAME)));
        }
        let name = name.to_ascii_lowercase();
        let field = format!("headers.{name}");
        if NOT_THEIRS.contains(&name.as_str()) {
            return Err(
                Invalid::new(field, "is written by the gateway, or is for the next hop alone").hint("leave it out")
            );
        }
        if OURS.iter().any(|own| name.starts_with(own)) {
            return Err(Invalid::new(field, "has a name that the gateway signs with").hint("choose another name"));
        }
        if value.len() > Self::MAX_VALUE {
            return Err(Invalid::new(field, format!("is longer than {} bytes", Self::MAX_VALUE)));
        }
        let visible = |b: u8| b.is_ascii_graphic() || b == b' ' || b == b'\t';
        if value.trim() != value || !value.bytes().all(visible) {
            return Err(Invalid::new(field, "holds what no header's value can")
                .hint("expected visible ASCII, with spaces inside alone"));
        }
        Ok(Self { name, value: Secret::new(value) })
    }

    /// Its name, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value.
    pub const fn value(&self) -> &Secret {
        &self.value
    }
}

/// What is in the body of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// What became of the job, in the dialect's words; nothing where the method has no body.
    Result,
    /// JSON of the merchant's own, in which the dialect fills its placeholders.
    Json(Secret),
    /// Text of the merchant's own, byte for byte.
    Text(Secret),
}

impl Content {
    const fn own(&self) -> Option<(&'static str, &Secret)> {
        match self {
            Self::Result => None,
            Self::Json(text) => Some(("json", text)),
            Self::Text(text) => Some(("text", text)),
        }
    }
}

/// What a job sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    method: Method,
    headers: Vec<Header>,
    content: Content,
}

impl Message {
    /// The most headers.
    pub const MAX_HEADERS: usize = 20;

    /// Puts a message together.
    ///
    /// # Errors
    /// When there are more than [`Message::MAX_HEADERS`], one of them comes twice, the body is larger than
    /// [`MAX_CONTENT`], or the method has none.
    pub fn new(method: Method, headers: Vec<Header>, content: Content) -> Result<Self, Invalid> {
        if headers.len() > Self::MAX_HEADERS {
            return Err(Invalid::new("headers", format!("are more than {}", Self::MAX_HEADERS)));
        }
        for (index, header) in headers.iter().enumerate() {
            if headers.iter().take(index).any(|before| before.name == header.name) {
                return Err(Invalid::new(format!("headers.{}", header.name), "comes twice, in one spelling or two"));
            }
        }
        if let Some((_, text)) = content.own() {
            if !method.has_body() {
                return Err(Invalid::new("body", format!("is given, and a {} has none", method.as_str()))
                    .hint("leave it out, or expected POST, PUT or PATCH as the method"));
            }
            check_length("body", text.reveal())?;
        }
        Ok(Self { method, headers, content })
    }

    /// Its method.
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Its headers, in the merchant's order.
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    /// What is in its body.
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// The value of its header of this name, if it has one.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.reveal())
    }

    /// Writes it as one text, to be sealed: the method, a line for each header, an empty line, and the body behind its
    /// kind.
    pub fn write(&self) -> Secret {
        let mut text = format!("{}\n", self.method.as_str());
        for Header { name, value } in &self.headers {
            text.extend([name.as_str(), ":", value.reveal(), "\n"]);
        }
        let (kind, body) = self.content.own().map_or(("result", ""), |(kind, text)| (kind, text.reveal()));
        text.extend(["\n", kind, "\n", body]);
        Secret::new(text)
    }

    /// Reads what [`Message::write`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        let (head, rest) = text.split_once("\n\n")?;
        let (kind, body) = rest.split_once('\n')?;
        let mut lines = head.split('\n');
        let method = Method::parse(lines.next()?).ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some(Header { name: name.to_owned(), value: Secret::new(value) })
        };
        let content = match kind {
            "result" => Content::Result,
            "json" => Content::Json(Secret::new(body)),
            "text" => Content::Text(Secret::new(body)),
            _ => return None,
        };
        Some(Self { method, headers: lines.map(header).collect::<Option<_>>()?, content })
    }
}

/// How a merchant finishes a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    end: FinishedAs,
    result: Option<Secret>,
}

words! {
    /// How it is over.
    pub enum FinishedAs {
        /// It is done.
        Done = "done",
        /// It could not be done.
        Failed = "failed",
    }
}

impl Finish {
    /// The end, and what came of it: JSON.
    ///
    /// # Errors
    /// When the result is larger than [`MAX_CONTENT`].
    pub fn new(end: FinishedAs, result: Option<Secret>) -> Result<Self, Invalid> {
        result.as_ref().map_or(Ok(()), |result| check_length("result", result.reveal()))?;
        Ok(Self { end, result })
    }

    /// How it is over.
    pub const fn end(&self) -> FinishedAs {
        self.end
    }

    /// What came of it.
    pub const fn result(&self) -> Option<&Secret> {
        self.result.as_ref()
    }
}

fn check_length(field: &str, text: &str) -> Result<(), Invalid> {
    if text.len() <= MAX_CONTENT {
        return Ok(());
    }
    let rule = format!("is {} bytes long, more than {MAX_CONTENT}", text.len());
    Err(Invalid::new(field, rule).hint("send what the receiver needs to fetch the rest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> Header {
        Header::parse(name, value).unwrap()
    }

    fn text(text: &str) -> Content {
        Content::Text(Secret::new(text))
    }

    #[test]
    fn a_message_comes_back_from_its_text() {
        let headers = vec![header("Authorization", "Bearer a:b c"), header("x-empty", ""), header("X-Tab", "a\tb")];
        for (method, headers, content) in [
            (Method::Get, vec![], Content::Result),
            (Method::Delete, headers.clone(), Content::Result),
            (Method::Post, headers.clone(), text("a\n\nb\njson\n")),
            (Method::Put, vec![], text("")),
            (Method::Patch, headers, Content::Json(Secret::new("{\"a\":\n\n1}"))),
        ] {
            let message = Message::new(method, headers, content).unwrap();
            assert_eq!(Message::read(message.write().reveal()), Some(message));
        }
        for bad in ["", "POST", "POST\n\n", "post\n\nresult\n", "POST\nx\n\nresult\n", "POST\n\nxml\n<a/>"] {
            assert_eq!(Message::read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_a_merchant_may_not_write_is_refused_by_name() {
        let long = "x".repeat(65);
        for bad in ["", "a b", "a:b", "a\r\nb", "é", &long] {
            assert_eq!(Header::parse(bad, "").unwrap_err().field(), "headers", "{bad:?}");
        }
        for bad in [
            "Host",
            "Content-Length",
            "transfer-encoding",
            "CONNECTION",
            "TE",
            "upgrade",
            "Proxy-Authorization",
            "webhook-signature",
            "Webhook-Anything",
            "handback-status",
        ] {
            let field = format!("headers.{}", bad.to_ascii_lowercase());
            assert_eq!(Header::parse(bad, "").unwrap_err().field(), field);
        }
        for bad in ["a\r\nx: b", "a\0", " a", "a ", "é", "\u{7f}", &"x".repeat(4097)] {
            let refused = Header::parse("x-a", bad).unwrap_err();
            assert_eq!(refused.field(), "headers.x-a", "{bad:?}");
        }
    }

    #[test]
    fn a_message_has_its_limits() {
        let many = |most: usize| (0..most).map(|n| header(&format!("x-{n}"), "")).collect::<Vec<_>>();
        assert!(Message::new(Method::Post, many(20), Content::Result).is_ok());
        let refused = |method, headers, content| Message::new(method, headers, content).unwrap_err().field().to_owned();
        assert_eq!(refused(Method::Post, many(21), Content::Result), "headers");
        assert_eq!(refused(Method::Post, vec![header("X-A", "1"), header("x-a", "2")], Content::Result), "headers.x-a");
        assert_eq!(refused(Method::Get, vec![], text("")), "body");
        assert_eq!(refused(Method::Delete, vec![], Content::Json(Secret::new("{}"))), "body");
        assert!(Message::new(Method::Put, vec![], text(&"x".repeat(MAX_CONTENT))).is_ok());
        assert_eq!(refused(Method::Put, vec![], text(&"x".repeat(MAX_CONTENT + 1))), "body");
        let result = |length| Finish::new(FinishedAs::Done, Some(Secret::new("1".repeat(length))));
        assert!(result(MAX_CONTENT).is_ok());
        assert_eq!(result(MAX_CONTENT + 1).unwrap_err().field(), "result");
        for method in ["get", "HEAD", "OPTIONS", "CONNECT", "TRACE", ""] {
            assert_eq!(Method::parse(method).unwrap_err().field(), "method");
        }
    }

    #[test]
    fn nothing_that_is_secret_is_shown() {
        let refused = Header::parse("authorization", "hush\n").unwrap_err();
        assert!(!format!("{refused:?}").contains("hush"));
        let message = Message::new(Method::Post, vec![header("authorization", "hush")], text("hush")).unwrap();
        let finish = Finish::new(FinishedAs::Failed, Some(Secret::new("\"hush\""))).unwrap();
        assert!(!format!("{message:?} {finish:?} {:?}", message.write()).contains("hush"));
    }
}
