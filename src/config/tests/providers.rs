//! `[[provider]]`: what an operator writes of a payment engine, and what is said of mistakes.

use super::*;
use crate::domain::{Currency, Mode};

const SECRET: &str = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";

fn provider(lines: &str) -> Result<Config, Mistakes> {
    let file = format!("[[provider]]\nkind = 'http'\nname = 'acme-pay'\nurl = 'https://pay.example/x'\n{lines}");
    load_file(&file, &[("ACME", SECRET)])
}

#[test]
fn a_provider_is_read_with_what_is_usual() {
    let config = provider("secret_env = 'ACME'").unwrap();
    let [ProviderConfig::Http(engine)] = &config.providers[..] else { panic!() };
    let acme = &engine.account;
    assert_eq!((acme.name.as_str(), acme.label.as_str(), engine.secrets.len()), ("acme-pay", "acme-pay", 1));
    assert_eq!((acme.mode, acme.merchants.len()), (Mode::Live, 0));
    assert!(acme.currencies.is_empty());
    assert_eq!(acme.ask_schedule, crate::provider::AskSchedule::default());
    let shown: Vec<_> = config.lines.iter().filter(|line| line.key.starts_with("provider[0]")).collect();
    assert!(shown.iter().any(|line| line.value == "5s, 30s, 1m, 2m, 5m, 10m, 30m, 1h"), "{shown:?}");
    assert!(shown.iter().all(|line| !line.value.contains("whsec_")), "{shown:?}");
    let own = provider(
        "secret_env = 'ACME'\nlabel = 'Acme Pay'\ncurrencies = ['EUR', 'CHF']\nask_after = ['1s', '2h']\nasks_per_second = 7",
    );
    let own = own.unwrap().providers.remove(0);
    let acme = own.account();
    assert_eq!((acme.label.as_str(), acme.currencies.len(), acme.ask_schedule.per_second()), ("Acme Pay", 2, 7));
    assert_eq!(acme.ask_schedule.waits(), [Duration::from_secs(1), Duration::from_hours(2)]);
}

#[test]
fn a_connector_of_ixopays_is_read() {
    let file = "[[provider]]\nkind = 'ixopay'\nname = 'cards'\nmode = 'test'\nurl = 'https://sandbox.ixopay.com'\n\
                api_key = 'my-connector'\nuser = 'api-user'\npassword_env = 'PASSWORD'\nshared_secret_env = 'SHARED'\n\
                merchants = ['2u3yZQpDkNMqbmbEsEVtkQ']\n";
    let secrets = [("PASSWORD", "hush"), ("SHARED", "hush hush")];
    let config = load_file(file, &secrets).unwrap();
    let [ProviderConfig::Ixopay(cards)] = &config.providers[..] else { panic!() };
    assert_eq!(
        (cards.api_key.as_str(), cards.user.as_str(), cards.url.as_str()),
        ("my-connector", "api-user", "https://sandbox.ixopay.com/")
    );
    assert_eq!((cards.account.mode, cards.account.merchants.len()), (Mode::Test, 1));
    // Sixty questions a minute.
    assert_eq!(cards.account.ask_schedule.per_second(), 1);
    assert!(config.lines.iter().all(|line| !line.value.contains("hush")));
    for (line, key) in [
        ("api_key = 'my-connector'\n", "provider[0].api_key"),
        ("user = 'api-user'\n", "provider[0].user"),
        ("password_env = 'PASSWORD'\n", "provider[0].password"),
        ("shared_secret_env = 'SHARED'\n", "provider[0].shared_secret"),
        ("url = 'https://sandbox.ixopay.com'\n", "provider[0].url"),
    ] {
        let Err(mistakes) = load_file(&file.replace(line, ""), &secrets) else { panic!("{line}") };
        assert_eq!(keys_of(&mistakes), [key], "{mistakes}");
    }
    for (line, wrong, key) in [
        ("my-connector", "my/connector", "provider[0].api_key"),
        ("'api-user'", "'api:user'", "provider[0].user"),
        ("2u3yZQpDkNMqbmbEsEVtkQ", "nobody", "provider[0].merchants"),
        ("api_key =", "secret = 'whsec_x'\napi_key =", "provider[0].secret"),
    ] {
        let Err(mistakes) = load_file(&file.replace(line, wrong), &secrets) else { panic!("{wrong}") };
        assert_eq!(keys_of(&mistakes), [key], "{mistakes}");
    }
}

