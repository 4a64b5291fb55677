//! The outgoing HTTP clients.
//!
//! They follow no redirects, ask no proxy of the environment, and have one deadline over everything. So far the demo
//! uses one, towards this very server, and each bank has one of its own; the courier will send through one too.

use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Error, Identity};

/// How long an outgoing call may take, from the first packet to the last.
const DEADLINE: Duration = Duration::from_secs(15);

/// The same for a call to a bank, most of which a customer never waits for.
const BANK_DEADLINE: Duration = Duration::from_secs(45);

/// How long a bank may take to be connected to, TLS included.
const BANK_CONNECT: Duration = Duration::from_secs(5);

/// Makes the client.
///
/// # Errors
/// When its TLS cannot be set up.
pub fn client() -> Result<Client, Error> {
    builder().timeout(DEADLINE).build()
}

/// Makes a bank's client, which trusts these authorities besides the public ones, and shows this certificate.
///
/// It uses no connection twice: what is sent on one that the bank is just closing is neither sent nor unsent, and a code
/// must not be lost so.
///
/// # Errors
/// When its TLS cannot be set up.
pub fn bank_client(trusted: Vec<Certificate>, shown: Option<Identity>) -> Result<Client, Error> {
    let builder = builder().timeout(BANK_DEADLINE).connect_timeout(BANK_CONNECT).pool_max_idle_per_host(0);
    let builder = trusted.into_iter().fold(builder, ClientBuilder::add_root_certificate);
    match shown {
        Some(identity) => builder.identity(identity),
        None => builder,
    }
    .build()
}

fn builder() -> ClientBuilder {
    Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy()
}
