//! `/users`: the merchant's customers, as far as it tells us of them.

use std::sync::Arc;

use actix_web::{HttpRequest, http::StatusCode, web};

use super::answer::{ErrorBody, Reply, Success, answered, list_url, success};
use super::at;
use super::call::{Call, merchant_of, query};
use crate::dialect::yapily::{AuthRequest, Body, NAME, Reach, UserQuery, deleted_user, is_own, read_user, user};
use crate::domain::{Invalid, Journey, User, UserId};
use crate::engine::{Engine, Enrolled, JourneyFilter, Page, use_cases};
use crate::web::Incoming;

/// The most consents of one user that are looked at.
const ALL: Page = Page { skip: 0, most: usize::MAX };

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let one_user = at("/users/{id}", "GET, DELETE");
    config
        .service(at("/users", "GET, POST").route(web::get().to(answered(list))).route(web::post().to(answered(add))))
        .service(one_user.route(web::get().to(answered(one))).route(web::delete().to(answered(delete))));
}

/// Opens what a request asks for, as far as it reaches.
pub(super) async fn open(
    engine: &Arc<Engine>,
    call: &Call,
    request: &AuthRequest,
    reach: Reach,
) -> Result<Journey, ErrorBody> {
    let user = asked(engine, call, request, &reach).await?;
    let open_request = request.open_request(&user, reach);
    Ok(use_cases::open::open(engine, &call.merchant, NAME, &open_request, call.reservation.as_ref()).await?)
}

/// The user of a request: it must be one of the merchant's, and is added if only the merchant's own id is given and
/// new, unless the open request would be refused anyway.
async fn asked(engine: &Engine, call: &Call, request: &AuthRequest, reach: &Reach) -> Result<User, ErrorBody> {
    let (merchant, who) = (&call.merchant, &request.who);
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
    use_cases::open::rehearse(engine, merchant, NAME, &request.open_request(&nobody, reach.clone()))?;
    match use_cases::users::enrol(engine, merchant.id, nobody.application_user, None).await? {
        (added, Enrolled::New) => Ok(added),
        (_, Enrolled::Known(found)) => Ok(found),
    }
}

async fn add(engine: web::Data<Engine>, incoming: Incoming) -> Reply {
    let call = Call::read(&engine, incoming).await?;
    let (own, reservation) = (read_user(&call.body)?, call.reservation.as_ref());
    match use_cases::users::enrol(&engine, call.merchant.id, own, reservation).await? {
        (added, Enrolled::New) => success(StatusCode::CREATED, Body::bare(user(&added, Some(&[])))),
        (_, Enrolled::Known(_)) => {
            Err(ErrorBody::new(StatusCode::CONFLICT, "There is a user with this applicationUserId already"))
        }
    }
}

async fn list(engine: web::Data<Engine>, request: HttpRequest) -> Reply {
    let merchant = merchant_of(&engine, &request).await?.id;
    let wanted = UserQuery::read(query(&request))?;
    let (mut found, mut next) = (Vec::new(), None);
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
    let next = next.map(|query| list_url(&engine, "/yapily/users", &query));
    Ok(Success { next, ..success(StatusCode::OK, Body::bare(items))? })
}

async fn one(engine: web::Data<Engine>, request: HttpRequest) -> Reply {
    let found = find(&engine, &request).await?;
    let institutions = institutions(&engine, &found).await?;
    success(StatusCode::OK, Body::bare(user(&found, Some(&institutions))))
}

/// A user is forgotten after its consents have ended: what a customer cannot see any more must not go on. Those that
/// were asked for meanwhile end behind it.
async fn delete(engine: web::Data<Engine>, request: HttpRequest) -> Reply {
    let gone = find(&engine, &request).await?;
    let mut revoked = Vec::new();
    for journey in consents(&engine, &gone).await? {
        revoked.push(use_cases::consent::revoke(&engine, journey).await?);
    }
    use_cases::users::forget(&engine, &gone).await?;
    for journey in consents(&engine, &gone).await? {
        if !revoked.iter().any(|ended| ended.id() == journey.id()) {
            revoked.push(use_cases::consent::revoke(&engine, journey).await?);
        }
    }
    success(StatusCode::OK, Body::wrapped(deleted_user(&gone, &revoked)))
}

async fn find(engine: &Engine, request: &HttpRequest) -> Result<User, ErrorBody> {
    let merchant = merchant_of(engine, request).await?.id;
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
    Ok(use_cases::list::select(engine, of.merchant, JourneyFilter::OfUser(of.id), ALL, is_own).await?)
}
