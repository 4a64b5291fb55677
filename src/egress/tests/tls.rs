//! TLS: whom a client trusts, and what it shows of itself. `pki/make.sh` has made the certificates.

use std::{io, net::IpAddr, sync::Arc};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, rustls::pki_types::pem::PemObject as _};

use super::allowing;
use crate::domain::Secret;
use crate::egress::{Builder, Call, Client, Names, Trouble};

const AUTHORITY: &str = include_str!("pki/authority.pem");
const SERVER: (&str, &str) = (include_str!("pki/server.pem"), include_str!("pki/server.key"));
const CLIENT: (&str, &str) = (include_str!("pki/client.pem"), include_str!("pki/client.key"));

/// Every name is this machine's.
struct Here;

#[async_trait::async_trait]
impl Names for Here {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![[127, 0, 0, 1].into()])
    }
}

/// A bank that answers 200 to a client that shows a certificate of the authority; its port.
async fn bank() -> u16 {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(AUTHORITY.as_bytes()).unwrap()).unwrap();
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
    let chain = vec![CertificateDer::from_pem_slice(SERVER.0.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(SERVER.1.as_bytes()).unwrap();
    let config = ServerConfig::builder().with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let Ok(1..) = stream.read(&mut [0; 4096]).await else { continue };
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.ok();
            stream.shutdown().await.ok();
        }
    });
    port
}

fn client() -> Builder {
    allowing(&["127.0.0.1/32"]).names(Arc::new(Here)).one_call_a_connection()
}

#[tokio::test]
async fn a_bank_with_an_authority_of_its_own_is_shown_a_certificate() {
    let port = bank().await;
    let url = format!("https://bank.example:{port}/token");
    let key = Secret::new(CLIENT.1);
    let known = client().trust(AUTHORITY).unwrap().identity(CLIENT.0, &key).unwrap().build().unwrap();
    assert_eq!(known.send(Call::post(&url)).await.unwrap().status().as_u16(), 200);
    // Another name than the certificate's.
    let answered = known.send(Call::post(&url.replace("bank.", "other."))).await;
    assert!(matches!(answered, Err(Trouble::Unreachable(_))), "{answered:?}");
    let stranger = client().identity(CLIENT.0, &key).unwrap().build().unwrap();
    let answered = stranger.send(Call::post(&url)).await;
    assert!(matches!(&answered, Err(Trouble::Unreachable(why)) if why.contains("UnknownIssuer")), "{answered:?}");
    let nobody = client().trust(AUTHORITY).unwrap().build().unwrap();
    let answered = nobody.send(Call::post(&url)).await;
    // In TLS 1.3 a client has sent its request before it learns what the server thinks of its certificate.
    assert!(matches!(answered, Err(Trouble::Unanswered(_))), "{answered:?}");
}

#[test]
fn what_is_no_certificate_is_refused() {
    for text in ["", "bank.example", SERVER.1] {
        let refused = Client::builder().trust(text).err().unwrap();
        assert_eq!(
            (refused.field(), refused.hint_text()),
            ("authority", Some("expected PEM: -----BEGIN CERTIFICATE-----"))
        );
    }
    for (certificate, key) in [(CLIENT.0, ""), ("", CLIENT.1), ("", ""), (CLIENT.0, SERVER.0)] {
        let refused = Client::builder().identity(certificate, &Secret::new(key)).err().unwrap();
        assert_eq!(refused.field(), "certificate");
        assert!(!refused.to_string().contains("BEGIN PRIVATE"));
    }
    let other_key = Client::builder().identity(CLIENT.0, &Secret::new(SERVER.1)).unwrap();
    assert!(other_key.build().is_err());
}
