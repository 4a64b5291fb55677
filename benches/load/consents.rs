//! Consents at a bank whose token endpoint takes every request and answers none.

use std::net::TcpListener;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use super::flood;
use super::loaded_gateway::{LoadedGateway, Store, request};

/// A merchant that speaks Yapily, of a gateway with such a bank.
pub struct Consents {
    loaded: LoadedGateway,
    _folder: TempDir,
}

impl Consents {
    /// Opens one over this store.
    pub fn open(store: Store) -> Self {
        let bank = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = bank.local_addr().expect("an address").port();
        std::thread::spawn(move || bank.incoming().flatten().collect::<Vec<_>>());
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("handback.toml");
        std::fs::write(&file, institution(port)).expect("a file");
        // Nodes that share a Redis share the keys.
        let keys = format!("k1:{}=", "A".repeat(43));
        let mut settings = vec![("LOG", "error"), ("CONFIG", file.to_str().expect("a path"))];
        if store != Store::Embedded {
            settings.push(("KEYS", &keys));
        }
        Self { loaded: LoadedGateway::open(store, &settings), _folder: folder }
    }

    /// The merchant.
    pub const fn loaded(&self) -> &LoadedGateway {
        &self.loaded
    }

    /// Asks for this many consents, and answers the states of their first visits.
    pub async fn states(&self, many: usize, one_time_token: bool) -> Vec<String> {
        let save =
            request("POST /v1/profile/callbacks", &self.headers("Bearer"), r#"{"url":"https://app.example/cb"}"#);
        flood(self.loaded.to(), vec![save]).await.expect(201);
        let ask = |n: usize| {
            let body = format!(
                r#"{{"applicationUserId":"user-{n}","institutionId":"mute","callback":"https://app.example/cb","oneTimeToken":{one_time_token}}}"#
            );
            request("POST /yapily/account-auth-requests", &self.headers("Basic"), &body)
        };
        let asked = flood(self.loaded.to(), (0..many).map(ask).collect()).await.expect(201);
        let state = |body: &str| {
            let answer: Value = serde_json::from_str(body).expect("JSON");
            answer["data"]["state"].as_str().expect("a state").to_owned()
        };
        asked.replies.iter().map(|reply| state(&reply.body)).collect()
    }

    fn headers(&self, scheme: &str) -> String {
        let key = self.loaded.api_key();
        let credentials = match scheme {
            "Basic" => STANDARD.encode(format!("{}:{key}", key.split('_').nth(1).expect("a merchant"))),
            _ => key.to_owned(),
        };
        format!("authorization: {scheme} {credentials}\r\ncontent-type: application/json")
    }
}

/// The request of a browser that returns from that bank.
pub fn take_return(state: &str) -> Vec<u8> {
    request(&format!("GET /return/mute?code={state}&state={state}"), "accept: text/html", "")
}

fn institution(port: u16) -> String {
    format!(
        "[[institution]]\nid = 'mute'\nname = 'Mute'\nfeatures = ['ACCOUNTS']\n[institution.bank]\nkind = 'oidc'\n\
         issuer = 'http://127.0.0.1:{port}'\nclient_id = 'us'\nauth = 'client_secret_post'\nclient_secret = 'between-us'\n\
         scope = ['accounts']\nplain_loopback = true\n[institution.bank.endpoints]\n\
         authorization = 'http://127.0.0.1:{port}/authorize'\ntoken = 'http://127.0.0.1:{port}/token'\n"
    )
}
