//! The manual's verifiers, as they stand there, run on real returns of a real gateway.
//!
//! Without Node, Python (with `cryptography`) or PHP (with sodium) a test fails and says so; it never passes by doing
//! nothing.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{PARAMETER, keys, merchant, paid, seconds, signature_of};
use crate::support::gateway::{StoreKind, TestGateway};
use crate::support::tpp::{CALLBACK, Tpp};

const MANUAL: &str = include_str!("../../../docs/RETURNS.md");

/// A language of the manual.
struct Language {
    /// How its block begins.
    fence: &'static str,
    file: &'static str,
    driver: &'static str,
    interpreter: PathBuf,
    takes: Takes,
}

impl Language {
    fn javascript() -> Self {
        let node = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/banks/node");
        let driver = include_str!("driver.mjs");
        Self { fence: "```js\n", file: "verify.mjs", driver, interpreter: node, takes: Takes::Queries }
            .checked("--version", "Node: npm ci --prefix tests/banks")
    }

    fn python() -> Self {
        let has = |python: &&str| {
            let tried = Command::new(python).args(["-c", "import cryptography"]).stderr(Stdio::null()).status();
            tried.is_ok_and(|status| status.success())
        };
        let needs = "these tests need Python 3 with its package cryptography: apt-get install python3-cryptography";
        let python = ["python3", "/usr/bin/python3"].into_iter().find(has).unwrap_or_else(|| panic!("{needs}"));
        Self {
            fence: "```python\n",
            file: "verify.py",
            driver: include_str!("driver.py"),
            interpreter: python.into(),
            takes: Takes::Queries,
        }
    }

    fn php() -> Self {
        let driver = include_str!("driver.php");
        let php =
            Self { fence: "```php\n", file: "verify.php", driver, interpreter: "php".into(), takes: Takes::Parsed };
        php.checked("--version", "PHP: apt-get install php-cli")
    }

    fn checked(self, argument: &str, needs: &str) -> Self {
        let ran = Command::new(&self.interpreter).arg(argument).stdout(Stdio::null()).status();
        assert!(ran.is_ok_and(|status| status.success()), "these tests need {needs}");
        self
    }

    /// Runs the manual's block on these cases; answers what it verified of each.
    fn verify(&self, cases: &[Value]) -> Vec<Value> {
        let folder = TempDir::new().unwrap();
        let (_, block) = MANUAL.split_once(self.fence).unwrap_or_else(|| panic!("the manual has no {}", self.fence));
        let block = block.split_once("\n```").unwrap().0;
        let file = folder.path().join(self.file);
        fs::write(&file, format!("{block}\n{}", self.driver)).unwrap();
        let mut child = Command::new(&self.interpreter)
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.interpreter.display()));
        child.stdin.take().unwrap().write_all(json!(cases).to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{} ended with {}", self.file, output.status);
        let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answers.len(), cases.len());
        answers
    }

    /// A stranger's value before ours: nobody may take it for ours, and a query that has both is refused.
    fn judge_repetition(&self, case: &Value, verified: &Value) {
        let query = format!("status=success&{}", case["query"].as_str().unwrap());
        let answer = self.verify(&[with(case, json!({ "query": query }))]).remove(0);
        let whole = if self.takes == Takes::Queries { &Value::Null } else { verified };
        assert_eq!(answer, json!([whole, verified]), "{}", self.file);
    }

    /// What each case is worth, as a query and as what a framework makes of one.
    fn judge(&self, cases: &[(&str, Value, Option<Value>)]) {
        let asked: Vec<Value> = cases.iter().map(|(_, case, _)| case.clone()).collect();
        for ((what, case, expected), answer) in cases.iter().zip(self.verify(&asked)) {
            let expected = expected.clone().unwrap_or(Value::Null);
            assert_eq!(answer, json!([expected, expected]), "{} on {what}: {case}", self.file);
        }
    }
}

/// How a language's verifier takes what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// A query, or what a framework makes of it.
    Queries,
    /// What the language itself makes of it.
    Parsed,
}

/// What a verifier is given, with these members changed.
#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
fn with(case: &Value, changes: Value) -> Value {
    let mut case = case.clone();
    case.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    case
}

