//! How a bank answers through a browser: whether the form of an answer is the one that was agreed.
//!
//! An answer in another form than the bank's own is somebody else's, or has been weakened on its way. Nothing is
//! verified here; that is `check`'s.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::settings::{Flow, Iss, OidcConfig, ResponseMode};
use super::{call::object, claims::Claims};
use crate::domain::{Evidence, Invalid, ResponseKind, Secret};
use crate::provider::{AuthorizationResponse, Carried, UnverifiedResponse};

/// Reads an answer. `names_iss` says whether the bank is known to name itself in its plain answers.
///
/// # Errors
/// When it is not one that this bank gives.
pub(super) fn read(
    config: &OidcConfig,
    names_iss: bool,
    answer: &AuthorizationResponse,
) -> Result<UnverifiedResponse, Invalid> {
    carried(config.response_mode, answer.carried)?;
    // RFC 9207, section 2.4: compared as texts. Whatever else the answer holds, one bank does not answer for another.
    if answer.iss.as_ref().is_some_and(|iss| *iss != config.issuer) {
        return Err(Invalid::new("iss", "is another bank's"));
    }
    if config.response_mode.is_signed() { signed(answer) } else { plain(config, names_iss, answer) }
}

fn carried(mode: ResponseMode, carried: Carried) -> Result<(), Invalid> {
    let (expected, words) = match mode {
        ResponseMode::Query | ResponseMode::QueryJwt | ResponseMode::Jwt => (Carried::Query, "in the query"),
        ResponseMode::Fragment | ResponseMode::FragmentJwt => (Carried::Fragment, "behind a #"),
        ResponseMode::FormPost | ResponseMode::FormPostJwt => (Carried::Form, "in a form"),
    };
    if carried == expected {
        return Ok(());
    }
    Err(Invalid::new("response_mode", "is not the one of this bank").hint(format!("expected its answer {words}")))
}

fn plain(config: &OidcConfig, names_iss: bool, answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
    if answer.response.is_some() {
        return Err(Invalid::new("response", "is not how this bank answers"));
    }
    if answer.id_token.is_some() && config.flow == Flow::Code {
        return Err(Invalid::new("id_token", "is not how this bank answers"));
    }
    // An `id_token` beside a code names its issuer itself, and is verified.
    let signed = answer.code.is_some() && answer.id_token.is_some();
    let expected = (names_iss || config.iss == Iss::Required) && !signed;
    if expected && answer.iss.is_none() {
        return Err(Invalid::new("iss", "is missing").hint("expected the issuer, as this bank sends it (RFC 9207)"));
    }
    Ok(answer.unverified())
}

/// A signed answer (JARM): what it says is taken from it as it is, and held against its signature by `check`. So an
/// error in it becomes evidence, without a code.
///
/// A `state` beside it is ignored, as any parameter that is not known (RFC 6749, section 4.1.2): the signed one alone
/// counts, so that it is as safe as without. What an answer in the clear would consist of is refused: a bank that signs
/// sends none of it, so somebody else has put it there.
fn signed(answer: &AuthorizationResponse) -> Result<UnverifiedResponse, Invalid> {
    let clear =
        [("code", answer.code.is_some()), ("error", answer.error.is_some()), ("id_token", answer.id_token.is_some())];
    if let Some((field, _)) = clear.iter().find(|(_, there)| *there) {
        return Err(Invalid::new(*field, "came in the clear").hint("expected a signed answer from this bank"));
    }
    let Some(response) = &answer.response else {
        return Err(Invalid::new("response", "is missing").hint("expected a signed answer from this bank"));
    };
    let Some(claims) = peek(response.reveal()) else {
        return Err(Invalid::new("response", "is no signed token"));
    };
    let code = Secret::new(claims.code.unwrap_or_default());
    Ok(UnverifiedResponse {
        state: claims.state,
        kind: ResponseKind::Code(Evidence { code, signed: Some(response.clone()) }),
    })
}