#[test]
fn a_member_of_token_ios_is_read() {
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
    let file = "[[provider]]\nkind = 'token_io'\nname = 'transfer'\nmode = 'test'\nurl = 'https://api.sandbox.token.io'\n\
                member = 'm:a:b'\nkey_id = 'k'\nprivate_key_env = 'PEM'\nscheme = 'FASTER_PAYMENTS'\npayee = 'Customer Inc.'\n\
                sort_code = '12-34-56'\naccount_number = '12345678'\nbank = 'ob-modelo'\n\
                webhook_key = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'\n";
    let config = load_file(file, &[("PEM", pem)]).unwrap();
    let [ProviderConfig::TokenIo(member)] = &config.providers[..] else { panic!() };
    assert_eq!((member.member.as_str(), member.bank.as_deref()), ("m:a:b", Some("ob-modelo")));
    assert!(member.webhook_key.is_some() && config.lines.iter().all(|line| !line.value.contains("MC4CAQAw")));
    for (line, wrong, key) in [
        ("member = 'm:a:b'\n", "", "provider[0].member"),
        ("key_id = 'k'", "key_id = 'k k'", "provider[0].key_id"),
        ("private_key_env = 'PEM'\n", "", "provider[0].private_key"),
        ("private_key_env = 'PEM'", "private_key = 'hush'", "provider[0].private_key"),
        ("'FASTER_PAYMENTS'", "'SWIFT'", "provider[0].scheme"),
        ("'FASTER_PAYMENTS'", "'SEPA'", "provider[0].scheme"),
        ("payee = 'Customer Inc.'\n", "", "provider[0].payee"),
        ("sort_code = '12-34-56'\n", "", "provider[0].sort_code"),
        ("account_number = '12345678'\n", "", "provider[0].account_number"),
        ("'12-34-56'", "'12'", "provider[0].sort_code"),
        ("sort_code =", "iban = 'DE89370400440532013000'\nsort_code =", "provider[0].sort_code"),
        ("webhook_key = '11qY", "webhook_key = '", "provider[0].webhook_key"),
        ("bank =", "bnak =", "provider[0].bnak"),
    ] {
        let Err(mistakes) = load_file(&file.replace(line, wrong), &[("PEM", pem)]) else { panic!("{wrong}") };
        assert_eq!(keys_of(&mistakes), [key], "{mistakes}");
    }
}

#[test]
fn an_application_of_yapilys_is_read() {
    let file = "[[provider]]\nkind = 'yapily'\nname = 'modelo'\nmode = 'test'\nurl = 'https://api.yapily.com'\n\
                application_id = '0b7e5c1a-55d2-4a3c-9b0e-6a1f2d3c4b5e'\napplication_secret_env = 'SECRET'\n\
                institution = 'modelo-sandbox'\npayee = 'Acme Ltd'\nsort_code = '12-34-56'\n\
                account_number = '12345678'\ncountry = 'GB'\n";
    let config = load_file(file, &[("SECRET", "hush: hush")]).unwrap();
    let [ProviderConfig::Yapily(application)] = &config.providers[..] else { panic!() };
    assert_eq!(
        (application.institution.as_str(), application.payee_account.currency()),
        ("modelo-sandbox", Currency::GBP)
    );
    assert!(config.lines.iter().all(|line| !line.value.contains("hush")));
    for (line, wrong, key) in [
        ("application_id = '", "application_id = 'a:", "provider[0].application_id"),
        ("application_secret_env = 'SECRET'\n", "", "provider[0].application_secret"),
        ("'modelo-sandbox'", "'../modelo'", "provider[0].institution"),
        ("'GB'", "'Britain'", "provider[0].country"),
        ("payee = 'Acme Ltd'\n", "", "provider[0].payee"),
        ("account_number = '12345678'\n", "", "provider[0].account_number"),
        ("country =", "scheme = 'SEPA'\ncountry =", "provider[0].scheme"),
    ] {
        let Err(mistakes) = load_file(&file.replace(line, wrong), &[("SECRET", "hush")]) else { panic!("{wrong}") };
        assert_eq!(keys_of(&mistakes), [key], "{mistakes}");
    }
}

#[test]
fn each_mistake_is_named_by_its_key() {
    for (lines, key) in [
        ("", "provider[0].secret"),
        ("secret = 'whsec_short'", "provider[0].secret"),
        ("secret_env = 'NOBODY'", "provider[0].secret_env"),
        ("secret_env = 'ACME'\ncurrencies = ['EURO']", "provider[0].currencies"),
        ("secret_env = 'ACME'\nask_after = ['0s']", "provider[0].ask_after"),
        ("secret_env = 'ACME'\nask_after = '5s'", "provider[0].ask_after"),
        ("secret_env = 'ACME'\nasks_per_second = 0", "provider[0].asks_per_second"),
        ("secret_env = 'ACME'\nasks_per_second = '7'", "provider[0].asks_per_second"),
        ("secret_env = 'ACME'\nasks_per_minute = '1'", "provider[0].asks_per_minute"),
        ("secret_env = 'ACME'\nlabel = ' '", "provider[0].label"),
    ] {
        let Err(mistakes) = provider(lines) else { panic!("{lines}") };
        assert_eq!(keys_of(&mistakes), [key], "{mistakes}");
    }
    for (file, key) in [
        ("provider = 'acme'", "provider"),
        ("[[provider]]\nkind = 'http'\nurl = 'https://p.example/'\nsecret_env = 'ACME'", "provider[0].name"),
        ("[[provider]]\nkind = 'http'\nname = 'a'\nurl = 'http://p.example/'\nsecret_env = 'ACME'", "provider[0].url"),
        (
            "[[provider]]\nkind = 'soap'\nname = 'a'\nurl = 'https://p.example/'\nsecret_env = 'ACME'",
            "provider[0].kind",
        ),
        (
            "[[provider]]\nkind = 'http'\nname = 'sandbox'\nurl = 'https://p.example/'\nsecret_env = 'ACME'",
            "provider[0].name",
        ),
    ] {
        let Err(mistakes) = load_file(file, &[("ACME", SECRET)]) else { panic!("{file}") };
        assert_eq!(keys_of(&mistakes), [key], "{mistakes}");
    }
}
