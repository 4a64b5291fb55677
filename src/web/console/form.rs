//! Forms of the console: one that has been read is one that our own page has sent, by a member who may.
//!
//! A handler that changes something takes a [`Form`], which exists only verified, and only once the audit log says that
//! a change was begun; and it answers a [`Done`], which exists only once the log says what was done. So no route can
//! forget either. Where nothing was changed, [`take_back_refused`] takes back what was begun; where that is not known,
//! it stays.

use std::{cell::Cell, rc::Rc};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{self, Bytes};
use actix_web::{Error, FromRequest, HttpMessage as _, HttpRequest, HttpResponse, Responder, middleware::Next};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::reply::{problem, to};
use super::viewing::{Console, Viewing};
use crate::domain::{AuditAction, AuditPlace, ConsoleScope, Journey, MerchantId, Role};
use crate::engine::{Engine, Reservation, derive, use_cases};
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
    /// It as it was sent.
    sent: Bytes,
    begun: Rc<Begun>,
}

/// A change that stands in the audit log as begun, until it has ended.
struct Begun {
    scope: ConsoleScope,
    place: AuditPlace,
    has_ended: Cell<bool>,
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
        use_cases::console::end_change(&self.by.engine, self.by.member(), self.begun.place, action, object).await?;
        Ok(self.end(response))
    }

    /// Says that it has opened this journey, and leads on. The same form sent twice is one entry.
    pub async fn end_opened(&self, action: AuditAction, journey: &Journey, object: &str, path: &str) -> Changed {
        self.end_opened_with(action, journey, object, to(&self.by.engine, path)).await
    }

    /// Says that it has opened this journey, and answers this. The same form sent twice is one entry.
    pub async fn end_opened_with(
        &self,
        action: AuditAction,
        journey: &Journey,
        object: &str,
        response: HttpResponse,
    ) -> Changed {
        let (by, place) = (&self.by, self.begun.place);
        use_cases::console::end_opened(&by.engine, by.member(), place, (action, journey, object)).await?;
        Ok(self.end(response))
    }

    /// Leads on as the first time: the form was sent before, and stands in the audit log.
    pub async fn take_back(&self, path: &str) -> Changed {
        use_cases::console::take_back(&self.by.engine, self.begun.scope, self.begun.place).await?;
        Ok(self.end(to(&self.by.engine, path)))
    }

    /// What makes the form of this mark, sent twice, one. Sent again with other fields it is refused; so is a form
    /// without a mark, which none of our pages sends.
    pub fn reservation(&self, merchant: MerchantId, route: &str, once: &str) -> Result<Reservation, Instead> {
        Ok(derive::reservation_for(merchant, route, check_once(once)?, &[&self.sent]))
    }

    fn end(&self, response: HttpResponse) -> Done {
        self.begun.has_ended.set(true);
        Done(response)
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
        let by = T::Of::admit(viewing)?;
        let place = use_cases::console::begin_change(&by.engine, by.member(), request.path()).await?;
        let begun = Rc::new(Begun { scope: by.scope(), place, has_ended: Cell::new(false) });
        request.extensions_mut().insert(Rc::clone(&begun));
        Ok(Self { by, fields, sent: bytes, begun })
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

/// Takes back what the audit log has as begun, where the answer says that nothing was changed.
///
/// # Errors
/// As what stands behind it.
pub(super) async fn take_back_refused<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let response = next.call(request).await?;
    let begun = response.request().extensions().get::<Rc<Begun>>().cloned();
    let Some(begun) = begun.filter(|begun| !begun.has_ended.get() && response.status().is_client_error()) else {
        return Ok(response);
    };
    if let Some(engine) = response.request().app_data::<web::Data<Engine>>()
        && let Err(error) = use_cases::console::take_back(engine, begun.scope, begun.place).await
    {
        tracing::warn!(error = %error, "console.begun_not_taken_back");
    }
    Ok(response)
}

/// Refuses what another site's page has sent, in a browser that says so.
pub(super) fn check_site(request: &HttpRequest) -> Result<(), Instead> {
    let site = request.headers().get(SITE).map(HeaderValue::as_bytes);
    match site {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(problem(&Problem::not_our_form()).into()),
    }
}

/// A mark that nobody else draws, by which a form that is sent twice is one.
pub(super) fn draw_once(engine: &Engine) -> String {
    format!("{:016x}", engine.deps.clock.draw())
}

/// Refuses a form without its mark, which none of our pages sends.
pub(super) fn check_once(once: &str) -> Result<&str, Instead> {
    if once.is_empty() { Err(problem(&Problem::unreadable()).into()) } else { Ok(once) }
}

/// A field that was filled in.
pub(super) fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
