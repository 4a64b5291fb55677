//! Registering an owner: what this store asks of a Redis.

use super::{fixture::RedisServer, *};
use crate::store::laws::fixtures::fresh;

#[tokio::test]
async fn a_redis_that_evicts_is_refused() {
    let server = RedisServer::start_with(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
    let refused = store(&server.url()).register_owner(&[fresh()]).await;
    assert!(matches!(&refused, Err(StoreError::Foreign(why)) if why.contains("noeviction")), "{refused:?}");
}

#[tokio::test]
async fn a_redis_that_hides_its_settings_or_appends_nothing_is_accepted() {
    for options in [&["--rename-command", "CONFIG", ""][..], &["--appendonly", "no"]] {
        let server = RedisServer::start_with(options);
        assert_eq!(store(&server.url()).register_owner(&[fresh()]).await, Ok(()));
    }
}

#[tokio::test]
async fn a_node_of_a_cluster_is_refused() {
    let server = RedisServer::start_with(&["--cluster-enabled", "yes"]);
    let refused = store(&server.url()).register_owner(&[fresh()]).await;
    assert!(matches!(&refused, Err(StoreError::Foreign(why)) if why.contains("redis+cluster://")), "{refused:?}");
}

#[tokio::test]
async fn a_password_opens_and_is_never_shown() {
    let server = RedisServer::start();
    assert!(server.ask("CONFIG SET requirepass hunter2").contains("OK"));
    let url = |password: &str| server.url().replace("127.0.0.1", &format!(":{password}@127.0.0.1"));
    assert_eq!(store(&url("hunter2")).probe().await.map(drop), Ok(()));
    let wrong = store(&url("hunter3"));
    let refused = wrong.probe().await.unwrap_err().to_string();
    assert!(!refused.contains("hunter") && !wrong.describe().contains("hunter"), "{refused}");
}