/// The secrets or the public keys, by their ids.
fn by_id(keys: &Value, kind: &str, member: &str) -> Value {
    let all = keys[kind].as_array().unwrap().iter();
    all.map(|key| (key["key"].as_str().unwrap().to_owned(), key[member].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Every case that can be made of a redirect home: what it is, what the verifier is given, what it must answer.
async fn cases(gateway: &TestGateway, scheme: &str) -> Vec<(&'static str, Value, Option<Value>)> {
    let (merchant, other) = (merchant(gateway, scheme).await, gateway.merchant("Other"));
    merchant.choose(json!({ "extra_outcomes": "on" })).await;
    let callback = "https://shop.example/cb?order=7";
    let link = merchant.link_to(callback).await;
    let trouble = "error=server_error&error_description=a%2Bb%20%C3%A9%26%22%3D,1:2";
    let home = gateway.http.pay(&link.text, trouble).await.location();
    let query = home.split_once('?').unwrap().1.to_owned();
    let signature = signature_of(&home);
    let (own, others) = (keys(&merchant).await, keys(&other).await);
    let case = json!({
        "query": query, "merchant": merchant.id, "callback": callback, "now": seconds(&signature) + 60,
        "secrets": by_id(&own, "hmac", "secret"), "public_keys": by_id(&own, "ed25519", "public"),
    });
    let verified = Some(json!({
        "pay_id": link.id, "user_id": merchant.id, "status": "failed", "error": "server_error",
        "error_description": "a+b é&\"=,1:2",
    }));
    let altered = |from: &str, to: &str| {
        assert!(query.contains(from), "{query} has no {from}");
        with(&case, json!({ "query": query.replace(from, to) }))
    };
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.reverse();
    let wrong_keys = json!({
        "secrets": by_id(&others, "hmac", "secret"),
        "public_keys": { "k1-return": "-7cNiGSHVc5qlR_cMMrI7DXKCfmWYIIWYyUm-VlE78k" },
    });
    let (signed, another) = (seconds(&signature), "https://shop.example/cb?order=8");
    let elsewhere = paid(gateway, &merchant, another).await;
    vec![
        ("the real one", case.clone(), verified.clone()),
        ("one that was reordered", with(&case, json!({ "query": pairs.join("&") })), verified.clone()),
        ("one with a stranger's parameter", altered("order=7", "order=7&fbclid=x"), verified.clone()),
        ("one with + for a space", altered("%20", "+"), verified.clone()),
        ("another status", altered("status=failed", "status=success"), None),
        ("a parameter less", altered("status=failed&", ""), None),
        ("a parameter more", altered("order=7", "order=7&one-time-token=x"), None),
        ("a parameter twice, ours first", altered("&error=", "&status=success&error="), None),
        ("no signature", altered(&signature, ""), None),
        ("half a signature", altered(&signature, "v1.1"), None),
        ("another time", altered(&format!(".{signed}."), &format!(".{}.", signed + 1)), None),
        ("a key that is not known", altered(".k1", ".k9"), None),
        ("another callback of the same merchant", with(&case, json!({ "callback": another })), None),
        ("another callback's signature", altered(&signature, &signature_of(&elsewhere)), None),
        ("another merchant", with(&case, json!({ "merchant": other.id })), None),
        ("another key", with(&case, wrong_keys), None),
        ("one that is too old", with(&case, json!({ "now": signed + 3601 })), None),
        ("one that is young enough", with(&case, json!({ "now": signed + 3601, "tolerance": 4000 })), verified),
        ("one that is too new", with(&case, json!({ "now": signed - 3601 })), None),
    ]
}

/// The vectors of the manual, which nobody here has signed.
fn vectors() -> Vec<(&'static str, Value, Option<Value>)> {
    let (table, _) = MANUAL.split_once("## Keys, and two at once").unwrap();
    let mut ticked = table.rsplit_once("| HMAC-SHA256 |").unwrap().1.split('`').skip(1).step_by(2);
    let mut next = || ticked.next().unwrap().to_owned();
    let (secret, hmac, public, ed25519) = (next(), next(), next(), next());
    let case = |signature: &str| {
        json!({
            "query": format!("order=7&pay_id=7&status=success&{PARAMETER}={signature}"),
            "merchant": "01010101-0101-4101-8101-010101010101", "callback": "https://shop.example/paid?order=7",
            "now": 1_790_000_000, "secrets": { "k1": secret }, "public_keys": { "k1-return": public },
        })
    };
    let verified = Some(json!({ "pay_id": "7", "status": "success" }));
    vec![("a vector", case(&hmac), verified.clone()), ("a vector", case(&ed25519), verified)]
}

/// What is true in one language is true in all.
async fn every_case(language: Language) {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    language.judge(&vectors());
    for scheme in ["hmac", "ed25519"] {
        let cases = cases(&gateway, scheme).await;
        language.judge(&cases);
        let (_, case, verified) = &cases[0];
        language.judge_repetition(case, verified.as_ref().unwrap());
    }
    language.judge(&consents(&gateway).await);
}

/// Consents in their own words.
async fn consents(gateway: &TestGateway) -> Vec<(&'static str, Value, Option<Value>)> {
    let tpp = Tpp::named(gateway, "Tpp").await;
    tpp.merchant.choose(json!({ "signed_returns": "ed25519" })).await;
    let asked = tpp.ask(json!({})).await;
    let home = gateway.http.back(&asked.back("code=ok")).await.location();
    let own = keys(&tpp.merchant).await;
    let parsed = url::Url::parse(&home).unwrap();
    let verified: serde_json::Map<String, Value> = parsed
        .query_pairs()
        .filter(|(name, _)| name != PARAMETER)
        .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
        .collect();
    let case = json!({
        "query": parsed.query(), "merchant": tpp.merchant.id, "callback": CALLBACK, "names": own["parameters"]["yapily"],
        "public_keys": by_id(&own, "ed25519", "public"), "secrets": {}, "now": seconds(&signature_of(&home)),
    });
    let other = with(&case, json!({ "names": own["parameters"]["secpaid"] }));
    vec![("a consent", case, Some(verified.into())), ("another dialect's names", other, None)]
}

#[tokio::test]
async fn the_manuals_javascript_verifies_what_comes_home() {
    every_case(Language::javascript()).await;
}

#[tokio::test]
async fn the_manuals_python_verifies_what_comes_home() {
    every_case(Language::python()).await;
}

#[tokio::test]
async fn the_manuals_php_verifies_what_comes_home() {
    every_case(Language::php()).await;
}

#[tokio::test]
async fn the_manual_names_what_each_dialect_signs() {
    let gateway = TestGateway::open(StoreKind::Embedded).await;
    for (dialect, names) in keys(&gateway.merchant("Shop")).await["parameters"].as_object().unwrap() {
        let names: Vec<String> =
            names.as_array().unwrap().iter().map(|name| format!("`{}`", name.as_str().unwrap())).collect();
        let names = if names.is_empty() { "none: the signature stands alone".to_owned() } else { names.join(", ") };
        let row = format!("| `{dialect}` | {names} |");
        assert!(MANUAL.contains(&row), "the manual lacks {row}");
    }
}
