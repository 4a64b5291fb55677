//! An answer that was posted: by the provider's own page, or by one of our pages.

use actix_web::web::Bytes;
use actix_web::{HttpMessage as _, HttpRequest};
use url::form_urlencoded;

use crate::domain::Invalid;
use crate::engine::Carried;
use crate::web::BodyTrouble;

/// The field by which one of our pages says that it posts. No provider has one of this name.
const MARKER: &str = "handback_posted_by";

/// Whose page has posted an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Poster {
    /// The provider's.
    Provider,
    /// Ours, which read it behind the `#`.
    FragmentPage,
    /// Ours, which posts again what the provider has posted.
    RepostPage,
}

impl Poster {
    /// The field that says so: its name and value.
    pub(super) const fn marker(self) -> (&'static str, &'static str) {
        let value = match self {
            Self::Provider => "bank",
            Self::FragmentPage => "fragment",
            Self::RepostPage => "repost",
        };
        (MARKER, value)
    }

    /// Who says it when it is posted once more.
    pub(super) const fn again(self) -> Self {
        match self {
            Self::Provider | Self::RepostPage => Self::RepostPage,
            Self::FragmentPage => Self::FragmentPage,
        }
    }

    /// How the browser carried the answer before it was posted by us.
    pub(super) const fn carried(self) -> Carried {
        match self {
            Self::Provider | Self::RepostPage => Carried::Form,
            Self::FragmentPage => Carried::Fragment,
        }
    }
}

/// What was posted.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) poster: Poster,
    /// The provider's parameters.
    pub(super) pairs: Vec<(String, String)>,
}

impl Posted {
    /// Reads a form.
    ///
    /// # Errors
    /// When there is none, or a query beside it: then somebody has tampered with it.
    pub(super) fn read(request: &HttpRequest, body: Result<Bytes, BodyTrouble>) -> Result<Self, BodyTrouble> {
        if !request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(BodyTrouble::Unsupported("application/x-www-form-urlencoded"));
        }
        if !request.query_string().is_empty() {
            return Err(Invalid::new("query", "came beside a form").hint("expected parameters in one place").into());
        }
        Ok(Self::of_pairs(form_urlencoded::parse(&body?).into_owned())?)
    }

    fn of_pairs(pairs: impl Iterator<Item = (String, String)>) -> Result<Self, Invalid> {
        let (markers, pairs): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| name == MARKER);
        let values: Vec<&str> = markers.iter().map(|(_, value)| value.as_str()).collect();
        let poster = match values.as_slice() {
            [] => Poster::Provider,
            ["fragment"] => Poster::FragmentPage,
            ["repost"] => Poster::RepostPage,
            _ => return Err(Invalid::new(MARKER, "is not as a page of ours writes it")),
        };
        Ok(Self { poster, pairs })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header;
    use actix_web::test::TestRequest;

    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn read(kind: &'static str, address: &str, body: &'static str) -> Result<Posted, BodyTrouble> {
        let request = TestRequest::post().uri(address).insert_header((header::CONTENT_TYPE, kind));
        Posted::read(&request.to_http_request(), Ok(Bytes::from_static(body.as_bytes())))
    }

    #[test]
    fn a_form_says_who_posted_it() {
        for poster in [Poster::FragmentPage, Poster::RepostPage] {
            let (name, value) = poster.marker();
            let posted = Posted::of_pairs([(name.to_owned(), value.to_owned())].into_iter()).unwrap();
            assert_eq!((posted.poster, posted.pairs.len()), (poster, 0));
        }
        let posted = read("Application/X-WWW-Form-Urlencoded; charset=utf-8", "/", "code=a+b&state=s").unwrap();
        assert_eq!(posted.poster, Poster::Provider);
        assert_eq!(posted.pairs, [("code".into(), "a b".into()), ("state".into(), "s".into())]);
    }

    #[test]
    fn what_is_no_form_or_stands_in_two_places_is_refused() {
        for (kind, address, body) in [
            ("", "/", "code=a"),
            ("application/json", "/", "{}"),
            (FORM, "/?state=s", "code=a"),
            (FORM, "/?x", ""),
            (FORM, "/", "handback_posted_by=fragment&handback_posted_by=fragment"),
            (FORM, "/", "handback_posted_by=bank"),
            (FORM, "/", "handback_posted_by="),
        ] {
            assert!(read(kind, address, body).is_err(), "{kind} {address} {body}");
        }
    }

    #[test]
    fn nothing_is_reposted_as_if_the_bank_had_posted_it() {
        for poster in [Poster::Provider, Poster::FragmentPage, Poster::RepostPage] {
            assert_ne!(poster.again(), Poster::Provider);
            assert_eq!(poster.again().carried(), poster.carried());
        }
    }
}
