//! The people who may ask for a sign-in link by mail.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::{Changed, Form, Posted};
use super::reply::{page, problem, refused, trouble};
use super::viewing::OfMerchant;
use crate::domain::{AuditAction, EmailAddress, Invalid, Person, Role};
use crate::engine::{Edit, Edited, EngineError, use_cases};
use crate::web::page_at;
use crate::web::pages::instead::PageResult;
use crate::web::views::console::{People, PersonFields, PersonRow, Place, Problem, Refused};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(page_at("/people", "GET, POST").route(web::get().to(list)).route(web::post().to(add)))
        .service(page_at("/people/remove", "POST").route(web::post().to(remove)));
}

impl Posted for PersonFields {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn list(viewing: OfMerchant) -> PageResult {
    Ok(page(&people(&viewing, PersonFields::default(), Refused::default())))
}

fn people(viewing: &OfMerchant, new: PersonFields, refused: Refused) -> People {
    let row = |person: &Person| PersonRow { email: person.email.as_str().to_owned(), role: person.role };
    People {
        frame: viewing.frame(Place::People),
        has_mail: use_cases::console::has_mail(&viewing.engine),
        people: viewing.merchant.people.iter().map(row).collect(),
        new,
        refused,
    }
}

async fn add(form: Form<PersonFields>) -> Changed {
    let read = || -> Result<Person, Invalid> {
        Ok(Person { email: EmailAddress::parse(&form.fields.email)?, role: Role::parse(&form.fields.role)? })
    };
    let (engine, merchant) = (&form.by.engine, form.by.merchant.id);
    let edited = match read() {
        Ok(person) => {
            let object = format!("{} {}", person.email.as_str(), person.role.as_str());
            use_cases::profile::edit(engine, merchant, &Edit::Name(person), None).await.map(|edited| (edited, object))
        }
        Err(invalid) => Err(invalid.into()),
    };
    match edited {
        Ok((Edited::Done(_), object)) => form.done(AuditAction::PersonNamed, &object, "/console/people").await,
        Ok((Edited::NoSuchSlot, _)) => Err(not_found().into()),
        Err(EngineError::Refused(invalid)) => {
            Err(refused(&people(&form.by, form.fields.clone(), Refused::by(invalid))).into())
        }
        Err(error) => Err(trouble(&error).into()),
    }
}

/// Somebody who is to be named no more.
#[derive(Deserialize)]
struct Remove {
    email: String,
}

impl Posted for Remove {
    type Of = OfMerchant;
    const ROLE: Role = Role::Admin;
}

async fn remove(form: Form<Remove>) -> Changed {
    let email = EmailAddress::parse(&form.fields.email).map_err(|_| not_found())?;
    let edit = Edit::Unname(email.clone());
    match use_cases::profile::edit(&form.by.engine, form.by.merchant.id, &edit, None).await? {
        Edited::Done(_) => form.done(AuditAction::PersonRemoved, email.as_str(), "/console/people").await,
        Edited::NoSuchSlot => Err(not_found().into()),
    }
}

fn not_found() -> HttpResponse {
    problem(&Problem::not_found())
}
