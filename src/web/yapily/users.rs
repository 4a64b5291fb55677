//! `/users`: the merchant's customers, as far as it tells us of them.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::answer::{ErrorBody, Reply, answer, with_next};
use super::at;
use super::call::{Call, merchant_of, query};
use crate::dialect::yapily::{Body, NAME, UserQuery, Who, deleted_user, read_user, user};
use crate::domain::id::{MerchantId, UserId};
use crate::domain::invalid::Invalid;
use crate::domain::journey::Journey;
use crate::domain::merchant::Merchant;
use crate::domain::open_request::OpenRequest;
use crate::domain::user::User;
use crate::engine::{Engine, Enrolled, JourneyFilter, Page, use_cases};
use crate::web::body::Incoming;

/// The most consents of one user that are looked at.
const ALL: Page = Page { skip: 0, most: usize::MAX };

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at("/users", "GET, POST").route(web::get().to(list)).route(web::post().to(add)))
        .service(at("/users/{id}", "GET, DELETE").route(web::get().to(one)).route(web::delete().to(delete)));
}

/// The user of a request: it has to be one of the merchant's, and is added if only the merchant's own id is given and
/// new, unless the open request would be refused anyway.
pub(super) async fn asked(
    engine: &Engine,
    merchant: &Merchant,
    who: &Who,
    open_request: &impl Fn(&User) -> OpenRequest,
) -> Result<User, ErrorBody> {
    if let Some(id) = who.user {
        let found = use_cases::users::find(engine, merchant.id, id).await?;
        let found = found.ok_or_else(|| Invalid::new("userUuid", "names no user of this application"))?;
        if who.application_user.is_some() && who.application_user != found.application_user {
            return Err(Invalid::new("applicationUserId", "is not that of userUuid's user").into());
        }
        return Ok(found);
    }
    if let Some(own) = &who.application_user
        && let Some(found) = use_cases::users::find_named(engine, merchant.id, own).await?
    {
        return Ok(found);
    }
    let nobody = User {
        id: UserId::from_bytes([0; 16]),
        merchant: merchant.id,
        application_user: who.application_user.clone(),
        created_at: engine.deps.clock.now(),
    };
    use_cases::open::rehearse(engine, merchant, NAME, &open_request(&nobody))?;
    match use_cases::users::enrol(engine, merchant.id, nobody.application_user, None).await? {
        (added, Enrolled::New) => Ok(added),
        (_, Enrolled::Known(found)) => Ok(found),
    }
}

async fn add(engine: web::Data<Engine>, incoming: Incoming) -> HttpResponse {
    let added = async {
        let call = Call::read(&engine, incoming).await?;
        match use_cases::users::enrol(&engine, call.merchant.id, read_user(&call.body)?, call.reservation.as_ref())
            .await?
        {
            (added, Enrolled::New) => Ok((StatusCode::CREATED, Body::bare(user(&added, Some(&[])))?)),
            (_, Enrolled::Known(_)) => {
                let message = "There is a user with this applicationUserId already";
                Err(ErrorBody::new(StatusCode::CONFLICT, message))
            }
        }
    };
    answer(&engine, added.await)
}

async fn list(engine: web::Data<Engine>, request: HttpRequest) -> HttpResponse {
    let mut next = None;
    let listed = async {
        let merchant = merchant_of(&engine, &request).await?.id;
        let wanted = UserQuery::read(query(&request))?;
        let mut found = Vec::new();
        for own in &wanted.application_users {
            found.extend(use_cases::users::find_named(&engine, merchant, own).await?);
        }
        if wanted.application_users.is_empty() {
            let end = wanted.offset + wanted.limit;
            found = use_cases::users::list(&engine, merchant, end + 1).await?;
            // The list has no envelope that could say that it is cut.
            next = (found.len() > end).then(|| [("limit", wanted.limit.to_string()), ("offset", end.to_string())]);
            found = found.into_iter().skip(wanted.offset).take(wanted.limit).collect();
        }
        let items: Vec<_> = found.iter().map(|found| user(found, None)).collect();
        Ok((StatusCode::OK, Body::bare(items)?))
    };
    let listed = listed.await;
    with_next(&engine, "/yapily/users", next.as_ref().map(<[_; 2]>::as_slice), answer(&engine, listed))
}

async fn one(engine: web::Data<Engine>, request: HttpRequest) -> HttpResponse {
    let found = async {
        let merchant = merchant_of(&engine, &request).await?.id;
        let found = find(&engine, merchant, &request).await?;
        let institutions = institutions(&engine, &found).await?;
        Ok((StatusCode::OK, Body::bare(user(&found, Some(&institutions)))?))
    };
    answer(&engine, found.await)
}

async fn delete(engine: web::Data<Engine>, request: HttpRequest) -> HttpResponse {
    let forgotten = async {
        let merchant = merchant_of(&engine, &request).await?.id;
        forget(&engine, &find(&engine, merchant, &request).await?).await
    };
    answer(&engine, forgotten.await)
}

/// A user is forgotten after its consents have ended: what a customer cannot see any more must not go on. Those that
/// were asked for meanwhile end behind it.
async fn forget(engine: &Arc<Engine>, gone: &User) -> Result<Reply, ErrorBody> {
    let mut revoked = Vec::new();
    for journey in consents(engine, gone).await? {
        revoked.push(use_cases::consent::revoke(engine, journey).await?);
    }
    use_cases::users::forget(engine, gone).await?;
    for journey in consents(engine, gone).await? {
        if !revoked.iter().any(|ended| ended.id() == journey.id()) {
            revoked.push(use_cases::consent::revoke(engine, journey).await?);
        }
    }
    Ok((StatusCode::OK, Body::wrapped(deleted_user(gone, &revoked))?))
}

async fn find(engine: &Engine, merchant: MerchantId, request: &HttpRequest) -> Result<User, ErrorBody> {
    let unknown = || ErrorBody::not_found("There is no such user");
    let id = request.match_info().query("id").parse().map_err(|_: Invalid| unknown())?;
    use_cases::users::find(engine, merchant, id).await?.ok_or_else(unknown)
}

/// The institutions of a user's consents that are in force, each once.
async fn institutions(engine: &Engine, of: &User) -> Result<Vec<String>, ErrorBody> {
    let now = engine.deps.clock.now();
    let given = consents(engine, of).await?;
    let given = given.iter().filter(|journey| journey.is_in_force(now));
    let mut ids: Vec<String> = given.filter_map(Journey::institution).map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

async fn consents(engine: &Engine, of: &User) -> Result<Vec<Journey>, ErrorBody> {
    Ok(use_cases::list::select(engine, of.merchant, JourneyFilter::OfUser(of.id), ALL, |journey| {
        journey.opening().dialect == NAME
    })
    .await?)
}
