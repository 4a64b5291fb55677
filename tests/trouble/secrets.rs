//! Secrets of every kind walk through every path, also those that fail, and are then searched for wherever they must not
//! be: in the log at `debug`, in the files of each store, in the metrics and in `/health`.

use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Value, json};

use crate::parts::keys;
use crate::shop::{Shop, form, get, parameter, send};
use crate::support::gateway_process::{GatewayProcess, quiet_port};
use crate::support::http::{Http, query_value};
use crate::support::qr;
use crate::support::redis::RedisServer;
use crate::table::{Row, Size};

/// What a merchant calls a payment: no secret, and found wherever the search can look.
const NOTE: &str = "a note that is no secret";
/// The operator's own secrets.
const OPERATOR_KEY: &str = "canary-operator-key-0123456789abcdef";
const SMTP_PASSWORD: &str = "canary-smtp-password";
const BANK_SECRET: &str = "canary-client-secret-of-a-bank";
const CONSOLE_SECRET: &str = "canary-client-secret-of-the-console";
const ENGINE_SECRET: &str = "Y2FuYXJ5LXNlY3JldC1vZi1hLXBheW1lbnQtZW5naW5l";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_the_embedded_store() {
    nothing_leaks("embedded", None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis() {
    nothing_leaks("Redis", Some(RedisServer::start())).await;
}

async fn nothing_leaks(name: &str, mut redis: Option<RedisServer>) {
    let row = Row::begin("secrets stay where they belong", format!("canaries through every path, {name}"));
    let scene = Scene::open(redis.as_ref());
    let mut secrets = scene.walk().await;
    // What fails for want of a store must be as silent.
    if let Some(redis) = &mut redis {
        redis.kill();
        scene.fail(&secrets).await;
        redis.restart();
    }
    scene.fail(&secrets).await;
    let operators = [OPERATOR_KEY, SMTP_PASSWORD, BANK_SECRET, CONSOLE_SECRET, ENGINE_SECRET];
    secrets.extend(operators.map(|text| Secret { what: "the operator's", text: text.to_owned() }));
    let seen = scene.seen().await;
    let files = match &redis {
        Some(redis) => files_below(redis.folder()),
        None => files_below(&scene.node.data()).into_iter().filter(|path| !path.ends_with("keys")).collect(),
    };
    let stored: Vec<(String, Vec<u8>)> =
        files.iter().map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect();
    assert!(stored.iter().any(|(_, bytes)| has(bytes, NOTE.as_bytes())), "the search finds nothing");
    let (mut hits, mut searched) = (Vec::new(), 0);
    for (place, bytes) in seen.iter().chain(&stored) {
        searched += bytes.len();
        for secret in &secrets {
            for form in secret.forms() {
                if has(bytes, form.as_bytes()) {
                    hits.push(format!("{}: {form} in {place}", secret.what));
                }
            }
        }
    }
    assert!(hits.is_empty(), "{hits:#?}");
    let memory = scene.memory(&secrets);
    row.holds(&format!(
        "{} secrets in {} spellings each, 0 hits in {} KB of log, metrics, health and store; {memory}",
        secrets.len(),
        secrets[0].forms().len(),
        searched / 1000
    ));
}

/// A text that only its owner and we may know.
struct Secret {
    what: &'static str,
    text: String,
}

impl Secret {
    /// As it may be written.
    fn forms(&self) -> Vec<String> {
        let bytes = self.text.as_bytes();
        let percent: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
        // Base64 of a text that begins at any of three places of a longer one, without what its neighbours decide.
        let inner = |encoding: &data_encoding::Encoding, skip: usize| {
            let padded = [&vec![b'x'; skip][..], bytes].concat();
            let text = encoding.encode(&padded[..padded.len() / 3 * 3]);
            text[skip.div_ceil(3) * 4..].to_owned()
        };
        let base64 = (0..3).flat_map(|skip| [inner(&BASE64, skip), inner(&BASE64URL_NOPAD, skip)]);
        base64.chain([self.text.clone(), HEXLOWER.encode(bytes), percent]).collect()
    }
}

struct Scene {
    node: GatewayProcess,
    operator: u16,
    _file: tempfile::TempDir,
}

impl Scene {
    fn open(redis: Option<&RedisServer>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("handback.toml");
        std::fs::write(&file, settings()).unwrap();
        let operator = quiet_port();
        let (keys, listen) = (keys(), format!("127.0.0.1:{operator}"));
        let smtp = format!("smtp://canary:{SMTP_PASSWORD}@127.0.0.1:9?tls=required");
        let mut env = vec![("CONFIG", file.to_str().unwrap()), ("LOG", "debug"), ("WORKERS", "2"), ("SANDBOX", "true")];
        env.extend([("KEYS", keys.as_str()), ("METRICS_LISTEN", &listen), ("OPERATOR_KEY", OPERATOR_KEY)]);
        env.extend([("MAIL_SMTP_URL", smtp.as_str()), ("MAIL_FROM", "no-reply@pay.example")]);
        let store = redis.map(RedisServer::url);
        env.extend(store.as_deref().map(|store| ("STORE", store)));
        Self { node: GatewayProcess::start(&env), operator, _file: folder }
    }

    /// Does with each kind of secret what is done with it, and answers all of them.
    async fn walk(&self) -> Vec<Secret> {
        let operator = Shop { port: self.node.port(), key: OPERATOR_KEY.to_owned() };
        let merchant = expect(&operator, "/v1/merchants", &json!({ "name": "Shop", "mode": "test" }), 201).await;
        let shop = operator.with_key(text(&merchant, "api_key"));
        let mut secrets = vec![
            Secret { what: "an API key", text: text(&merchant, "api_key") },
            Secret { what: "a signing secret", text: unprefixed(&merchant, "signing_secret") },
        ];
        let rotated = expect(&shop, "/v1/profile/signing-secret/rotate", &json!({}), 201).await;
        secrets.push(Secret { what: "a signing secret", text: unprefixed(&rotated, "signing_secret") });
        let endpoint =
            json!({ "url": "https://127.0.0.1:9/hook", "headers": { "x-key": "canary-header-of-a-webhook" } });
        expect(&shop, "/v1/profile/endpoints", &endpoint, 201).await;
        secrets.push(Secret { what: "a header of webhooks", text: "canary-header-of-a-webhook".to_owned() });
        let connector = json!({
            "name": "cards", "kind": "ixopay", "url": "https://gateway.ixopay.com", "currencies": ["CHF"], "api_key": "c",
            "user": "u",
            "password": "canary-password-of-a-connector", "shared_secret": "canary-shared-secret",
        });
        expect(&shop, "/v1/provider-accounts", &connector, 201).await;
        secrets.push(Secret { what: "a provider's password", text: "canary-password-of-a-connector".to_owned() });
        secrets.push(Secret { what: "a provider's shared secret", text: "canary-shared-secret".to_owned() });
        let job = json!({ "callback_url": "https://127.0.0.1:9/job", "body": "canary-body-of-a-job" });
        expect(&shop, "/v1/jobs", &job, 202).await;
        secrets.push(Secret { what: "a job's body", text: "canary-body-of-a-job".to_owned() });
        let path = format!("/v1/merchants/{}/console-link", text(&merchant, "merchant_id"));
        let link = expect(&operator, &path, &json!({ "name": "Ada", "role": "admin" }), 201).await;
        let link = parameter(&text(&link, "url"), "link");
        get(shop.port, &format!("/console/sign-in?link={link}")).await.expect("an answer");
        secrets.push(Secret { what: "a sign-in link", text: link });
        secrets.extend(pays(&shop).await);
        secrets
    }

    /// What goes wrong, with secrets in it.
    async fn fail(&self, secrets: &[Secret]) {
        let port = self.node.port();
        for Secret { text, .. } in secrets {
            let stranger = Shop { port, key: text.clone() };
            let almost = Shop { port, key: format!("{}x", &text[..text.len() - 1]) };
            for shop in [&stranger, &almost] {
                // Whatever the answer is.
                let _ = shop.post("/v1/journeys", &[("idempotency-key", text)], text).await;
                let _ = shop.redeem(text, None).await;
            }
            for page in
                ["/return/sandbox?code=yes&state=", "/payment?link_id=", "/console/sign-in?link=", "/nowhere?x="]
            {
                let _ = get(port, &format!("{page}{text}")).await;
            }
            for page in ["/return/sandbox", "/payment/pay", "/console/sign-in", "/notify/engine"] {
                let fields = format!("state={text}&link_id={text}&link={text}&code={text}&error={text}");
                let _ = send(port, &form(page, &fields)).await;
            }
        }
    }

    /// What an operator sees.
    async fn seen(&self) -> Vec<(String, Vec<u8>)> {
        let page = async |path: &str| get(self.operator, path).await.expect("an answer").body.into_bytes();
        let log = self.node.log();
        assert!(log.contains("DEBUG") && log.contains("/v1/one-time-tokens/redeem"), "the log has nothing of it");
        vec![
            ("the log".to_owned(), log.into_bytes()),
            ("/metrics".to_owned(), page("/metrics").await),
            ("/health".to_owned(), page("/health").await),
        ]
    }

    /// How many of the secrets an image of the memory has. Nothing is promised of it: what is under way is in memory.
    fn memory(&self, secrets: &[Secret]) -> String {
        if Size::of_this_run() == Size::Quick {
            return "a core file is searched in longer runs".to_owned();
        }
        let folder = tempfile::tempdir().unwrap();
        let core = folder.path().join("core");
        let taken = Command::new("gcore").arg("-o").arg(&core).arg(self.node.pid().to_string()).output();
        let image = folder.path().join(format!("core.{}", self.node.pid()));
        match (taken, std::fs::read(image)) {
            (Ok(_), Ok(image)) => {
                let found = secrets.iter().filter(|secret| has(&image, secret.text.as_bytes())).count();
                format!("a core file would show {found} of them (nothing is promised of it)")
            }
            _ => "a core file: NOT RUN (gcore is missing, or may not)".to_owned(),
        }
    }
}

/// A payment from its link to its token, and again under what a customer should not have done.
async fn pays(shop: &Shop) -> Vec<Secret> {
    let body = json!({
        "amount": 25, "callback_url": "https://shop.example/back", "one_time_token": true, "recipient_note": NOTE,
        "payment_endpoint": "https://127.0.0.1:9/told",
    });
    let opened = expect(shop, "/secpaid/api/v2/createLink", &body, 200).await;
    let link = parameter(opened["data"]["pay_link"].as_str().unwrap(), "link_id");
    let back = shop.press_pay(&link).await;
    let state = parameter(&format!("http://x{back}"), "state");
    let wrong = back.replace("code=yes", "code=canary-code-of-a-bank");
    get(shop.port, &wrong).await.expect("an answer");
    let code = pays_on_a_phone(shop).await;
    let paid = shop.paid().await.1;
    let granted = shop.redeem(&paid, Some("key")).await.expect("an answer");
    assert_eq!(granted.status, 200, "{}", granted.body);
    let secret = |what, text: &str| Secret { what, text: text.to_owned() };
    vec![
        secret("a link", &link),
        secret("a state", &state),
        secret("a one-time token", &paid),
        secret("a bank's code", "canary-code-of-a-bank"),
        secret("a phone's code", &code),
    ]
}

/// Has a code made for a new link, and a phone read it and press Pay; answers the code.
async fn pays_on_a_phone(shop: &Shop) -> String {
    let (_, link) = shop.open().await;
    let http = Http::to(&format!("http://127.0.0.1:{}", shop.port));
    let made = http.submit("/payment/code", &[("link_id", &link)]).await;
    let cookie = made.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let shown = http.get_with(&made.location(), &[("cookie", &cookie)]).await.is(200);
    let code = query_value(&qr::read(&shown.text()), "code");
    http.get(&format!("/payment/phone?code={code}")).await.is(200);
    http.submit("/payment/phone", &[("code", &code)]).await.is(303);
    code
}

async fn expect(shop: &Shop, path: &str, body: &Value, status: u16) -> Value {
    let answer = shop.post(path, &[], &body.to_string()).await.expect("an answer");
    assert_eq!(answer.status, status, "{path}: {}", answer.body);
    answer.json()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}")).to_owned()
}

/// A secret of webhooks without what it begins with: it must not be found in any other spelling either.
fn unprefixed(value: &Value, name: &str) -> String {
    text(value, name).trim_start_matches("whsec_").to_owned()
}

fn settings() -> String {
    format!(
        "egress.allow = ['127.0.0.0/8']\n\
         egress.ports = [443, 9]\n\
         [[provider]]\nname = 'engine'\nkind = 'http'\nmode = 'test'\nlabel = 'Engine'\ncurrencies = ['CHF']\n\
         url = 'http://127.0.0.1:9/ask'\nsecret = 'whsec_{ENGINE_SECRET}'\n\
         [[institution]]\nid = 'northbank'\nname = 'North Bank'\nenvironment = 'sandbox'\nfeatures = ['ACCOUNTS']\n\
         [institution.bank]\nkind = 'oidc'\nissuer = 'http://127.0.0.1:9'\nclient_id = 'handback'\n\
         client_secret = '{BANK_SECRET}'\nplain_loopback = true\n\
         [console.oidc]\nissuer = 'http://127.0.0.1:9'\nclient_id = 'handback'\nclient_secret = '{CONSOLE_SECRET}'\n\
         plain_loopback = true\n[console.oidc.groups]\nops = 'operator'\n"
    )
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    let first = wanted[0];
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        if rest[at..].starts_with(wanted) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}
