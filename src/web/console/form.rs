//! Forms of the console: one that has been read is one that our own page has sent, by a member who may.
//!
//! A handler that changes something takes a [`Form`], which exists only verified, and answers a [`Done`], which exists
//! only once the change stands in the audit log. So no route can forget either.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse, Responder, body::BoxBody, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::reply::{problem, to};
use super::viewing::{Console, Viewing};
use crate::domain::{AuditAction, Journey, Role};
use crate::engine::use_cases;
use crate::web::body::{check_type, read_form};
use crate::web::pages::instead::Instead;
use crate::web::{Incoming, views::console::Problem};

/// The field of every form that holds its token.
const TOKEN: &str = "form_token";

/// Where browsers say which site a request comes from.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The fields of a form.
pub(super) trait Posted: DeserializeOwned + 'static {
    /// Whose console it is of.
    type Of: Console;

    /// The role that it needs.
    const ROLE: Role;
}

/// A form that was sent from our own page, by a member who may.
pub(super) struct Form<T: Posted> {
    /// Who has sent it.
    pub by: T::Of,
    /// Its fields.
    pub fields: T,
}

/// A change that is made, and stands in the audit log.
pub(super) struct Done(HttpResponse);

/// What a handler of a form answers: what was done, or the form again.
pub(super) type Changed = Result<Done, Instead>;

impl Responder for Done {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.0
    }
}

impl<T: Posted> Form<T> {
    /// Says that it is done, and leads on.
    pub async fn done(&self, action: AuditAction, object: &str, path: &str) -> Changed {
        self.answer(action, object, to(&self.by.engine, path)).await
    }

    /// Says that it is done, and answers this. Where the store fails in between, the change is made, and the answer is
    /// that it is in trouble.
    pub async fn answer(&self, action: AuditAction, object: &str, response: HttpResponse) -> Changed {
        use_cases::console::record(&self.by.engine, self.by.member(), action, object).await?;
        Ok(Done(response))
    }

    /// Says that it has opened this journey, and leads on. The same form sent twice is one entry.
    pub async fn opened(&self, action: AuditAction, journey: &Journey, object: &str, path: &str) -> Changed {
        use_cases::console::record_opened(&self.by.engine, self.by.member(), action, journey, object).await?;
        Ok(Done(to(&self.by.engine, path)))
    }

    async fn read(incoming: Incoming) -> Result<Self, Instead> {
        let Incoming { request, body } = incoming;
        let viewing = Viewing::of(&request).await?;
        check_site(&request)?;
        let unreadable = || Instead::from(problem(&Problem::unreadable()));
        let bytes = body.map_err(|_| unreadable())?;
        check_type(&request, &["application/x-www-form-urlencoded"]).map_err(|_| unreadable())?;
        let fields = read_form(&bytes).map_err(|_| unreadable())?;
        let token = fields.text(TOKEN).unwrap_or_default();
        if !use_cases::console::is_form_token(&viewing.engine, &viewing.viewer.session.id, token) {
            return Err(problem(&Problem::not_our_form()).into());
        }
        viewing.check_role(T::ROLE)?;
        let fields = serde_urlencoded::from_bytes(&bytes).map_err(|_| unreadable())?;
        Ok(Self { by: T::Of::admit(viewing)?, fields })
    }
}

impl<T: Posted> FromRequest for Form<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let incoming = Incoming::from_request(request, payload);
        Box::pin(async move {
            let Ok(incoming) = incoming.await;
            Ok(Self::read(incoming).await?)
        })
    }
}

/// Refuses what another site's page has sent, in a browser that says so.
pub(super) fn check_site(request: &HttpRequest) -> Result<(), Instead> {
    let site = request.headers().get(SITE).map(HeaderValue::as_bytes);
    match site {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(problem(&Problem::not_our_form()).into()),
    }
}

/// A field that was filled in.
pub(super) fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
