//! The forms of an address, each before a Redis of its kind.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;

use super::fixture::{self, RedisServer};
use super::*;
use crate::store::laws::fixtures::{fresh, merchant};
use crate::store::{Merchants, StoreError};

/// A file of the test's own authority.
fn pki(name: &str) -> String {
    format!("{}/src/egress/tests/pki/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test]
async fn a_redis_is_reached_at_its_socket() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("redis.sock").display().to_string();
    let server = RedisServer::start_with(&["--unixsocket", &socket]);
    let store = store(&format!("redis+unix://{socket}?database=3"));
    assert_eq!(store.register_owner(&[fresh()]).await, Ok(()));
    assert!(server.ask("INFO keyspace").contains("db3:keys=1"));
}

#[tokio::test]
async fn an_own_authority_and_a_certificate_of_ours_open_a_redis_over_tls() {
    let port = fixture::free_port();
    let (cert, key, ca) = (pki("server.pem"), pki("server.key"), pki("authority.pem"));
    let options =
        ["--tls-port", &port.to_string(), "--tls-cert-file", &cert, "--tls-key-file", &key, "--tls-ca-cert-file", &ca];
    let server = RedisServer::start_with(&[&options[..], &["--tls-auth-clients", "yes"]].concat());
    let at = |query: &str| store(&format!("rediss://localhost:{port}{query}"));
    let (client, own) = (pki("client.pem"), pki("client.key"));
    assert_eq!(at(&format!("?ca={ca}&certificate={client}&key={own}")).probe().await.map(drop), Ok(()));
    for refused in [String::new(), format!("?ca={ca}")] {
        assert!(matches!(at(&refused).probe().await, Err(StoreError::Unreachable(_))), "{refused:?}");
    }
    drop(server);
}

#[tokio::test]
async fn a_user_is_logged_in_by_its_own_name_and_needs_no_dangerous_commands() {
    let server = RedisServer::start();
    let rights = "ACL SETUSER ada on >hunter2 ~hb:* +@read +@write +@connection +@scripting +time";
    assert!(server.ask(rights).contains("OK"));
    let url = server.url().replace("127.0.0.1", "ada:hunter2@127.0.0.1");
    let store = store(&url);
    assert_eq!(store.register_owner(&[fresh()]).await, Ok(()));
    assert!(server.ask("CLIENT LIST").contains("user=ada"));
    let wrong = store_of(&url.replace("hunter2", "hunter3")).await;
    assert!(matches!(&wrong, Err(StoreError::Unreachable(why)) if !why.contains("hunter")), "{wrong:?}");
}

async fn store_of(url: &str) -> Result<()> {
    store(url).probe().await.map(drop)
}

#[tokio::test]
async fn a_replica_is_not_taken_for_a_master() {
    let master = RedisServer::start();
    let replica = RedisServer::start_with(&["--replicaof", "127.0.0.1", &master.address().port().to_string()]);
    let refused = store(&replica.url()).probe().await;
    assert!(matches!(&refused, Err(StoreError::Unwritable(_, why)) if why.contains("replica")), "{refused:?}");
    let store = store(&master.url());
    assert_eq!(store.add(&merchant("Shop", store.clock.now())).await, Ok(true));
    // While one looks on, the two change their parts.
    assert!(replica.ask("REPLICAOF NO ONE").contains("OK"));
    assert!(master.ask(&format!("REPLICAOF 127.0.0.1 {}", replica.address().port())).contains("OK"));
    let refused = store.add(&merchant("Shop", store.clock.now())).await;
    assert!(refused.is_err(), "{refused:?}");
    assert!(master.ask("REPLICAOF NO ONE").contains("OK"));
    let began = Instant::now();
    while let Err(error) = store.probe().await {
        assert!(began.elapsed() < Duration::from_secs(3), "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Three Sentinels that watch a master called `main`.
pub(super) struct Watched {
    sentinels: Vec<(Child, u16)>,
    _folder: TempDir,
}

impl Watched {
    pub(super) fn over(master: &RedisServer) -> Self {
        let folder = TempDir::new().unwrap();
        let ports = std::iter::repeat_with(fixture::free_port).take(3);
        let start = |port: u16| {
            let file = folder.path().join(format!("{port}.conf"));
            let main = format!("main 127.0.0.1 {} 2", master.address().port());
            let lines = [
                format!("port {port}\nbind 127.0.0.1\ndir {}", folder.path().display()),
                format!("sentinel monitor {main}\nsentinel down-after-milliseconds main 1000"),
                "sentinel failover-timeout main 4000\nrequirepass hunter2\nsentinel sentinel-pass hunter2\n".into(),
            ];
            std::fs::write(&file, lines.join("\n")).unwrap();
            let mut command = Command::new("redis-server");
            command.arg(&file).arg("--sentinel").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            (command.spawn().expect("these tests need redis-server on the PATH"), port)
        };
        Self { sentinels: ports.map(start).collect(), _folder: folder }
    }

    pub(super) fn url(&self) -> String {
        let hosts: Vec<_> = self.sentinels.iter().map(|(_, port)| format!("127.0.0.1:{port}")).collect();
        format!("redis+sentinel://{}/main?sentinel_password=hunter2", hosts.join(","))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        for (sentinel, _) in &mut self.sentinels {
            let _ = sentinel.kill();
            let _ = sentinel.wait();
        }
    }
}

/// Asks until it is answered, for at most this long.
async fn eventually(store: &RedisStore, within: Duration) {
    let began = Instant::now();
    while let Err(error) = store.probe().await {
        assert!(began.elapsed() < within, "after {:?}: {error}", began.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn sentinels_lead_to_the_master_and_after_a_failover_to_the_new_one() {
    let mut first = RedisServer::start();
    let second = RedisServer::start_with(&["--replicaof", "127.0.0.1", &first.address().port().to_string()]);
    let watched = Watched::over(&first);
    let store = store(&watched.url());
    eventually(&store, Duration::from_secs(10)).await;
    let owner = fresh();
    assert_eq!(store.register_owner(&[owner]).await, Ok(()));
    // The Sentinels know the replica, and it has what was written.
    let began = Instant::now();
    while !first.ask("INFO replication").contains("state=online") || second.ask("DBSIZE").contains(":0") {
        assert!(began.elapsed() < Duration::from_secs(15), "the replica does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    first.kill();
    eventually(&store, Duration::from_secs(30)).await;
    assert_eq!(store.register_owner(&[owner]).await, Ok(()));
    assert!(second.ask("ROLE").contains("master"));
    // The old master comes back as a master, until the Sentinels tell it otherwise: what is written goes to the new one.
    first.restart();
    let shop = merchant("Shop", store.clock.now());
    assert_eq!(store.add(&shop).await, Ok(true));
    assert_eq!(store.merchant(shop.id).await.unwrap().as_ref(), Some(&shop));
}
