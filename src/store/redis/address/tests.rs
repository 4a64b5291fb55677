//! Addresses of Redis: what is meant, what is refused, what is shown.

use std::{fs, path::Path};

use super::*;

fn parsed(text: &str) -> RedisAddress {
    RedisAddress::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn it_says_where_it_is_and_never_the_password() {
    for (text, shown, described) in [
        (
            "redis://ada:hunter2@db.example:7000/3",
            "redis://…@db.example:7000/3",
            "Redis at db.example:7000, database 3",
        ),
        (
            "rediss://:hunter2@db.example",
            "rediss://…@db.example:6379/0",
            "Redis at db.example:6379, database 0, over TLS",
        ),
        ("valkey://[::1]:7000", "valkey://[::1]:7000/0", "Redis at [::1]:7000, database 0"),
        (
            "redis+unix:///run/redis.sock?database=2&user=ada&password=hunter2",
            "redis+unix:///run/redis.sock?database=2",
            "Redis at /run/redis.sock, database 2",
        ),
        (
            "redis+sentinel://ada:hunter2@a.example,b.example:7001/main/1?sentinel_password=hunter2",
            "redis+sentinel://…@a.example:26379,b.example:7001/main/1",
            "Redis, the master that the Sentinels at a.example:26379, b.example:7001 call main, database 1",
        ),
        (
            "rediss+cluster://:hunter2@a.example,[::1]:7001",
            "rediss+cluster://…@a.example:6379,[::1]:7001",
            "Redis Cluster at a.example:6379, [::1]:7001, over TLS",
        ),
        (
            "redis+cluster://a.example?durability=strict",
            "redis+cluster://a.example:6379?durability=strict&replicas=1",
            "Redis Cluster at a.example:6379, strict (replicas: 1)",
        ),
        (
            "redis+unix:///run/redis.sock?durability=strict",
            "redis+unix:///run/redis.sock?database=0&durability=strict&replicas=0",
            "Redis at /run/redis.sock, database 0, strict",
        ),
        ("redis://a/1?durability=fast", "redis://a:6379/1", "Redis at a:6379, database 1"),
    ] {
        let address = parsed(text);
        assert_eq!((address.redacted(), address.describe().as_str()), (shown, described));
        assert!(!format!("{address:?}").contains("hunter2") && RedisAddress::is_meant_by(text));
    }
}

#[test]
fn users_and_passwords_are_decoded() {
    let address = parsed("redis+sentinel://ada%40x:hunter%2F2@a/main?sentinel_user=eve&sentinel_password=p%26w");
    assert_eq!((address.login.username(), address.login.password()), (Some("ada@x"), Some("hunter/2")));
    let Place::Sentinels(_, name, login) = address.place() else { panic!("no Sentinels") };
    assert_eq!((name.as_str(), login.username(), login.password()), ("main", Some("eve"), Some("p&w")));
}

#[test]
fn what_cannot_be_meant_is_refused_without_being_repeated() {
    for (bad, rule) in [
        ("", "is not a URL of Redis"),
        ("db.example:6379", "is not a URL of Redis"),
        ("http://x:hunter2@db.example", "is not a URL of Redis"),
        ("redis:hunter2", "is not a URL of Redis"),
        ("redis://", "does not name a host"),
        ("redis://:hunter2@", "is not a URL"),
        ("redis://:hunter2@host:port", "is not a URL"),
        ("redis://:hunter2@host/first", "names a database that is not a number"),
        ("redis://:hunter2@host/0#insecure", "has a query or a fragment"),
        ("redis://:hunter2@host?protocol=resp3", "has a query or a fragment"),
        ("redis://:hunter2@host?ca=/x", "has a query or a fragment"),
        ("redis://hunter2@host", "names a user without a password"),
        ("redis://:hunter2@a,b", "names several hosts"),
        ("redis+unix://hunter2/run/x", "names no path"),
        ("redis+unix:///", "names no path"),
        ("redis+unix:///x?user=hunter2", "names a user without a password"),
        ("redis+sentinel://:hunter2@a,b", "does not say what the Sentinels call"),
        ("redis+sentinel://:hunter2@a,/main", "does not name a host"),
        ("redis+sentinel://:hunter2@a/main?sentinel_user=x", "names a user without a password"),
        ("redis+cluster://:hunter2@a/1", "names a database"),
        ("redis-sentinel://:hunter2@a", "is not a URL of Redis"),
        ("rediss://:hunter2@host?ca=/nowhere/ca.pem", "names a file `ca` that cannot be read"),
        ("redis://:hunter2@host?durability=eventual", "has a durability that is neither"),
        ("redis://:hunter2@host?replicas=1", "names replicas to wait for"),
        ("redis://:hunter2@host?durability=strict&replicas=x", "names a number of replicas"),
        ("redis+cluster://:hunter2@a?durability=strict&replicas=0", "is strict and waits for no replica"),
        ("rediss://:hunter2@host?ca=/a&ca=/b", "has a query or a fragment"),
    ] {
        let refusal = RedisAddress::parse(bad).unwrap_err();
        assert!(refusal.rule().starts_with(rule), "{bad}: {refusal}");
        assert!(!refusal.to_string().contains("hunter2"), "{refusal}");
    }
}

#[test]
fn certificates_are_read_when_the_address_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let pki = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/egress/tests/pki");
    let (ca, client, key) = (pki.join("authority.pem"), pki.join("client.pem"), pki.join("client.key"));
    let url = format!("rediss://h?ca={}&certificate={}&key={}", ca.display(), client.display(), key.display());
    assert!(parsed(&url).tls.is_some_and(|tls| tls.client_tls.is_some()));
    fs::write(path("bad.pem"), "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n").unwrap();
    let refusal = RedisAddress::parse(&format!("rediss://h?ca={}", path("bad.pem"))).unwrap_err();
    assert!(refusal.rule().contains("certificates that cannot be used"), "{refusal}");
    let refusal = RedisAddress::parse(&format!("rediss://h?certificate={}", client.display())).unwrap_err();
    assert!(refusal.rule().contains("without its key"), "{refusal}");
}
