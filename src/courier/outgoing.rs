//! What is sent: a delivery in the words of its journey's dialect.

use crate::domain::dialect::hand_back_params;
use crate::domain::message::{Header, Message, Method};
use crate::domain::{
    DeliveryId, Dialect, HandBack, Headers, Invalid, Params, Posting, Sealed, Secret, Target, UnixMillis,
    WebhookPayload,
};
use crate::keys::{Keys, standard_webhooks::signature};
use crate::store::DeliveryContext;

/// A request that is to be made once.
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingRequest {
    /// Where to. It may hold what the merchant keeps secret.
    pub url: String,
    /// Its headers, by their names in lower case.
    pub headers: Headers,
    /// The body, if it has one.
    pub body: Option<WebhookPayload>,
    /// How it is sent.
    pub method: Method,
    /// The headers of the merchant's own.
    pub own: Vec<Header>,
}

/// The delivery alone: URLs and bodies are nobody else's business.
impl std::fmt::Debug for OutgoingRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutgoingRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Why a request cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Unwritable {
    /// The journey has no such final outcome or target.
    #[error("its journey knows nothing of {0}")]
    Unknown(DeliveryId),
    /// The dialect has nothing to say to an endpoint.
    #[error("its dialect has no words for it")]
    Wordless,
    /// The endpoint's key cannot be opened, or the dialect cannot encrypt with it. What was to be encrypted never
    /// leaves in the clear.
    #[error("it cannot be encrypted with its endpoint's key")]
    Unencrypted,
    /// The merchant's signing secret cannot be opened: its key is gone.
    #[error("the merchant's signing secret cannot be read")]
    Unsigned,
    /// The key that its journey was opened under is gone.
    #[error("the key that its journey was opened under is gone")]
    KeyGone,
    /// The endpoint's own headers cannot be opened: their key is gone.
    #[error("the endpoint's own headers cannot be read")]
    Headers,
    /// What its job sends cannot be opened: its key is gone.
    #[error("what its job sends cannot be read")]
    Sealed,
    /// Its URL breaks a rule once it is filled in.
    #[error(transparent)]
    Url(#[from] Invalid),
}

impl OutgoingRequest {
    /// Writes a background callback: the very query that the browser got, without any token (rule 6 of the design), and
    /// signed like the browser's where the merchant has asked for it.
    ///
    /// # Errors
    /// An unwritable request, with the reason.
    pub fn callback(context: &DeliveryContext, dialect: &dyn Dialect, keys: &Keys) -> Result<Self, Unwritable> {
        let (id, journey) = (context.delivery.id, &context.journey);
        let Target::Callback(index) = id.target else { return Err(Unwritable::Unknown(id)) };
        let entry = journey.opening().plan.background.get(usize::from(index)).ok_or(Unwritable::Unknown(id))?;
        let at = journey.outcome_of(id.event).map_or(journey.opening().opened_at, |final_outcome| final_outcome.at);
        let params = keys.sign_return(journey, entry, params(context, dialect), at)?;
        let url = entry.url.with(&params.ok_or(Unwritable::KeyGone)?, entry.params_in)?;
        let headers = vec![("webhook-id", id.to_string())];
        Ok(Self { url, headers, body: None, method: Method::Get, own: Vec::new() })
    }

    /// Writes a payment endpoint's webhook, encrypted where the endpoint has a key, then signed as its dialect has it,
    /// else as Standard Webhooks does: over the bytes that are sent.
    ///
    /// # Errors
    /// An unwritable request, with the reason.
    pub fn webhook(
        context: &DeliveryContext,
        dialect: &dyn Dialect,
        signing: &Signing<'_>,
        at: UnixMillis,
    ) -> Result<Self, Unwritable> {
        let (id, journey) = (context.delivery.id, &context.journey);
        let endpoint = journey.opening().plan.endpoint(id.target).ok_or(Unwritable::Unknown(id))?;
        let webhook = dialect.webhook(endpoint, journey, id.event).ok_or(Unwritable::Wordless)?;
        let webhook = match &endpoint.cipher {
            None => webhook,
            Some(cipher) => {
                let encrypted = (signing.open)(cipher).and_then(|key| dialect.encrypted(&webhook, &key));
                encrypted.ok_or(Unwritable::Unencrypted)?
            }
        };
        let url = endpoint.url.filled(&params(context, dialect))?;
        let id = id.to_string();
        let posting = Posting { id: &id, url: &url, at, secrets: signing.secrets, webhook_key: signing.webhook_key };
        let headers = match dialect.sign(journey, &webhook, &posting) {
            Some(headers) => headers,
            None => standard(&webhook, &posting).ok_or(Unwritable::Unsigned)?,
        };
        Ok(Self { url, headers, body: Some(webhook), method: Method::Post, own: Vec::new() })
    }

