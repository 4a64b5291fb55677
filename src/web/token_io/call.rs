//! Calls: who makes them, by a key or by a signature over the call, and a body of JSON.

use actix_web::{HttpRequest, http::header, web::Bytes};
use url::form_urlencoded;

use super::{BASE, answer::ErrorBody};
use crate::dialect::token_io::{Authorization, Sent, Signature};
use crate::domain::{Invalid, Merchant, PublicUrl, SignedCalls};
use crate::engine::{Engine, Reservation, use_cases};
use crate::web::{Incoming, body::check_type, idempotency};

/// An authenticated call.
pub(super) struct Call {
    pub merchant: Merchant,
    /// With which key it was made, as the audit log calls it.
    pub by: String,
    pub request: HttpRequest,
    pub reservation: Option<Reservation>,
    pub body: Bytes,
}

impl Call {
    /// Reads a call, and finds out whose it is.
    pub async fn read(engine: &Engine, incoming: Incoming) -> Result<Self, ErrorBody> {
        let (request, body) = (incoming.request, incoming.body?);
        let (merchant, by) = caller(engine, &request, &body).await?;
        if !body.is_empty() {
            check_type(&request, &["application/json"])?;
        }
        let reservation = idempotency::reservation(&request, merchant.id, &[&body])?;
        Ok(Self { merchant, by, request, reservation, body })
    }

    /// Whether it says how long it waits, so that an answer without an end is what it expects.
    pub fn says_how_long(&self) -> bool {
        self.request.headers().contains_key("request-timeout")
    }

    /// The parameters of the query, decoded.
    pub fn query(&self) -> impl Iterator<Item = (String, String)> + use<'_> {
        form_urlencoded::parse(self.request.query_string().as_bytes()).into_owned()
    }
}

/// The merchant who makes a call, and with which key.
async fn caller(engine: &Engine, request: &HttpRequest, body: &[u8]) -> Result<(Merchant, String), ErrorBody> {
    let refused = |invalid: Invalid| ErrorBody::unauthenticated(&invalid);
    let rule = |rule: &str| ErrorBody::unauthenticated(&Invalid::new("Authorization", rule));
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let header = headers.next().and_then(|header| header.to_str().ok()).ok_or_else(|| rule("is required"))?;
    if headers.next().is_some() {
        return Err(rule("was sent twice"));
    }
    match Authorization::read(header).map_err(refused)? {
        Authorization::Key(key) => {
            let merchant = use_cases::authenticate::authenticate(engine, key.reveal())
                .await?
                .ok_or_else(|| rule("has a key that is nobody's"))?;
            match merchant.settings.signed_calls {
                SignedCalls::Required => Err(rule("has a key, and this member's calls have to be signed")),
                SignedCalls::Checked => {
                    let name = use_cases::authenticate::name_of_key(&merchant, key.reveal());
                    Ok((merchant, name))
                }
            }
        }
        Authorization::Signed(signature) => {
            let merchant = use_cases::authenticate::merchant(engine, signature.merchant().map_err(refused)?).await?;
            let merchant = merchant.ok_or_else(|| rule("names a member that is nobody here"))?;
            check(engine, request, body, (&merchant, &signature))?;
            use_cases::authenticate::check_standing(&merchant)?;
            Ok((merchant, format!("public key {}", signature.key())))
        }
    }
}

fn check(
    engine: &Engine,
    request: &HttpRequest,
    body: &[u8],
    (merchant, signature): (&Merchant, &Signature),
) -> Result<(), ErrorBody> {
    let refused = |invalid: Invalid| ErrorBody::unauthenticated(&invalid);
    let key = merchant.public_keys.iter().find(|key| key.id == signature.key()).ok_or_else(|| {
        let unknown = Invalid::new("Authorization", "names a key that this member has not registered");
        refused(unknown.hint("register it with POST /v1/profile/public-keys"))
    })?;
    let hosts = hosts(&engine.deps.public_url, request);
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let path = request.uri().path();
    let sent = Sent {
        method: request.method().as_str(),
        hosts: &hosts,
        base: BASE,
        path: path.strip_prefix(BASE).unwrap_or(path),
        query: request.query_string(),
        covers_query: merchant.settings.signed_calls == SignedCalls::Required,
        body,
        at: engine.deps.clock.now(),
    };
    signature.check(&sent, &key.text).map_err(refused)
}

/// The hosts that a call may have been signed for: that of our public address, with and without its port. Whatever a
/// proxy has made of `Host` is not looked at: else a signature for another gateway could be brought here. A gateway
/// that has no TLS yet is on somebody's own machine, and goes by several names.
fn hosts(public_url: &PublicUrl, request: &HttpRequest) -> Vec<String> {
    let own = public_url.as_str();
    let authority = own.split_once("://").map_or(own, |(_, authority)| authority);
    let sent = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let authorities = [Some(authority), sent.filter(|_| !public_url.is_https())];
    let both = |authority: &str| {
        let host = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        [Some(authority.to_owned()), host.map(|(host, _)| host.to_owned())]
    };
    authorities.into_iter().flatten().flat_map(both).flatten().collect()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_host_that_a_call_names_counts_only_where_there_is_no_tls() {
        let request = TestRequest::get().insert_header((header::HOST, "other.example:8443")).to_http_request();
        let hosts = |public_url: &str| hosts(&PublicUrl::parse(public_url).unwrap(), &request);
        assert_eq!(hosts("https://pay.example"), ["pay.example"]);
        assert_eq!(hosts("https://pay.example:9443"), ["pay.example:9443", "pay.example"]);
        let plain = ["localhost:8080", "localhost", "other.example:8443", "other.example"];
        assert_eq!(hosts("http://localhost:8080"), plain);
    }
}
