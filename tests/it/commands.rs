//! What an operator types beside the server, in folders as they are found: empty, half restored, in use.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::gateway_process::GatewayProcess;
use crate::support::redis::RedisServer;

const OLD: &str = "old:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const NEW: &str = "new:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

/// Runs `handback` in this folder, with these variables (without `HANDBACK_`) and no configuration file.
fn handback(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_handback"));
    command.env_clear().current_dir(folder).args(arguments);
    command.envs(settings.iter().map(|(name, value)| (format!("HANDBACK_{name}"), value)));
    command.output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_command_that_fails_or_only_reads_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let nobody = "d6eb0000-0000-4000-8000-000000000000";
    let refused: [(&[&str], &str); 6] = [
        (&["merchant", "rotate-key", "--merchant", "xyz"], "xyz"),
        (&["merchant", "rotate-key", "--merchant", nobody], "there is no store yet at embedded:./handback-data"),
        (&["merchant", "list"], "there is no store yet at embedded:./handback-data"),
        (&["merchant", "add", "--name", ""], "--name"),
        (&["merchant", "add", "--name", &"x".repeat(81)], "--name"),
        (&["--config", "nowhere.toml", "merchant", "add", "--name", "Shop"], "nowhere.toml"),
    ];
    for (arguments, why) in refused {
        let output = handback(folder.path(), &[], arguments);
        assert!(!output.status.success(), "{arguments:?} was accepted");
        assert!(told(&output).contains(why), "{arguments:?}: {}", told(&output));
        assert_eq!(files(folder.path()), [""; 0], "{arguments:?} left something behind");
    }
    let reads: [&[&str]; 3] = [&["check-config"], &["keys", "new"], &["--help"]];
    for arguments in reads {
        let output = handback(folder.path(), &[], arguments);
        assert!(output.status.success(), "{arguments:?}: {}", told(&output));
        assert_eq!(files(folder.path()), [""; 0], "{arguments:?} left something behind");
    }
    let wrong = handback(folder.path(), &[("LISTEN", "nowhere")], &["merchant", "add", "--name", "Shop"]);
    assert!(told(&wrong).contains("HANDBACK_LISTEN"), "{}", told(&wrong));
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn a_command_says_which_store_it_used() {
    let folder = TempDir::new().unwrap();
    let added = handback(folder.path(), &[], &["merchant", "add", "--name", "Shop", "--json"]);
    assert!(added.status.success(), "{}", told(&added));
    for line in ["store: embedded (SQLite) in ./handback-data", "keys: made ./handback-data/keys", "the demo's store"] {
        assert!(told(&added).contains(line), "{line}: {}", told(&added));
    }
    let listed = handback(folder.path(), &[], &["merchant", "list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("Shop"));
    assert!(told(&listed).contains("store: embedded (SQLite) in ./handback-data"), "{}", told(&listed));
    assert!(!told(&listed).contains("keys: made"), "{}", told(&listed));
}

#[test]
fn a_restored_store_without_its_key_file_is_refused_and_gets_no_new_one() {
    let folder = TempDir::new().unwrap();
    assert!(handback(folder.path(), &[], &["merchant", "add", "--name", "Shop"]).status.success());
    let data = folder.path().join("handback-data");
    std::fs::remove_file(data.join("keys")).unwrap();
    let before = files(&data);
    let commands: [&[&str]; 3] = [&["merchant", "list"], &["merchant", "add", "--name", "Second"], &["serve"]];
    for arguments in commands {
        let output = handback(folder.path(), &[("LISTEN", "127.0.0.1:0")], arguments);
        assert!(!output.status.success(), "{arguments:?} was accepted");
        assert!(told(&output).contains("the key file ./handback-data/keys is missing"), "{}", told(&output));
        assert_eq!(files(&data), before, "{arguments:?}");
    }
}

#[test]
fn a_redis_that_has_another_key_leaves_no_key_file_behind() {
    let (redis, first, second) = (RedisServer::start(), TempDir::new().unwrap(), TempDir::new().unwrap());
    let url = redis.url();
    let store = [("STORE", url.as_str())];
    let added = handback(first.path(), &store, &["merchant", "add", "--name", "Shop"]);
    assert!(added.status.success(), "{}", told(&added));
    let refused = handback(second.path(), &store, &["merchant", "add", "--name", "Shop"]);
    assert!(!refused.status.success());
    let why = "it was created with a different operator key; add that key to HANDBACK_KEYS";
    assert!(told(&refused).contains(why), "{}", told(&refused));
    assert_eq!(files(second.path()), [""; 0]);
    let unknown = handback(second.path(), &store, &["merchant", "list"]);
    assert!(!unknown.status.success() && files(second.path()).is_empty(), "{}", told(&unknown));
}

#[test]
fn a_second_server_on_one_embedded_store_is_refused_until_the_first_is_gone() {
    let mut first = GatewayProcess::start(&[]);
    let data = format!("embedded:{}", first.data().display());
    let settings = [("STORE", data.as_str()), ("LISTEN", "127.0.0.1:0")];
    let folder = TempDir::new().unwrap();
    let second = handback(folder.path(), &settings, &["serve"]);
    assert!(!second.status.success(), "a second server started");
    assert!(told(&second).contains("another server is running on"), "{}", told(&second));
    let beside = handback(folder.path(), &settings, &["merchant", "list"]);
    assert!(beside.status.success(), "{}", told(&beside));
    first.kill();
    first.restart();
}

#[test]
fn a_key_that_is_dropped_while_journeys_need_it_is_named_with_their_number() {
    let mut gateway = GatewayProcess::start(&[("KEYS", &format!("{OLD},{NEW}"))]);
    let (_, key) = gateway.add_merchant();
    for _ in 0..3 {
        gateway.open_link(&key);
    }
    let data = format!("embedded:{}", gateway.data().display());
    let folder = TempDir::new().unwrap();
    let checked = |keys: &str| {
        let output = handback(folder.path(), &[("STORE", data.as_str()), ("KEYS", keys)], &["check-config"]);
        assert!(output.status.success(), "{}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let warning = "the operator key old is missing, and 3 unfinished journeys need it";
    gateway.stop();
    gateway.set("KEYS", &format!("{NEW},{OLD}"));
    gateway.restart();
    gateway.stop();
    assert!(!checked(&format!("{NEW},{OLD}")).contains("is missing"));
    assert!(checked(NEW).contains(warning), "{}", checked(NEW));
    gateway.set("KEYS", NEW);
    gateway.restart();
    gateway.await_log(warning);
    assert_eq!(files(folder.path()), [""; 0]);
}

#[test]
fn servers_that_start_together_on_an_empty_store_are_one_demo() {
    let redis = RedisServer::start();
    let url = redis.url();
    let folder = TempDir::new().unwrap();
    let settings = [("STORE", url.as_str()), ("KEYS", NEW), ("LISTEN", "127.0.0.1:0"), ("WORKERS", "1")];
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handback"));
        command.env_clear().current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.envs(settings.iter().map(|(name, value)| (format!("HANDBACK_{name}"), value)));
        command.spawn().unwrap()
    };
    let mut servers: Vec<Child> = (0..3).map(|_| start()).collect();
    let greetings: Vec<String> = servers.iter_mut().map(greeting).collect();
    for mut server in servers {
        server.kill().unwrap();
        server.wait().unwrap();
    }
    let made = greetings.iter().filter(|greeting| greeting.contains("A demo merchant was made")).count();
    assert_eq!(made, 1, "{greetings:#?}");
    assert!(greetings.iter().all(|greeting| greeting.contains("/demo to make a payment")), "{greetings:#?}");
    let listed = handback(folder.path(), &settings, &["merchant", "list"]);
    assert_eq!(String::from_utf8(listed.stdout).unwrap().lines().count(), 1);
}

/// What a server prints at its start, to the last line of the demo's; or why it ended.
fn greeting(server: &mut Child) -> String {
    let mut text = String::new();
    for line in BufReader::new(server.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        text = text + &line + "\n";
        if ["signing_secret", "handback merchant rotate-key"].iter().any(|last| line.contains(last)) {
            return text;
        }
    }
    let mut why = String::new();
    server.stderr.take().unwrap().read_to_string(&mut why).unwrap();
    text + &why
}

#[test]
fn an_address_that_is_taken_is_named_with_its_setting() {
    let (folder, taken) = (TempDir::new().unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = taken.local_addr().unwrap().to_string();
    for (settings, named) in [
        (vec![("LISTEN", address.as_str())], "HANDBACK_LISTEN"),
        (vec![("LISTEN", "127.0.0.1:0"), ("METRICS_LISTEN", &address)], "HANDBACK_METRICS_LISTEN"),
    ] {
        let refused = handback(folder.path(), &settings, &["serve"]);
        assert!(!refused.status.success());
        for part in [address.as_str(), named, "in use"] {
            assert!(told(&refused).contains(part), "{part}: {}", told(&refused));
        }
    }
}
