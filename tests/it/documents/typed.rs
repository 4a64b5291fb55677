//! The blocks that a document asks its readers to type run as they stand, and print what the document says.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::text;
use crate::support::gateway_process::GatewayProcess;

/// The shell blocks of a document, in order.
fn shell_blocks(document: &str) -> Vec<&str> {
    document.split("\n```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

/// A shell with these variables beside its path, and none of ours.
fn shell(script: &str, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let path = std::env::var("PATH").unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).current_dir(folder).env_clear().env("PATH", path).envs(variables.iter().copied());
    let output = shell.output().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: it needs curl and python3\n{printed}\n{errors}", output.status);
    output
}

/// Puts a program called `cargo` into this folder, which runs the binary of these tests and nothing else.
fn cargo_that_runs_the_binary(folder: &Path) {
    let program = folder.join("cargo");
    let binary = env!("CARGO_BIN_EXE_handback");
    std::fs::write(&program, format!("#!/bin/sh\n[ \"$*\" = \"run --release\" ] && exec {binary}\n")).unwrap();
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_readmes_block_runs_unedited_to_a_redeemed_token() {
    let readme = text("README.md");
    let block = shell_blocks(&readme).into_iter().find(|block| block.starts_with('(')).expect("a block to paste");
    let (folder, temporary) = (TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap(), TempDir::new().unwrap());
    cargo_that_runs_the_binary(folder.path());
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let temporary_folder = temporary.path().to_str().unwrap();
    let output = shell(block, folder.path(), &[("PATH", &path), ("TMPDIR", temporary_folder)]);
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = printed.lines().collect();

    let callback = lines.iter().find(|line| line.starts_with("GET ")).expect("a callback");
    assert!(callback.starts_with("GET /paid?order=7&pay_id="), "{callback}");
    assert!(callback.contains("&status=success&one-time-token=ott_"), "{callback}");
    let outcome: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    assert_eq!((&outcome["status"], &outcome["amount"]), (&Value::from("paid"), &Value::from("25.00")), "{outcome}");
    assert!(readme.contains(r#""status":"paid","amount":"25.00","currency":"EUR""#), "the README says so, too");

    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "it has left files behind");
    let link = lines.iter().find_map(|line| line.strip_prefix("http://")).expect("a link");
    let address = link.split('/').next().unwrap();
    assert!(TcpStream::connect(address).is_err(), "it has left a gateway running at {address}");
}

#[test]
fn every_step_of_the_quick_start_prints_what_it_says() {
    let (gateway, folder) = (GatewayProcess::start(&[]), TempDir::new().unwrap());
    let (id, key) = gateway.add_merchant();
    let base = gateway.base();
    let guide = text("docs/QUICKSTART.md");
    let blocks = shell_blocks(&guide);
    let [start, settings, steps @ ..] = blocks.as_slice() else { panic!("two blocks and the steps") };
    assert_eq!(*start, "cargo run --release");
    let names: Vec<_> = settings.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert_eq!(names, ["BASE", "KEY", "ID"]);
    let default = settings.lines().find_map(|line| line.strip_prefix("BASE=")).unwrap();

    let script = format!("set -eu\n{}", steps.join("\n"));
    let output = shell(&script, folder.path(), &[("BASE", &base), ("KEY", &key), ("ID", &id)]);
    let printed = String::from_utf8(output.stdout).unwrap().replace(&base, default);
    let promised: Vec<_> =
        steps.iter().flat_map(|step| step.lines()).filter_map(|line| line.strip_prefix("# ")).collect();
    assert!(promised.len() >= 12, "{promised:?}");
    assert_eq!(printed.lines().count(), promised.len(), "{printed}");
    for (line, pattern) in printed.lines().zip(promised) {
        assert!(fits(line, pattern), "docs/QUICKSTART.md says\n{pattern}\nand it prints\n{line}");
    }
}

/// Whether a line is the pattern, in which an ellipsis stands for any text.
fn fits(line: &str, pattern: &str) -> bool {
    let parts: Vec<&str> = pattern.split('…').collect();
    let [first, middle @ .., last] = parts.as_slice() else { return line == pattern };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn an_ellipsis_stands_for_any_text_and_nothing_else_does() {
    for (line, pattern) in [("303", "303"), ("a=1&b=2", "a=…&b=2"), ("a=1&b=2", "…&b=…"), ("ab", "a…b")] {
        assert!(fits(line, pattern), "{line} {pattern}");
    }
    for (line, pattern) in [("303", "30"), ("a=1&c=2", "a=…&b=2"), ("xa=1", "a=…"), ("a=1x", "a=…1"), ("a", "a…a")]
    {
        assert!(!fits(line, pattern), "{line} {pattern}");
    }
}
