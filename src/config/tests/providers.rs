//! `[[provider]]`: what an operator writes of a payment engine, and what is said of mistakes.

use super::*;

const SECRET: &str = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";

fn provider(lines: &str) -> Result<Config, Mistakes> {
    let file = format!("[[provider]]\nkind = 'http'\nname = 'acme-pay'\nurl = 'https://pay.example/x'\n{lines}");
    load_file(&file, &[("ACME", SECRET)])
}

#[test]
fn a_provider_is_read_with_what_is_usual() {
    let config = provider("secret_env = 'ACME'").unwrap();
    let [acme] = &config.providers[..] else { panic!() };
    assert_eq!((acme.name.as_str(), acme.label.as_str(), acme.secrets.len()), ("acme-pay", "acme-pay", 1));
    assert!(acme.currencies.is_empty());
    assert_eq!(acme.ask_schedule, crate::provider::AskSchedule::default());
    let shown: Vec<_> = config.lines.iter().filter(|line| line.key.starts_with("provider[0]")).collect();
    assert!(shown.iter().any(|line| line.value == "5s, 30s, 1m, 2m, 5m, 10m, 30m, 1h"), "{shown:?}");
    assert!(shown.iter().all(|line| !line.value.contains("whsec_")), "{shown:?}");
    let own = provider(
        "secret_env = 'ACME'\nlabel = 'Acme Pay'\ncurrencies = ['EUR', 'CHF']\nask_after = ['1s', '2h']\nasks_per_second = 7",
    );
    let acme = own.unwrap().providers.remove(0);
    assert_eq!((acme.label.as_str(), acme.currencies.len(), acme.ask_schedule.per_second()), ("Acme Pay", 2, 7));
    assert_eq!(acme.ask_schedule.waits(), [Duration::from_secs(1), Duration::from_hours(2)]);
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
