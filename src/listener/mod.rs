//! The guarded listener: HTTP over connections that have a budget.
//!
//! The HTTP server below us has deadlines for some parts of an exchange and none for others: a chunked body that nobody
//! reads, a second head and an answer that is not taken hold their connection for ever, and requests that are sent
//! ahead are all answered into memory. So every connection has a budget, kept below the server (the stream that it
//! reads and writes) and above it (when a head is whole, when an answer is given). It holds for every listener.

mod admission;
mod answers;
mod budget;
mod closing;
mod connection;
mod socket;
mod stream;

use std::{net::TcpListener, time::Duration};

use actix_http::{HttpService, KeepAlive, Protocol, Request, error::DispatchError};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactory, apply_fn_factory, map_config};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::{Error, body::MessageBody};
use tokio::net::TcpStream;

pub use admission::Admission;
pub use closing::{Closing, let_the_last_in};
pub use connection::Connection;
pub use socket::{accepted_at, listen, most_connections, open_files, raise_open_files};

use answers::{AnswersOf, PIECE};
use budget::Limits;
use stream::GuardedStream;

/// How a listener serves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Threads that serve.
    pub workers: usize,
    /// The most connections at a time; more wait in the backlog.
    pub most_connections: usize,
    /// For how long an idle connection is kept; `None` when one answer is the last.
    pub keep_alive: Option<Duration>,
    /// For how long requests under way may go on after the server was asked to stop, in seconds.
    pub shutdown_seconds: u64,
    /// Who is let in.
    pub admission: Admission,
    /// How its end begins.
    pub closing: Closing,
}

impl Options {
    /// The most connections of one worker. Each has at least one.
    fn most_of_a_worker(&self) -> usize {
        (self.most_connections / self.workers.max(1)).max(1)
    }

    /// The most connections of all workers together, at which the listener is full.
    pub fn most_of_all(&self) -> usize {
        self.most_of_a_worker() * self.workers.max(1)
    }
}

/// Serves apps over HTTP/1.1 at `listener`, once the server is awaited.
///
/// The app must not ask for the server's own host name or address: it does not know them.
///
/// # Errors
/// When the socket cannot be used.
pub fn serve<A, I, F, B>(listener: TcpListener, options: &Options, app: A) -> std::io::Result<Server>
where
    A: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<F, Request> + 'static,
    F: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error, InitError = ()>
        + 'static,
    F::Future: 'static,
    F::Service: 'static,
    B: MessageBody + 'static,
{
    let builder = Server::build()
        .workers(options.workers)
        .max_concurrent_connections(options.most_of_a_worker())
        .shutdown_timeout(options.shutdown_seconds)
        .disable_signals();
    let options = options.clone();
    let service = move || connections(&options, app.clone());
    Ok(builder.listen("handback", listener, service)?.run())
}

/// What [`serve`] makes of an app for each of its threads: a service of connections.
pub fn connections<A, I, F, B>(
    options: &Options,
    app: A,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> + use<A, I, F, B>
where
    A: Fn() -> I,
    I: IntoServiceFactory<F, Request> + 'static,
    F: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error, InitError = ()>
        + 'static,
    F::Future: 'static,
    F::Service: 'static,
    B: MessageBody + 'static,
{
    let limits = Limits::with_keep_alive(options.keep_alive);
    // Idle connections are closed by the budget.
    let keep_alive = if options.keep_alive.is_some() { KeepAlive::Os } else { KeepAlive::Disabled };
    let http = HttpService::<GuardedStream, _, _>::build()
        .keep_alive(keep_alive)
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(Duration::ZERO)
        .h1_write_buffer_size(PIECE)
        .on_connect_ext(|stream: &GuardedStream, data| {
            data.insert(stream.connection().clone());
        })
        .finish(AnswersOf(map_config(app(), |()| AppConfig::default())));
    let (admission, closing) = (options.admission.clone(), options.closing.clone());
    apply_fn_factory(http, move |socket: TcpStream, http| {
        let address = admission.asks_for_addresses().then(|| socket.peer_addr().ok()).flatten();
        let served = admission.admit(address.map(|address| address.ip())).map(|admitted| {
            let connection = Connection::new(socket, limits, (admitted, closing.clone()));
            let stream = GuardedStream::of(connection.clone());
            (connection, actix_service::Service::call(http, (stream, Protocol::Http1, None)))
        });
        async move {
            if let Some((connection, server)) = served {
                connection.serve(server, is_unread).await;
            }
            Ok::<(), DispatchError>(())
        }
    })
}

/// Whether a server that ended so may have left something unread, for which its answer must not be lost.
const fn is_unread(error: &DispatchError) -> bool {
    matches!(error, DispatchError::Parse(_))
}
