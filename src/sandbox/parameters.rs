//! `/display-parameters`: the page to use as a callback while there is no app yet.

use actix_web::{HttpRequest, HttpResponse, middleware::from_fn, web};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use url::form_urlencoded;

use crate::web::views::{DisplayParameters, ParamRow, Redeemed};
use crate::web::{Incoming, own_pages_only, page_at, reply};

/// Redeems one-time tokens for the newcomer's shop, over the same API as everybody. Absent where there is no demo.
#[async_trait::async_trait]
pub trait Redeemer: Send + Sync {
    /// The answer's status line and body.
    async fn redeem(&self, token: &str) -> (String, String);
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let own = |path, method| page_at(path, method).wrap(from_fn(own_pages_only));
    config
        .service(own("/display-parameters", "GET").route(web::get().to(show)))
        .service(own("/display-parameters/redeem", "POST").route(web::post().to(redeem)));
}

/// The names that a dialect may call a one-time token.
const TOKEN_NAMES: [&str; 2] = ["one-time-token", "one_time_token"];

async fn show(request: HttpRequest, redeemer: Option<web::Data<dyn Redeemer>>) -> HttpResponse {
    let rows = rows(request.query_string());
    let token = rows.iter().find(|row| TOKEN_NAMES.contains(&row.name.as_str())).map(|row| row.value.clone());
    reply::page(&DisplayParameters { rows, token, can_redeem: redeemer.is_some() })
}

async fn redeem(redeemer: Option<web::Data<dyn Redeemer>>, incoming: Incoming) -> HttpResponse {
    let body = incoming.body.unwrap_or_default();
    let mut pairs = form_urlencoded::parse(&body);
    let token = pairs.find(|(name, _)| name == "one_time_token").map(|(_, token)| token.into_owned());
    let (Some(redeemer), Some(token)) = (redeemer, token) else { return HttpResponse::NotFound().finish() };
    let (status_line, pretty_json) = redeemer.redeem(&token).await;
    reply::page(&Redeemed { status_line, pretty_json })
}

/// A query's parameters in their order, decoded where they are base64.
pub fn rows(query: &str) -> Vec<ParamRow> {
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    pairs.map(|(name, value)| ParamRow { decoded: decoded(&value), name, value }).collect()
}

/// What a value says, where it is base64 of text or a JWT.
fn decoded(value: &str) -> Option<String> {
    if value.matches('.').count() == 2 {
        let parts: Vec<String> =
            value.split('.').take(2).filter_map(|part| text(URL_SAFE_NO_PAD.decode(part).ok()?)).collect();
        return (parts.len() == 2).then(|| parts.join("\n"));
    }
    // Short words and numbers are often base64 by chance.
    if value.len() < 12 || value.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        return None;
    }
    text(STANDARD.decode(value.replace(['\n', '\r'], "")).ok()?)
}

fn text(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    (!text.is_empty() && !text.chars().any(|c| c.is_control() && c != '\n')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_and_tokens_are_decoded_and_words_are_not() {
        assert_eq!(decoded("aW5jb3JyZWN0IGNyZWRlbnRpYWxz").as_deref(), Some("incorrect credentials"));
        assert_eq!(decoded("eyJhIjoxfQ.eyJiIjoyfQ.c2ln").as_deref(), Some("{\"a\":1}\n{\"b\":2}"));
        for plain in ["success", "9007199254740991", "b44c4429-4a7b-4e27-85af-c1c2f43f4ffe", "", "cancel", "1.2.3"] {
            assert_eq!(decoded(plain), None, "{plain}");
        }
    }
}
