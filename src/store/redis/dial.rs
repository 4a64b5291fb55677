//! Connecting to a server, and asking several at once.

use std::{future::Future, time::Duration};

use futures_util::future::{FutureExt, select_ok};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};
use tokio::time::timeout;

use super::server::Server;
use crate::store::StoreError;

/// How many calls may wait to be written to a connection.
const QUEUE: usize = 1024;

/// Makes a connection without deadlines of its own: ours are around every call.
pub(super) async fn connect(client: &Client) -> Result<MultiplexedConnection, StoreError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(None)
        .set_pipeline_buffer_size(QUEUE);
    let connection = client.get_multiplexed_async_connection_with_config(&config).await;
    connection.map_err(|error| StoreError::Unreachable(error.to_string()))
}

/// Asks these servers, of which there is at least one, at the same time; answers what the first of them says that can
/// answer.
pub(super) async fn first_answer<'a, T, F>(
    servers: impl IntoIterator<Item = &'a Server>,
    within: Duration,
    ask: impl Fn(&'a Server) -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>> + Send + 'a,
    T: Send + 'a,
{
    let asked = servers.into_iter().map(|server| {
        let silent = move |_| Err(StoreError::Unreachable(format!("{server} does not answer")));
        timeout(within, ask(server)).map(move |answer| answer.unwrap_or_else(silent)).boxed()
    });
    let (first, _) = select_ok(asked).await?;
    Ok(first)
}
