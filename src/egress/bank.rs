//! The client of a bank that builds its own requests. It has all the limits of other outgoing calls, and no guard: its
//! addresses are those that an operator wrote of that bank, never a merchant's.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Error, Identity, redirect};

/// How long a call to a bank may take, most of which a customer never waits for.
const DEADLINE: Duration = Duration::from_secs(45);

/// How long a bank may take to be connected to, TLS included.
const CONNECT: Duration = Duration::from_secs(5);

/// Makes a bank's client, which trusts these authorities besides the public ones, and shows this certificate.
///
/// It uses no connection twice: what is sent on one that the bank is just closing is neither sent nor unsent, and a
/// code must not be lost so. Whatever the address, it calls it: [`Builder`](super::Builder) makes a client with a
/// guard.
///
/// # Errors
/// When its TLS cannot be set up.
pub fn bank_client(trusted: Vec<Certificate>, shown: Option<Identity>) -> Result<Client, Error> {
    let builder = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(DEADLINE)
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(0);
    let builder = trusted.into_iter().fold(builder, ClientBuilder::add_root_certificate);
    match shown {
        Some(identity) => builder.identity(identity),
        None => builder,
    }
    .build()
}
