//! `X-Signature`: who holds the shared secret has written this request, or this callback (contracts/ixopay.md, section
//! 3).
//!
//! ```text
//! METHOD \n hash of the body in hexadecimal \n CONTENT-TYPE \n DATE \n path and query
//! ```
//!
//! under HMAC-SHA512, in base64. Content type, date and address are the texts that travel: nothing here is written
//! anew, because IXOPAY's own client writes its dates otherwise than RFC 7231 does.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use jiff::fmt::rfc2822;
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha512};
use url::{Position, Url};

use crate::dialect::moments;
use crate::domain::{Secret, UnixMillis};

/// How the body enters a signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyHash {
    /// As the documentation has it.
    #[default]
    Sha512,
    /// As it was once, and as IXOPAY's own PHP client still does.
    Md5,
}

impl BodyHash {
    fn hexadecimal(self, body: &[u8]) -> String {
        let hash = match self {
            Self::Sha512 => Sha512::digest(body).to_vec(),
            Self::Md5 => Md5::digest(body).to_vec(),
        };
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What a signature is over.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// `POST` or `GET`.
    pub method: &'a str,
    /// The bytes of the body; none for a GET.
    pub body: &'a [u8],
    /// The header `Content-Type`, as it was sent.
    pub content_type: &'a str,
    /// The header `X-Date` if there is one, else `Date`, as it was sent.
    pub date: &'a str,
    /// Path and query, as they were sent.
    pub uri: &'a str,
}

impl Message<'_> {
    /// The signature, in base64. `None` when there is no way to compute one, which no secret is known to cause.
    pub fn sign(&self, secret: &Secret, hash: BodyHash) -> Option<String> {
        Some(STANDARD.encode(self.mac(secret, hash)?.finalize().into_bytes()))
    }

    /// Under which hash of the body this is the message's signature, compared in constant time. `None` when it is not.
    pub fn verify(&self, secret: &Secret, signature: &str) -> Option<BodyHash> {
        let signature = STANDARD.decode(signature).ok()?;
        [BodyHash::Sha512, BodyHash::Md5]
            .into_iter()
            .find(|hash| self.mac(secret, *hash).is_some_and(|mac| mac.verify_slice(&signature).is_ok()))
    }

    fn mac(&self, secret: &Secret, hash: BodyHash) -> Option<Hmac<Sha512>> {
        let mut mac = <Hmac<Sha512> as Mac>::new_from_slice(secret.reveal().as_bytes()).ok()?;
        let lines = [self.method, &hash.hexadecimal(self.body), self.content_type, self.date, self.uri];
        mac.update(lines.join("\n").as_bytes());
        Some(mac)
    }
}

/// How far the date of a signed call may be from now: time enough for a clock that is wrong by its time zone, and an
/// end to the time in which a call that somebody has overheard can be sent again.
pub const DATE_WINDOW: Duration = Duration::from_hours(24);

/// Reads the header `Date` or `X-Date` (RFC 7231, section 7.1.1.1), and `UTC` for `GMT`, as IXOPAY's PHP client writes
/// it.
pub fn read_date(text: &str) -> Option<UnixMillis> {
    let text = text.strip_suffix("UTC").map_or_else(|| text.to_owned(), |start| format!("{start}GMT"));
    let millis = rfc2822::parse(&text).ok()?.timestamp().as_millisecond();
    u64::try_from(millis).ok().map(UnixMillis::from_millis)
}

