//! Consents at one bank: one whose token endpoint takes every request and answers none, or any other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use url::{Position, Url};

use super::loaded_gateway::{LoadedGateway, Store, request, state_of};
use super::{flood, generator};

/// A merchant that speaks Yapily, of a gateway with such a bank.
pub struct Consents {
    loaded: LoadedGateway,
    institution: &'static str,
    _folder: TempDir,
}

impl Consents {
    /// Opens one over this store, whose bank is mute.
    pub fn at_mute_bank(store: Store) -> Self {
        let port = mute_bank();
        let issuer = format!("http://127.0.0.1:{port}");
        let endpoints =
            format!("[institution.bank.endpoints]\nauthorization = '{issuer}/authorize'\ntoken = '{issuer}/token'\n");
        let bank = format!("issuer = '{issuer}'\nclient_id = 'us'\nclient_secret = 'between-us'\n{endpoints}");
        Self::open(store, "mute", &format!("auth = 'client_secret_post'\nscope = ['accounts']\n{bank}"))
    }

    /// Opens one over this store, at an institution whose bank has these settings.
    pub fn open(store: Store, institution: &'static str, bank: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("handback.toml");
        let institutions = format!(
            "[[institution]]\nid = '{institution}'\nname = 'Bank'\nenvironment = 'sandbox'\nfeatures = ['ACCOUNTS']\n\
             [institution.bank]\nkind = 'oidc'\nplain_loopback = true\n{bank}"
        );
        std::fs::write(&file, institutions).expect("a file");
        // Nodes that share a Redis share the keys.
        let keys = format!("k1:{}=", "A".repeat(43));
        let mut settings = vec![("LOG", "error"), ("KEEP_ALIVE", "5s"), ("CONFIG", file.to_str().expect("a path"))];
        if store != Store::Embedded {
            settings.push(("KEYS", &keys));
        }
        Self { loaded: LoadedGateway::open(store, &settings), institution, _folder: folder }
    }

    /// The merchant.
    pub const fn loaded(&self) -> &LoadedGateway {
        &self.loaded
    }

    /// Asks for this many consents, and answers what the merchant is told of each: its `state`, and its
    /// `authorisationUrl`.
    pub async fn ask(&self, many: usize, one_time_token: bool) -> Vec<Value> {
        let save =
            request("POST /v1/profile/callbacks", &self.headers("Bearer"), r#"{"url":"https://app.example/cb"}"#);
        flood(self.loaded.to(), vec![save]).await.expect(201);
        let ask = |n: usize| {
            let body = format!(
                r#"{{"applicationUserId":"user-{n}","institutionId":"{}","callback":"https://app.example/cb","oneTimeToken":{one_time_token}}}"#,
                self.institution
            );
            request("POST /yapily/account-auth-requests", &self.headers("Basic"), &body)
        };
        let asked = flood(self.loaded.to(), (0..many).map(ask).collect()).await.expect(201);
        let told = |body: &str| serde_json::from_str::<Value>(body).expect("JSON")["data"].clone();
        asked.replies.iter().map(|reply| told(&reply.body)).collect()
    }

    /// Asks for this many consents, and sends each customer to the bank; answers the requests with which they come back.
    pub async fn returns(&self, many: usize, one_time_token: bool) -> Vec<Vec<u8>> {
        let asked = self.ask(many, one_time_token).await;
        let leave = |asked: &Value| {
            let page = Url::parse(asked["authorisationUrl"].as_str().expect("a URL")).expect("a URL");
            request(&format!("GET {}", &page[Position::BeforePath..]), "accept: text/html", "")
        };
        let left = flood(self.loaded.to(), asked.iter().map(leave).collect()).await.expect(303);
        left.replies.iter().map(|left| take_return(&state_of(left))).collect()
    }

    fn headers(&self, scheme: &str) -> String {
        let key = self.loaded.api_key();
        let credentials = match scheme {
            "Basic" => STANDARD.encode(format!("{}:{key}", self.loaded.merchant())),
            _ => key.to_owned(),
        };
        format!("authorization: {scheme} {credentials}\r\ncontent-type: application/json")
    }
}

/// A server that takes every request, and answers none until its client hangs up; its port.
fn mute_bank() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        generator().block_on(async move {
            listener.set_nonblocking(true).expect("a socket");
            let listener = TcpListener::from_std(listener).expect("a listener");
            while let Ok((mut client, _)) = listener.accept().await {
                tokio::spawn(async move { tokio::io::copy(&mut client, &mut tokio::io::sink()).await });
            }
        });
    });
    port
}

/// The request of a browser that returns from the mute bank.
fn take_return(state: &str) -> Vec<u8> {
    request(&format!("GET /return/mute?code={state}&state={state}"), "accept: text/html", "")
}