    /// Writes what a job's merchant wanted sent, with the merchant's own headers, signed as Standard Webhooks does.
    ///
    /// # Errors
    /// An unwritable request, with the reason.
    pub fn job(
        context: &DeliveryContext,
        dialect: &dyn Dialect,
        keys: &Keys,
        (secrets, at): (&[Secret], UnixMillis),
    ) -> Result<Self, Unwritable> {
        let (id, journey) = (context.delivery.id, &context.journey);
        let endpoint = journey.opening().plan.endpoint(id.target).ok_or(Unwritable::Unknown(id))?;
        let final_outcome = journey.outcome_of(id.event).ok_or(Unwritable::Unknown(id))?;
        let job = journey.opening().purpose.job().ok_or(Unwritable::Unknown(id))?;
        let open = |sealed| keys.open_text(sealed, journey.id().as_bytes()).ok_or(Unwritable::Sealed);
        let message = Message::read(open(&job.message)?.reveal()).ok_or(Unwritable::Sealed)?;
        let result = journey.result().map(open).transpose()?;
        let body = dialect.job(journey, id.event, &message, result.as_ref().map(Secret::reveal));
        if body.is_none() && message.method().has_body() {
            return Err(Unwritable::Wordless);
        }
        let url = endpoint.url.filled(&params(context, dialect))?;
        let id = id.to_string();
        let posting = Posting { id: &id, url: &url, at, secrets, webhook_key: &|_| None };
        let signed =
            body.clone().unwrap_or_else(|| WebhookPayload { content_type: String::new(), body: String::new() });
        let mut headers = standard(&signed, &posting).ok_or(Unwritable::Unsigned)?;
        headers.push(("handback-status", final_outcome.outcome.as_str().to_owned()));
        // The body brings its type with it.
        let apart = |header: &&Header| body.is_none() || header.name() != "content-type";
        let own = message.headers().iter().filter(apart).cloned().collect();
        Ok(Self { url, headers, body, method: message.method(), own })
    }
}

/// What webhooks are signed, and encrypted, with.
pub struct Signing<'a> {
    /// The merchant's signing secrets that count, the newest first.
    pub secrets: &'a [Secret],
    /// The signature of the merchant's webhook key.
    pub webhook_key: &'a dyn Fn(&[u8]) -> Option<Vec<u8>>,
    /// Opens a text that was sealed for the merchant.
    pub open: &'a dyn Fn(&Sealed) -> Option<Secret>,
}

/// The headers of Standard Webhooks. While a secret is being replaced there are two signatures with a space between
/// them, and a receiver that knows either secret accepts.
pub fn standard(webhook: &WebhookPayload, posting: &Posting<'_>) -> Option<Headers> {
    let seconds = posting.at.as_millis() / 1000;
    let sign = |secret| signature(secret, posting.id, seconds, &webhook.body);
    let signatures = posting.secrets.iter().map(sign).collect::<Option<Vec<_>>>()?;
    let signature = Some(signatures.join(" ")).filter(|signatures| !signatures.is_empty())?;
    let id = posting.id.to_owned();
    Some(vec![("webhook-id", id), ("webhook-timestamp", seconds.to_string()), ("webhook-signature", signature)])
}

