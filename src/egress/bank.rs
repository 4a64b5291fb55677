//! The client of a bank that builds its own requests. It has all the limits of other outgoing calls, and no guard: its
//! addresses are those that an operator wrote of that bank, never a merchant's.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Error, Identity, redirect};

/// How long a call to a bank may take, most of which a customer never waits for.
const DEADLINE: Duration = Duration::from_secs(45);

/// How long a bank may take to be connected to, TLS included.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a connection is kept that nobody uses. What is sent on one that the bank is just closing is neither sent nor
/// unsent, and a code must not be lost so: servers close what has been idle for five seconds or longer (Node.js, Apache;
/// nginx waits for 75), and this is well before. What remains is a bank that stops, or closes without having said so.
const IDLE: Duration = Duration::from_secs(2);

/// The most connections that are kept to one bank.
const KEPT: usize = 8;

/// Makes a bank's client, which trusts these authorities besides the public ones, and shows this certificate.
///
/// Whatever the address, it calls it: [`Builder`](super::Builder) makes a client with a guard.
///
/// # Errors
/// When its TLS cannot be set up.
pub fn bank_client(trusted: Vec<Certificate>, shown: Option<Identity>) -> Result<Client, Error> {
    let builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(DEADLINE)
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(KEPT);
    let builder = trusted.into_iter().fold(builder, ClientBuilder::add_root_certificate);
    match shown {
        Some(identity) => builder.identity(identity),
        None => builder,
    }
    .build()
}
