//! Sentinels: who is the master, asked whenever a connection is made.

use std::time::Duration;

use redis::{Client, FromRedisValue, RedisConnectionInfo, Value};

use super::address::RedisAddress;
use super::dial::{connect, first_answer};
use super::server::Server;
use crate::store::StoreError;

/// How long a Sentinel may take.
const ANSWER: Duration = Duration::from_millis(500);

/// The Sentinels of one master.
pub(super) struct Sentinels {
    address: RedisAddress,
    sentinels: Vec<Server>,
    login: RedisConnectionInfo,
    name: String,
}

impl Sentinels {
    /// Those of an address.
    pub(super) fn new(address: RedisAddress, sentinels: &[Server], name: &str, login: &RedisConnectionInfo) -> Self {
        Self { address, sentinels: sentinels.to_vec(), login: login.clone(), name: name.to_owned() }
    }

    /// A client of the master that the first of them to know it names.
    pub(super) async fn master(&self) -> Result<Client, StoreError> {
        let master = first_answer(&self.sentinels, ANSWER, |sentinel| self.ask(sentinel)).await?;
        self.address.client_of(&master)
    }

    async fn ask(&self, sentinel: &Server) -> Result<Server, StoreError> {
        let said = |what: String| StoreError::Unreachable(format!("the Sentinel at {sentinel} {what}"));
        let client = self.address.client_of_sentinel(sentinel, &self.login)?;
        let mut connection = connect(&client).await?;
        let mut question = redis::cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.name);
        let answer = connection.send_packed_command(&question).await.and_then(Value::extract_error);
        let answer = answer.map_err(|error| said(format!("refuses: {error}")))?;
        let master: Option<(String, u16)> =
            FromRedisValue::from_redis_value(answer).map_err(|_| said("does not name a host and a port".into()))?;
        let (host, port) = master.ok_or_else(|| said(format!("knows no master {}", self.name)))?;
        Ok(Server::new(&host, port, sentinel))
    }
}
