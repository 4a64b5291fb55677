//! A check-up of a shop with TLS: its certificate, and the files by which it claims apps.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use super::{Examiner, certificate};
use crate::domain::merchant::Used;
use crate::domain::{
    CallbackUrl, DeviceUrls, Finding, Grade, Placement, Rules, SavedCallback, Subject, UnixMillis, WrittenDeviceUrls,
};
use crate::egress::{Client, Names};
use crate::engine::deps::CallbackExaminer as _;

const AUTHORITY: &str = include_str!("../egress/tests/pki/authority.pem");
const CERTIFICATE: &str = include_str!("../egress/tests/pki/server.pem");
const KEY: &str = include_str!("../egress/tests/pki/server.key");

const NOW: UnixMillis = UnixMillis::from_millis(1_790_000_000_000);

const APPLE: &str = r#"{"applinks": {"details": [{"appIDs": ["A.b"], "components": [{"/": "/app/*"}]}]}}"#;
const ANDROID: &str = r#"[{"relation": ["delegate_permission/common.handle_all_urls"], "target": {"namespace":
    "android_app", "package_name": "com.example.shop", "sha256_cert_fingerprints": ["FINGERPRINT"]}}]"#;

/// Every name is this machine's.
struct Here;

#[async_trait::async_trait]
impl Names for Here {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![[127, 0, 0, 1].into()])
    }
}

/// A shop under the certificate of `bank.example`; its port.
async fn shop() -> u16 {
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut head = [0; 4096];
                let Ok(read @ 1..) = stream.read(&mut head).await else { return };
                let target = String::from_utf8_lossy(&head[..read]).split(' ').nth(1).unwrap().to_owned();
                let (kind, body) = match target.as_str() {
                    "/.well-known/apple-app-site-association" => ("application/json", APPLE.to_owned()),
                    "/.well-known/assetlinks.json" => {
                        ("application/json", ANDROID.replace("FINGERPRINT", &vec!["AB"; 32].join(":")))
                    }
                    _ => ("text/html", String::new()),
                };
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}");
                stream.write_all(answer.as_bytes()).await.ok();
                stream.shutdown().await.ok();
            });
        }
    });
    port
}

async fn check_up(trusts: bool, url: &str, written: WrittenDeviceUrls<'_>) -> Vec<Finding> {
    let client = Client::builder().allow(["127.0.0.1/32".parse().unwrap()]).names(Arc::new(Here));
    let client = if trusts { client.trust(AUTHORITY).unwrap() } else { client };
    let rules = Rules::default();
    let url = CallbackUrl::parse(url, &rules).unwrap();
    let callback = SavedCallback {
        device_urls: DeviceUrls::parse(written, &url, &rules).unwrap(),
        url,
        name: None,
        params_in: Placement::Query,
        used: Used::ByDefault,
        watched: false,
    };
    let client = client.keep_certificates().one_call_a_connection().build().unwrap();
    Examiner::new(client).check_up(&callback, NOW).await
}

fn grade(found: &[Finding], of: &str, subject: Subject) -> Grade {
    let one = found.iter().find(|finding| finding.of == of && finding.subject == subject);
    one.unwrap_or_else(|| panic!("{of} {subject:?}: {found:?}")).grade
}

#[tokio::test]
async fn a_certificate_is_judged_by_its_authority_its_name_and_its_end() {
    let port = shop().await;
    let (own, other) = (format!("https://bank.example:{port}/cb"), format!("https://shop.example:{port}/cb"));
    for (trusts, url, expected, said) in [
        (true, &own, Grade::Sound, "more days"),
        (false, &own, Grade::Trouble, "UnknownIssuer"),
        (true, &other, Grade::Trouble, "name"),
    ] {
        let found = check_up(trusts, url, WrittenDeviceUrls::default()).await;
        let one = found.iter().find(|finding| finding.subject == Subject::Certificate).unwrap();
        assert!(one.grade == expected && one.says.contains(said), "{found:?}");
        assert_eq!(found.len() > 1, expected == Grade::Sound, "nobody was asked anything: {found:?}");
    }
    let der = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    // A hundred years after it was made, but for some days.
    let days = (0..60_000)
        .find(|days| certificate::judge("url", &der, NOW.plus(Duration::from_hours(24 * days))).grade == Grade::Remark);
    let last = NOW.plus(Duration::from_hours(24 * days.unwrap()));
    let found = certificate::judge("url", &der, last);
    assert!(found.says.contains("ends in 29 days"), "{found:?}");
    assert_eq!(certificate::judge("url", b"no certificate", NOW).grade, Grade::Sound);
}

#[tokio::test]
async fn the_files_of_apps_are_asked_for_where_a_callback_names_an_app() {
    let port = shop().await;
    let base = format!("https://bank.example:{port}");
    let none = check_up(true, &format!("{base}/app/paid"), WrittenDeviceUrls::default()).await;
    assert!(none.iter().all(|finding| finding.of == "url"), "{none:?}");
    for (path, package, ios, android) in [
        ("/app/paid", "com.example.shop", Grade::Sound, Grade::Sound),
        ("/elsewhere", "com.example.other", Grade::Trouble, Grade::Trouble),
    ] {
        let link = format!("{base}{path}");
        let written = WrittenDeviceUrls {
            ios: Some(&link),
            android: Some(&link),
            android_package: Some(package),
            ..WrittenDeviceUrls::default()
        };
        let found = check_up(true, &format!("{base}/cb"), written).await;
        assert_eq!(grade(&found, "ios", Subject::UniversalLink), ios, "{found:?}");
        assert_eq!(grade(&found, "android", Subject::AppLink), android, "{found:?}");
        assert_eq!(grade(&found, "ios", Subject::Answer), Grade::Sound);
    }
}
