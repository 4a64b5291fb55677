//! The file that an operator would write for the banks of `tests/banks`.

use std::fmt::Write as _;

use crate::banks::process::{Banks, KINDS};

/// The operator's key of such a gateway.
pub const OPERATOR: &str = "operator-of-real-banks-0123456789";

/// An institution for each kind of bank, named as the kind.
pub fn file(banks: &Banks) -> String {
    let institutions: String = KINDS.iter().map(|kind| institution(banks, kind)).collect();
    format!("operator_key = '{OPERATOR}'\n{institutions}")
}

fn institution(banks: &Banks, kind: &str) -> String {
    let said = |member: &str| banks.member(kind, member);
    let hybrid = said("response_type") == "code id_token";
    let mut text = format!(
        "\n[[institution]]\nid = '{kind}'\nname = 'Bank of {kind}'\ncountries = ['GB']\nenvironment = 'sandbox'\n\
         features = ['ACCOUNTS', 'ACCOUNT', 'CREATE_DOMESTIC_SINGLE_PAYMENT']\n\n[institution.bank]\nkind = 'oidc'\n"
    );
    let scope: Vec<String> = said("scope").split(' ').map(|scope| format!("'{scope}'")).collect();
    let mut line = |key: &str, value: &str| {
        if !value.is_empty() {
            writeln!(text, "{key} = {value}").expect("a text");
        }
    };
    let quoted = |value: &str| if value.is_empty() { String::new() } else { format!("'''{value}'''") };
    line("issuer", &quoted(said("issuer")));
    line("client_id", &quoted(said("client_id")));
    line("auth", &quoted(said("token_endpoint_auth_method")));
    line("client_secret", &quoted(said("client_secret")));
    // The hybrid bank takes either of our keys: it gets the one that signs PS256.
    let key = |member: &str| quoted(said(&format!("{}{member}", if hybrid { "rsa_" } else { "" })));
    line("signing_key", &key("private_key_pem"));
    line("signing_key_id", &key("kid"));
    line("signing_key_alg", &key("alg"));
    line("client_certificate_file", &quoted(said("client_cert")));
    line("client_key_file", &quoted(said("client_key")));
    line("extra_ca_file", &quoted(said("ca_cert")));
    line("scope", &format!("[{}]", scope.join(", ")));
    line("response_type", &quoted(said("response_type")));
    line("response_mode", &quoted(said("response_mode")));
    line("requests", if hybrid { "'signed'" } else { "'plain'" });
    line("id_token_algs", &format!("['{}']", said("id_token_signed_response_alg")));
    line("plain_loopback", "true");
    text
}