/// What joins a callback, or fills an endpoint's URL: what the browser has got, without any token.
fn params(context: &DeliveryContext, dialect: &dyn Dialect) -> Params {
    let DeliveryContext { delivery, journey } = context;
    let hand_back = HandBack { final_outcome: journey.outcome_of(delivery.id.event), ..HandBack::default() };
    hand_back_params(dialect, journey, &hand_back)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::secpaid::SecPaid;
    use crate::dialect::yapily::Yapily;
    use crate::domain::{CallbackDialect, Delivery, Fact, Journey, JourneyEvent, WebhookDialect, WebhookEndpoint};
    use crate::store::laws::fixtures::{Draft, away, concluded, entry};

    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    fn webhook(
        cipher: Option<Sealed>,
        dialect: &dyn Dialect,
        opened: Option<&str>,
    ) -> Result<OutgoingRequest, Unwritable> {
        let now = UnixMillis::from_millis(1_795_186_800_000);
        let endpoint = WebhookEndpoint { cipher, ..WebhookEndpoint::at(entry("https://m.example/pay?s={status}").url) };
        let journey = Draft::at(now).with(|opening| opening.plan.endpoints = vec![endpoint]).journey();
        let (journey, number) = concluded(away(journey, now).0, &Fact::paid(), now);
        let id = DeliveryId {
            journey: *journey.id(),
            event: JourneyEvent::Concluded(number),
            target: Target::WebhookEndpoint(0),
        };
        let context = DeliveryContext { delivery: Delivery::fresh(id, now), journey };
        let (secret, open) = (Secret::new(SECRET), |_: &Sealed| opened.map(Secret::new));
        let signing = Signing { secrets: &[secret], webhook_key: &|_| None, open: &open };
        OutgoingRequest::webhook(&context, dialect, &signing, now)
    }

    #[test]
    fn what_cannot_be_encrypted_never_leaves_in_the_clear() {
        let (sealed, key) = (|| Some(Sealed::new(vec![7])), "0123456789abcdefFEDCBA9876543210");
        for (dialect, opened) in
            [(&SecPaid as &dyn Dialect, None), (&SecPaid, Some("")), (&SecPaid, Some(&key[1..])), (&Wordy, Some(key))]
        {
            let refused = webhook(sealed(), dialect, opened).unwrap_err();
            assert!(matches!(refused, Unwritable::Unencrypted), "{refused}");
            assert!(!refused.to_string().contains(key));
        }
        assert!(webhook(None, &SecPaid, None).unwrap().body.unwrap().body.contains("Success"));
        assert!(matches!(webhook(None, &Yapily, None).unwrap_err(), Unwritable::Wordless));
    }

    #[test]
    fn the_signature_is_over_the_bytes_that_are_sent() {
        let key = "0123456789abcdefFEDCBA9876543210";
        let outgoing = webhook(Some(Sealed::new(vec![7])), &SecPaid, Some(key)).unwrap();
        assert_eq!(outgoing.url, "https://m.example/pay?s=success");
        let body = outgoing.body.unwrap().body;
        assert!(body.starts_with("{\"data\":\"") && !body.contains("ResponseCode"), "{body}");
        let header =
            |name| outgoing.headers.iter().find(|(own, _)| *own == name).map(|(_, value)| value.as_str()).unwrap();
        let seconds = header("webhook-timestamp").parse().unwrap();
        let expected = signature(&Secret::new(SECRET), header("webhook-id"), seconds, &body);
        assert_eq!(Some(header("webhook-signature")), expected.as_deref());
    }

    /// A dialect with words, and without encryption.
    struct Wordy;

    impl Dialect for Wordy {
        fn name(&self) -> &'static str {
            "wordy"
        }
    }

    impl CallbackDialect for Wordy {
        fn appended(&self) -> &'static [&'static str] {
            &[]
        }

        fn hands_back_early(&self, _: &Journey) -> bool {
            false
        }

        fn callback_params(&self, _: &Journey, _: &HandBack<'_>) -> Params {
            Params::default()
        }
    }

    impl WebhookDialect for Wordy {
        fn webhook(&self, _: &WebhookEndpoint, _: &Journey, _: JourneyEvent) -> Option<WebhookPayload> {
            Some(WebhookPayload { content_type: "text/plain".into(), body: "paid".into() })
        }
    }
}
