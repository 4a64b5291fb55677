//! `/profile/people`: who may ask for a sign-in link to the console by mail.

use actix_web::{HttpResponse, http::StatusCode, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::slots::take_away;
use super::{ApiResult, Authenticated, Call, at, no_store};
use crate::domain::{EmailAddress, Person, Role};
use crate::engine::{Edit, Edited, Engine, use_cases};
use crate::web::Problem;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(at("/profile/people", "GET, POST").route(web::get().to(list)).route(web::post().to(name)))
        .service(at("/profile/people/{email}", "DELETE").route(web::delete().to(remove)));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonBody {
    email: String,
    role: String,
}

async fn list(merchant: Authenticated) -> HttpResponse {
    let people: Vec<Value> = merchant.people.iter().map(view).collect();
    HttpResponse::Ok().json(json!({ "people": people }))
}

async fn name(engine: web::Data<Engine>, call: Call<PersonBody>) -> ApiResult {
    let person = Person { email: EmailAddress::parse(&call.body.email)?, role: Role::parse(&call.body.role)? };
    let edit = Edit::Name(person.clone());
    match use_cases::profile::edit(&engine, call.merchant.id, &edit, call.reservation.as_ref()).await? {
        Edited::Done(_) => Ok(no_store(StatusCode::CREATED).json(view(&person))),
        Edited::NoSuchSlot => Err(Problem::not_found("merchant")),
    }
}

async fn remove(engine: web::Data<Engine>, email: web::Path<String>, merchant: Authenticated) -> ApiResult {
    let email = EmailAddress::parse(&email).map_err(|_| Problem::not_found("person"))?;
    take_away(&engine, &merchant, &Edit::Unname(email), "person").await
}

fn view(person: &Person) -> Value {
    json!({ "email": person.email.as_str(), "role": person.role.as_str() })
}
