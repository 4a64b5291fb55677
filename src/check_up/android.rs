//! Digital Asset Links: whether a host lets an Android app open its addresses.

use serde::Deserialize;

use super::read;
use crate::domain::{Finding, Subject};
use crate::egress::{HttpReply, Trouble, header};

/// Where a host says so.
pub(super) const PATH: &str = "/.well-known/assetlinks.json";

/// What it says of an app that may open its addresses.
const RELATION: &str = "delegate_permission/common.handle_all_urls";

const OF: (&str, Subject) = ("android", Subject::AppLink);

/// A statement of the file. Others than those about apps have another shape, and are passed over.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Statement {
    relation: Vec<String>,
    target: Target,
    include: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Target {
    namespace: String,
    package_name: String,
    sha256_cert_fingerprints: Vec<String>,
}

/// Judges the file of a host, for the app of this package where the callback names one.
pub(super) fn judge(answer: Result<HttpReply, Trouble>, package: Option<&str>) -> Finding {
    let without = "Until the file claims the app, Android opens the address in the browser.";
    let reply = match read(answer) {
        Ok(reply) => reply,
        Err(why) => {
            return Finding::trouble(OF, why, format!("Serve {PATH} by 200, without a redirect. {without}"));
        }
    };
    let kind = reply.header(&header::CONTENT_TYPE).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Finding::trouble(
            OF,
            format!("{PATH} is not served as application/json."),
            format!("Android takes it only with that Content-Type. {without}"),
        );
    }
    judge_file(reply.body(), package)
}

fn judge_file(body: &[u8], package: Option<&str>) -> Finding {
    let list = serde_json::from_slice::<Vec<serde_json::Value>>(body);
    let Ok(list) = list else {
        return Finding::trouble(OF, format!("{PATH} is not a JSON list of statements."), "See Digital Asset Links.");
    };
    let statements: Vec<Statement> = list.into_iter().filter_map(|one| serde_json::from_value(one).ok()).collect();
    let is_claim = |one: &&Statement| {
        let target = &one.target;
        one.relation.iter().any(|relation| relation == RELATION)
            && target.namespace == "android_app"
            && package.is_none_or(|package| package == target.package_name)
    };
    let claims: Vec<_> = statements.iter().filter(is_claim).collect();
    let app = package.map_or_else(|| "an app".to_owned(), |package| format!("the app {package}"));
    if let Some(claim) =
        claims.iter().find(|claim| claim.target.sha256_cert_fingerprints.iter().any(|text| is_fingerprint(text)))
    {
        let says = format!("Its host lets the app {} open it.", claim.target.package_name);
        return Finding::sound(OF, format!("{says} Which paths it takes stands in the app."));
    }
    if !claims.is_empty() {
        let advice = "Write the SHA-256 fingerprint of the certificate that the app is signed with.";
        return Finding::trouble(OF, format!("{PATH} claims {app} without a fingerprint that can be read."), advice);
    }
    if statements.iter().any(|one| one.include.is_some()) {
        let advice = "What is included was not read. Look there.";
        return Finding::remark(OF, format!("{PATH} itself does not claim {app}, and includes other files."), advice);
    }
    let advice = format!("Add a statement with the relation {RELATION}. Until then Android opens it in the browser.");
    Finding::trouble(OF, format!("{PATH} does not claim {app}."), advice)
}

/// 32 bytes in pairs of hexadecimal digits, with colons between them.
fn is_fingerprint(text: &str) -> bool {
    let pairs: Vec<_> = text.split(':').collect();
    pairs.len() == 32 && pairs.iter().all(|pair| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::Grade;

    fn statement(relation: &str, package: &str, fingerprint: &str) -> Value {
        json!({
            "relation": ["delegate_permission/common.get_login_creds", relation],
            "target": {
                "namespace": "android_app", "package_name": package, "sha256_cert_fingerprints": [fingerprint],
            },
        })
    }

    #[test]
    fn an_app_is_claimed_by_relation_package_and_fingerprint() {
        let print = vec!["A0"; 32].join(":");
        let web = json!({ "relation": [RELATION], "target": { "namespace": "web", "site": "https://a.example" } });
        let (app, other) = (Some("com.example.shop"), statement(RELATION, "com.example.other", &print));
        let claimed = statement(RELATION, "com.example.shop", &print);
        for (file, package, grade) in [
            (json!([web, other, claimed]), app, Grade::Sound),
            (json!([other]), None, Grade::Sound),
            (json!([other]), app, Grade::Trouble),
            (json!([web]), None, Grade::Trouble),
            (json!([]), app, Grade::Trouble),
            (json!({}), app, Grade::Trouble),
            (
                json!([statement("delegate_permission/common.use_as_origin", "com.example.shop", &print)]),
                app,
                Grade::Trouble,
            ),
            (json!([statement(RELATION, "com.example.shop", "A0:B1")]), app, Grade::Trouble),
            (json!([{ "include": "https://a.example/links.json" }]), app, Grade::Remark),
            (json!([7, "x", { "relation": "x" }, claimed]), app, Grade::Sound),
        ] {
            let found = judge_file(file.to_string().as_bytes(), package);
            assert_eq!(found.grade, grade, "{file}: {found:?}");
        }
        assert_eq!(judge_file(b"<html>", app).grade, Grade::Trouble);
    }
}
