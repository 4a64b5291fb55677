//! A proxy of the environment is not asked. A process of its own has that environment.

use std::process::Command;

use super::{allowing, receiver::Receiver};
use crate::egress::Call;

/// Where the child is to call.
const TARGET: &str = "EGRESS_TEST_TARGET";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_of_the_environment_is_not_asked() {
    let (proxy, target) = (Receiver::open("127.0.0.1:0").await, Receiver::open("127.0.0.1:0").await);
    assert!(child("a_guarded_child", &proxy, &target).await);
    assert_eq!((proxy.accepted().await, target.accepted().await), (0, 1));
    // The same environment takes a client without our settings to the proxy.
    assert!(child("an_unguarded_child", &proxy, &target).await);
    assert_eq!((proxy.accepted().await, target.accepted().await), (1, 1));
}

/// Runs a test of this file in a process whose environment names a proxy.
async fn child(name: &str, proxy: &Receiver, target: &Receiver) -> bool {
    let module = module_path!().split_once("::").unwrap().1;
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", &format!("{module}::{name}")]).env(TARGET, target.url("/"));
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(variable, proxy.url(""));
    }
    // A CGI's environment has no HTTP_PROXY that could be believed, and some hosts call nobody by proxy.
    command.env_remove("REQUEST_METHOD").env_remove("NO_PROXY").env_remove("no_proxy");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed")
}

#[tokio::test]
#[ignore = "a child of a_proxy_of_the_environment_is_not_asked"]
async fn a_guarded_child() {
    let client = allowing(&["127.0.0.0/8"]).build().unwrap();
    let answer = client.send(Call::get(&std::env::var(TARGET).unwrap())).await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
}

#[tokio::test]
#[ignore = "a child of a_proxy_of_the_environment_is_not_asked"]
async fn an_unguarded_child() {
    let answer = reqwest::get(std::env::var(TARGET).unwrap()).await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
}
