//! What came of a call: an answer, or how far it got without one.

use std::{error::Error, fmt, time::Duration};

use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Client, Request, Response, StatusCode, tls::TlsInfo};
use serde::de::DeserializeOwned;

use tokio::time::Instant;

use super::{guard::Refused, resolver::Unresolved};

/// How long the beginning of a body may take that is known to be too large.
const BEGINNING: Duration = Duration::from_millis(500);

/// How the TLS library begins what it says of a certificate that it does not accept.
const DISTRUSTED: &str = "invalid peer certificate: ";

/// An answer, read to its end.
pub struct HttpReply {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    certificate: Option<Vec<u8>>,
    head_took: Duration,
}

impl HttpReply {
    /// Its status. A redirect is an answer like any other: it is not followed.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The first header of this name, if it is ASCII text.
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every header of this name that is ASCII text.
    pub fn headers(&self, name: &HeaderName) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok())
    }

    /// The certificate that the server showed (DER), where the client keeps it; see
    /// [`Builder::keep_certificates`](super::Builder::keep_certificates).
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    /// How long it took until its head had come, from the look-up of its name on.
    pub const fn head_took(&self) -> Duration {
        self.head_took
    }

    /// Its body, as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Its body, as JSON.
    ///
    /// # Errors
    /// When it is something else.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.body)
    }
}

/// The status and the length: headers and bodies may hold secrets.
impl fmt::Debug for HttpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

/// How far a call got that has no answer. No sentence repeats the URL, which may hold a token.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// It must not be made; no connection was opened.
    #[error("not called: {0}")]
    Refused(#[from] Refused),
    /// It was certainly not sent: its name has no address, or no connection came about, TLS included.
    #[error("not reached: {0}")]
    Unreachable(String),
    /// It may have been sent and obeyed, and nobody said so.
    #[error("not answered: {0}")]
    Unanswered(String),
    /// It was answered with this status, and a body of more bytes than were to be read.
    #[error("answered {status}, with a body of more than {longest} bytes")]
    TooLarge {
        /// The answer's status.
        status: StatusCode,
        /// How many bytes the body might have had.
        longest: usize,
        /// The answer with as much of its body as was read.
        begun: Box<HttpReply>,
    },
}

impl Trouble {
    /// What is wrong with the certificate that the server showed, if it is that.
    pub fn distrusted(&self) -> Option<&str> {
        match self {
            Self::Unreachable(why) => why.strip_prefix(DISTRUSTED),
            Self::Refused(_) | Self::Unanswered(_) | Self::TooLarge { .. } => None,
        }
    }
}

/// Makes a call whose URL has been checked, and reads its answer.
pub(super) async fn exchange(client: &Client, request: Request, longest: usize) -> Result<HttpReply, Trouble> {
    let began = Instant::now();
    let mut response = client.execute(request).await.map_err(|error| trouble(&error))?;
    let head_took = began.elapsed();
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let shown = response.extensions_mut().remove::<TlsInfo>();
    let certificate = shown.and_then(|info| info.peer_certificate().map(<[u8]>::to_vec));
    let (body, size) = read(response, longest).await?;
    let answer = HttpReply { status, headers, body, certificate, head_took };
    match size {
        Size::Fits => Ok(answer),
        Size::TooLarge => Err(Trouble::TooLarge { status, longest, begun: Box::new(answer) }),
    }
}

/// Whether a body was read to its end.
enum Size {
    Fits,
    TooLarge,
}

/// Reads a body, unless it is too large: then the rest stays where it is, and the connection is closed.
async fn read(mut response: Response, longest: usize) -> Result<(Vec<u8>, Size), Trouble> {
    if response.content_length().is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > longest)) {
        // What has come with the head is worth a look; nobody waits for more.
        let first = tokio::time::timeout(BEGINNING, response.chunk()).await;
        let begun = first.ok().and_then(Result::ok).flatten().unwrap_or_default();
        return Ok((begun[..begun.len().min(longest)].to_vec(), Size::TooLarge));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| trouble(&error))? {
        let room = longest - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok((body, Size::TooLarge));
        }
    }
    Ok((body, Size::Fits))
}

fn trouble(error: &reqwest::Error) -> Trouble {
    if let Some(refused) = causes(error).find_map(|cause| cause.downcast_ref::<Refused>()) {
        return Trouble::Refused(*refused);
    }
    if let Some(unresolved) = causes(error).find_map(|cause| cause.downcast_ref::<Unresolved>()) {
        return Trouble::Unreachable(unresolved.to_string());
    }
    // The deepest cause says what happened; those above it say where, and the topmost may repeat the URL.
    let deepest = causes(error).last().map_or_else(|| "no reason was given".to_owned(), ToString::to_string);
    if error.is_connect() || error.is_builder() {
        return Trouble::Unreachable(deepest);
    }
    Trouble::Unanswered(deepest)
}

/// What an error came from, from the top down, without itself.
fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause| (*cause).source())
}