/// A moment as the header `Date` has it (RFC 7231, section 7.1.1.1).
pub fn date(moment: UnixMillis) -> String {
    moments::in_utc(moment).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The path and the query of an absolute URL, as they are sent: what a callback's signature is over. The query stays,
/// for the rule has it, although some receivers leave it out and then never find a signature good. `None` when it is no
/// URL.
pub fn target(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    Some(url[Position::BeforePath..Position::AfterQuery].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "application/json; charset=utf-8";
    const DATE: &str = "Tue, 21 Jul 2020 13:15:03 GMT";
    const DEBIT: &str = r#"{"merchantTransactionId":"2019-09-02-0001","amount":"9.99","currency":"EUR"}"#;
    const CALLBACK: &str = r#"{"result":"OK","uuid":"d94c0d72f3a36e21f16e","merchantTransactionId":"2019-09-02-0001","purchaseId":"20190902-d94c0d72f3a36e21f16e","transactionType":"DEBIT","paymentMethod":"Creditcard","amount":"9.99","currency":"EUR"}"#;

    /// The contract's table: method, address, body, hash, signature.
    const VECTORS: [(&str, &str, &str, BodyHash, &str); 6] = [
        (
            "POST",
            "/api/v3/transaction/my-api-key/debit",
            DEBIT,
            BodyHash::Sha512,
            "r5cibTZhTgZeplfGzcXjI/PXaz/uIr38SJkOLoFAUCkNP+pT0S4Y68lC/8t3UhxS24BiKpzGK3aYK2Zy8NA29g==",
        ),
        (
            "POST",
            "/api/v3/transaction/my-api-key/debit",
            DEBIT,
            BodyHash::Md5,
            "8t7btakpVqZ1gRn24WpxeauundVhd01JMwY/i1l4dSRS3tKcpfED/H3D9+0XaP8dGL3ijLrP146KTFIuZ8ilQA==",
        ),
        (
            "POST",
            "/callback?shop=1",
            CALLBACK,
            BodyHash::Sha512,
            "D9RhnK4Ey/jdXSthkRGWCLlquOknJuc4r2Qe/57ycb93ZIYdjx0bM14/t5FKTL+GUqUWd9V5dtlH/GL1/5X4YQ==",
        ),
        (
            "POST",
            "/callback?shop=1",
            CALLBACK,
            BodyHash::Md5,
            "iHdZlUireQZDWLe3Jz4aUuOWWlB3s79FecX9VklEIdaB4lruS609bCv6qmg+g8+vTh9lUBJXcRCtAfN0xds1aQ==",
        ),
        (
            "GET",
            "/api/v3/status/my-api-key/getByUuid/d94c0d72f3a36e21f16e",
            "",
            BodyHash::Sha512,
            "46giQG6gikarCLxUrUcy3Du9joJOVcbL0thEZdB/qriGHoGaY8+W6kr+5SRC2kNSK+hcEOcZwRekHUCkiT1Mpg==",
        ),
        (
            "GET",
            "/api/v3/status/my-api-key/getByUuid/d94c0d72f3a36e21f16e",
            "",
            BodyHash::Md5,
            "ZmJRi2VSdMRUmyk2h0lgk0CT4+bw9E7jZ39HoScm/5WY8/E7CVwrecIb1OsXOvzlk+4tYjdrezXi46pvfShVcg==",
        ),
    ];

    fn secret() -> Secret {
        Secret::new("my-shared-secret")
    }

    #[test]
    fn every_vector_of_the_contract_is_written_and_accepted() {
        for (method, uri, body, hash, signature) in VECTORS {
            let message = Message { method, body: body.as_bytes(), content_type: TYPE, date: DATE, uri };
            assert_eq!(message.sign(&secret(), hash).as_deref(), Some(signature), "{method} {uri} {hash:?}");
            assert_eq!(message.verify(&secret(), signature), Some(hash), "{method} {uri} {hash:?}");
        }
        assert_eq!(BodyHash::Md5.hexadecimal(DEBIT.as_bytes()), "557405e00447f9e61f17d84ad3fcbd17");
    }

    #[test]
    fn whatever_is_changed_is_refused() {
        let (method, uri, body, _, signature) = VECTORS[2];
        let message = Message { method, body: body.as_bytes(), content_type: TYPE, date: DATE, uri };
        let altered = body.replace("9.99", "9.98");
        for other in [
            Message { method: "GET", ..message },
            Message { body: altered.as_bytes(), ..message },
            Message { body: b"", ..message },
            Message { content_type: "application/json", ..message },
            Message { date: "Tue, 21 Jul 2020 13:15:03 UTC", ..message },
            Message { uri: "/callback", ..message },
            Message { uri: "/callback?shop=2", ..message },
        ] {
            assert_eq!(other.verify(&secret(), signature), None, "{other:?}");
        }
        assert_eq!(message.verify(&Secret::new("another"), signature), None);
        let altered = signature.replacen('D', "E", 1);
        for bad in ["", "*", &signature[..84], &signature.to_lowercase(), &altered, &format!("{signature} ")] {
            assert_eq!(message.verify(&secret(), bad), None, "{bad}");
        }
    }

    #[test]
    fn a_date_is_the_headers() {
        assert_eq!(date(UnixMillis::from_millis(1_595_337_303_000)), DATE);
        assert_eq!(date(UnixMillis::from_millis(784_111_777_999)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn a_date_is_read_as_clients_write_it() {
        let moment = Some(UnixMillis::from_millis(1_595_337_303_000));
        for text in
            [DATE, "Tue, 21 Jul 2020 13:15:03 UTC", "Tue, 21 Jul 2020 15:15:03 +0200", "21 Jul 2020 13:15:03 +0000"]
        {
            assert_eq!(read_date(text), moment, "{text}");
        }
        for bad in
            ["", "garbage", "2020-07-21", "1595337303", "Tue, 21 Jul 2020", "Tue, 32 Jul 2020 13:15:03 GMT", "UTC"]
        {
            assert_eq!(read_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_target_of_an_address_is_its_path_and_query_as_they_stand() {
        for (url, expected) in [
            ("https://m.example/callback?shop=1", "/callback?shop=1"),
            ("https://m.example:8443/a%20b//c?x=%7B&y=1#z", "/a%20b//c?x=%7B&y=1"),
            ("https://m.example", "/"),
            ("https://m.example?shop=1", "/?shop=1"),
            ("https://m.example/?u=https://n.example/x", "/?u=https://n.example/x"),
        ] {
            assert_eq!(target(url).as_deref(), Some(expected), "{url}");
        }
        assert_eq!(target("/callback"), None);
    }
}