/// The claims of a token that nobody has verified.
pub(super) fn peek(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    object(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests;
    use super::*;

    const ISSUER: &str = "https://bank.example";

    fn config(response_mode: ResponseMode, flow: Flow) -> OidcConfig {
        OidcConfig { response_mode, flow, ..tests::config() }
    }

    fn of(config: &OidcConfig, names_iss: bool, carried: Carried, query: &str) -> Result<UnverifiedResponse, Invalid> {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        read(config, names_iss, &AuthorizationResponse::read(carried, pairs).unwrap())
    }

    #[track_caller]
    fn refused(response: &Result<UnverifiedResponse, Invalid>, field: &str) {
        assert_eq!(response.as_ref().unwrap_err().field(), field);
    }

    /// A token with these claims and no signature worth the name.
    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn an_answer_comes_as_it_was_agreed_or_not_at_all() {
        let modes = [
            (ResponseMode::Query, Carried::Query),
            (ResponseMode::Fragment, Carried::Fragment),
            (ResponseMode::FormPost, Carried::Form),
        ];
        for (mode, expected) in modes {
            for (_, carried) in modes {
                for query in ["code=c&state=s", "error=access_denied&state=s"] {
                    let response = of(&config(mode, Flow::Code), false, carried, query);
                    if carried == expected {
                        assert_eq!(response.unwrap().state.as_deref(), Some("s"));
                    } else {
                        refused(&response, "response_mode");
                    }
                }
            }
        }
    }

    #[test]
    fn another_banks_answer_is_refused_however_it_is_carried() {
        let query = "code=c&state=s&iss=https://bank.example/";
        refused(&of(&config(ResponseMode::Query, Flow::Code), false, Carried::Query, query), "iss");
        let beside = format!("code=c&state=s&id_token={}&iss=https://other.example", token("{}"));
        refused(&of(&config(ResponseMode::Fragment, Flow::Hybrid), true, Carried::Fragment, &beside), "iss");
        let beside = format!("response={}&iss=https://other.example", token("{}"));
        refused(&of(&config(ResponseMode::QueryJwt, Flow::Code), true, Carried::Query, &beside), "iss");
    }

    #[test]
    fn a_missing_issuer_is_refused_where_it_was_promised() {
        let plain = config(ResponseMode::Query, Flow::Code);
        for query in ["code=c&state=s", "error=access_denied&state=s", "state=s"] {
            refused(&of(&plain, true, Carried::Query, query), "iss");
            refused(&of(&OidcConfig { iss: Iss::Required, ..plain.clone() }, false, Carried::Query, query), "iss");
            assert!(of(&plain, false, Carried::Query, query).is_ok());
            assert!(of(&plain, true, Carried::Query, &format!("{query}&iss={ISSUER}")).is_ok());
        }
    }

    #[test]
    fn an_id_token_names_the_issuer_itself() {
        let hybrid = config(ResponseMode::Fragment, Flow::Hybrid);
        let query = format!("code=c&state=s&id_token={}", token("{}"));
        let response = of(&hybrid, true, Carried::Fragment, &query).unwrap();
        let ResponseKind::Code(evidence) = response.kind else { panic!("{response:?}") };
        assert_eq!(evidence.signed, Some(Secret::new(token("{}"))));
        for refusal in ["error=access_denied&state=s", "state=s&id_token=x", "error=access_denied&state=s&id_token=x"] {
            refused(&of(&hybrid, true, Carried::Fragment, refusal), "iss");
        }
        refused(&of(&config(ResponseMode::Fragment, Flow::Code), true, Carried::Fragment, &query), "id_token");
    }

    #[test]
    fn a_bank_that_signs_does_not_answer_in_the_clear() {
        let jarm = config(ResponseMode::QueryJwt, Flow::Code);
        refused(&of(&jarm, false, Carried::Query, "code=c&state=s"), "code");
        refused(&of(&jarm, false, Carried::Query, "state=s"), "response");
        refused(&of(&jarm, false, Carried::Query, "error=access_denied"), "error");
        refused(&of(&jarm, false, Carried::Query, ""), "response");
        refused(&of(&jarm, false, Carried::Query, &format!("code=c&response={}", token("{}"))), "code");
        refused(&of(&jarm, false, Carried::Form, &format!("response={}", token("{}"))), "response_mode");
        let plain = config(ResponseMode::Query, Flow::Code);
        refused(&of(&plain, false, Carried::Query, &format!("response={}", token("{}"))), "response");
    }

    #[test]
    fn what_stands_beside_a_signed_answer_is_ignored() {
        let response = token(r#"{"state":"s","code":"c"}"#);
        let signed = Evidence { code: Secret::new("c"), signed: Some(Secret::new(&response)) };
        let beside = ["", "&state=s", "&state=another", "&session_state=1", "&scope=openid", "&expires_in=60"];
        for beside in beside.map(|beside| format!("response={response}{beside}&iss={ISSUER}")) {
            let response = of(&config(ResponseMode::QueryJwt, Flow::Code), false, Carried::Query, &beside).unwrap();
            assert_eq!(
                (response.state.as_deref(), response.kind),
                (Some("s"), ResponseKind::Code(signed.clone())),
                "{beside}"
            );
        }
    }

    #[test]
    fn what_a_signed_answer_says_is_an_offer_even_when_it_is_an_error() {
        let jarm = config(ResponseMode::QueryJwt, Flow::Code);
        for (claims, code) in [
            (r#"{"state":"s","code":"c"}"#, "c"),
            (r#"{"state":"s","error":"access_denied"}"#, ""),
            (r#"{"state":"s"}"#, ""),
        ] {
            let response = of(&jarm, true, Carried::Query, &format!("response={}", token(claims))).unwrap();
            assert_eq!(response.state.as_deref(), Some("s"));
            let signed = Some(Secret::new(token(claims)));
            assert_eq!(response.kind, ResponseKind::Code(Evidence { code: Secret::new(code), signed }), "{claims}");
        }
        let encrypted = "a.b.c.d.e";
        for bad in ["x", "a.b", encrypted, &token("[]"), &token(r#"{"state":"s","state":"t"}"#), "e30.!.c"] {
            refused(&of(&jarm, true, Carried::Query, &format!("response={bad}")), "response");
        }
    }
}
