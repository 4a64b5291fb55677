//! Connecting to one server.

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};

use crate::store::StoreError;

/// How many calls may wait to be written to a connection.
const QUEUE: usize = 1024;

/// A connection without deadlines of its own: ours are around every call.
pub(super) async fn connected(client: &Client) -> Result<MultiplexedConnection, StoreError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(None)
        .set_pipeline_buffer_size(QUEUE);
    let connection = client.get_multiplexed_async_connection_with_config(&config).await;
    connection.map_err(|error| StoreError::Unreachable(error.to_string()))
}
