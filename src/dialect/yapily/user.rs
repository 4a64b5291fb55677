//! Users, as the endpoints below `/users` read and show them (contracts, section 8).

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{consent, json, moments};
use crate::domain::{ApplicationUser, Invalid, Journey, User};

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    uuid: String,
    application_uuid: String,
    application_user_id: Option<&'a str>,
    created_at: String,
    institution_consents: Option<Vec<InstitutionView<'a>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InstitutionView<'a> {
    institution_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deleted<T> {
    id: String,
    delete_status: &'static str,
    creation_date: String,
    user_consents: Vec<T>,
}

/// Reads `{applicationUserId?}`; no body at all is a user without an id of the merchant's.
///
/// # Errors
/// When the id breaks a rule.
pub fn read_user(body: &[u8]) -> Result<Option<ApplicationUser>, Invalid> {
    if body.is_empty() {
        return Ok(None);
    }
    let body = json::Object::of_body(body)?;
    body.text("referenceId")?;
    body.flag("vopOptOut")?;
    let own = body.text("applicationUserId")?;
    own.map(|text| ApplicationUser::parse(&text)).transpose()
}

/// A user, with the institutions of the consents that are in force, where those were looked up.
pub fn user<'a>(user: &'a User, institutions: Option<&'a [String]>) -> impl Serialize + use<'a> {
    let view = |id: &'a String| InstitutionView { institution_id: id };
    View {
        uuid: user.id.to_string(),
        application_uuid: user.merchant.to_string(),
        application_user_id: user.application_user.as_ref().map(ApplicationUser::as_str),
        created_at: moments::written(user.created_at),
        institution_consents: institutions.map(|ids| ids.iter().map(view).collect()),
    }
}

/// A user that has just been forgotten, with its consents, which have been revoked.
pub fn deleted_user<'a>(user: &User, consents: &'a [Journey]) -> impl Serialize + use<'a> {
    Deleted {
        id: user.id.to_string(),
        delete_status: "SUCCESS",
        creation_date: moments::written(user.created_at),
        user_consents: consents.iter().map(consent::deleted).collect(),
    }
}
