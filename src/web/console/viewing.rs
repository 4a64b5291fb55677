//! Who looks: a handler that asks for one of these is not reached by anybody else.

use std::ops::Deref;

use actix_web::{Error, FromRequest, HttpRequest, HttpResponse, dev::Payload, web};
use futures_util::future::LocalBoxFuture;

use super::cookies::session_of;
use super::reply::{problem, trouble};
use crate::domain::{ConsoleScope, Member, Merchant, Role};
use crate::engine::{Engine, Viewer, Whose, use_cases};
use crate::web::pages::instead::Instead;
use crate::web::views::console::{Frame, Place, Problem, Side};

/// A browser that is signed in.
pub(super) struct Viewing {
    pub engine: web::Data<Engine>,
    pub viewer: Viewer,
    /// What its forms carry.
    pub form_token: String,
}

/// A browser that is signed in to a merchant's console.
pub(super) struct OfMerchant {
    viewing: Viewing,
    pub merchant: Merchant,
}

/// A browser that is signed in to the operator's console.
pub(super) struct OfOperator(Viewing);

/// Whose console a handler is of.
pub(super) trait Console: Deref<Target = Viewing> + Sized + 'static {
    /// Lets this browser through, or says why not.
    fn admit(viewing: Viewing) -> Result<Self, Instead>;
}

impl Viewing {
    /// Reads the session of a request.
    pub async fn of(request: &HttpRequest) -> Result<Self, Instead> {
        let engine = web::Data::<Engine>::extract(request).await.map_err(|_| problem(&Problem::unreadable()))?;
        let Some(cookie) = session_of(request) else { return Err(signed_out().into()) };
        let viewer = use_cases::console::viewer(&engine, cookie.value()).await.map_err(|error| trouble(&error))?;
        let Some(viewer) = viewer else { return Err(signed_out().into()) };
        let form_token = use_cases::console::form_token(&engine, &viewer.session.id)?;
        Ok(Self { engine, viewer, form_token })
    }

    pub fn member(&self) -> &Member {
        &self.viewer.session.member
    }

    pub fn scope(&self) -> ConsoleScope {
        self.member().scope
    }

    pub fn may(&self, role: Role) -> bool {
        self.member().role.may(role)
    }

    /// Refuses a member whose role does not do.
    pub fn check_role(&self, needed: Role) -> Result<(), Instead> {
        if self.may(needed) { Ok(()) } else { Err(problem(&Problem::not_your_role(needed)).into()) }
    }

    /// What stands around a page at this place.
    pub fn frame(&self, place: Place) -> Frame {
        let side = match &self.viewer.whose {
            Whose::Operator => Side::Operator,
            Whose::Merchant(merchant) => {
                Side::Merchant { name: merchant.name.as_str().to_owned(), mode: self.engine.deps.mode_of(merchant) }
            }
        };
        let member = self.member();
        let (who, role) = (member.name.as_str().to_owned(), member.role);
        Frame { place, side, who, role, form_token: self.form_token.clone() }
    }
}

impl Deref for OfMerchant {
    type Target = Viewing;

    fn deref(&self) -> &Viewing {
        &self.viewing
    }
}

impl Deref for OfOperator {
    type Target = Viewing;

    fn deref(&self) -> &Viewing {
        &self.0
    }
}

/// Any browser that is signed in, to whichever console.
pub(super) struct SignedIn(Viewing);

impl Deref for SignedIn {
    type Target = Viewing;

    fn deref(&self) -> &Viewing {
        &self.0
    }
}

impl Console for SignedIn {
    fn admit(viewing: Viewing) -> Result<Self, Instead> {
        Ok(Self(viewing))
    }
}

impl Console for OfMerchant {
    fn admit(viewing: Viewing) -> Result<Self, Instead> {
        match &viewing.viewer.whose {
            Whose::Merchant(merchant) => Ok(Self { merchant: (**merchant).clone(), viewing }),
            Whose::Operator => Err(problem(&Problem::other_console()).into()),
        }
    }
}

impl Console for OfOperator {
    fn admit(viewing: Viewing) -> Result<Self, Instead> {
        match &viewing.viewer.whose {
            Whose::Operator => Ok(Self(viewing)),
            Whose::Merchant(_) => Err(problem(&Problem::other_console()).into()),
        }
    }
}

macro_rules! extracted {
    ($($console:ty),+) => {$(
        impl FromRequest for $console {
            type Error = Error;
            type Future = LocalBoxFuture<'static, Result<Self, Error>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let request = request.clone();
                Box::pin(async move { Ok(Self::admit(Viewing::of(&request).await?)?) })
            }
        }
    )+};
}

extracted!(SignedIn, OfMerchant, OfOperator);

fn signed_out() -> HttpResponse {
    problem(&Problem::signed_out())
}
