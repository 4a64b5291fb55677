//! How a client is made: for merchants' endpoints by default, or for a bank with authorities and a certificate of its
//! own.

use std::{sync::Arc, time::Duration};

use ipnet::IpNet;
use reqwest::{Certificate, ClientBuilder, Identity, redirect};

use super::Client;
use super::guard::{Guard, Ports, Reach};
use super::resolver::{GuardedNames, Names, SystemNames};
use crate::domain::{Invalid, Secret};

/// How long a call may take unless the client or the call says otherwise.
const DEADLINE: Duration = Duration::from_secs(15);

/// How long it may take to look a name up and to connect, TLS included.
const CONNECT: Duration = Duration::from_secs(5);

/// Whether a connection is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connections {
    Kept,
    UsedOnce,
}

/// A client in the making; [`Client::builder`] begins one.
///
/// A bank's client, which may have a private authority, a client certificate and any port:
///
/// ```
/// use handback::egress::{Client, Ports};
/// # fn bank(authority: Option<&str>) -> Result<Client, Box<dyn std::error::Error>> {
/// let mut builder = Client::builder().ports(Ports::Any).one_call_a_connection();
/// if let Some(pem) = authority {
///     builder = builder.trust(pem)?;
/// }
/// Ok(builder.build()?)
/// # }
/// # bank(None).unwrap();
/// ```
#[must_use]
pub struct Builder {
    listed: Vec<IpNet>,
    ports: Ports,
    names: Arc<dyn Names>,
    trusted: Vec<Certificate>,
    shown: Option<Identity>,
    deadline: Duration,
    connect: Duration,
    connections: Connections,
    idle: Option<Duration>,
    has_guard: bool,
    keeps_certificates: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            listed: Vec::new(),
            ports: Ports::default(),
            names: Arc::new(SystemNames),
            trusted: Vec::new(),
            shown: None,
            deadline: DEADLINE,
            connect: CONNECT,
            connections: Connections::Kept,
            idle: None,
            has_guard: true,
            keeps_certificates: false,
        }
    }
}

impl Builder {
    /// Lists networks that may be called although they are set apart, by http as well, and on every port.
    pub fn allow(mut self, networks: impl IntoIterator<Item = IpNet>) -> Self {
        self.listed.extend(networks);
        self
    }

    /// The ports on which public addresses may be called; by default 443.
    pub fn ports(mut self, ports: Ports) -> Self {
        self.ports = ports;
        self
    }

    /// Looks names up elsewhere than with the system. What is answered is judged all the same.
    pub fn names(mut self, names: Arc<dyn Names>) -> Self {
        self.names = names;
        self
    }

    /// Trusts these authorities (PEM, one or several) besides the public ones.
    ///
    /// # Errors
    /// When there is none in it; the field is `authority`.
    pub fn trust(mut self, pem: &str) -> Result<Self, Invalid> {
        let refused = |rule: &str| Invalid::new("authority", rule).hint("expected PEM: -----BEGIN CERTIFICATE-----");
        let found = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|_| refused("is no certificate"))?;
        if found.is_empty() {
            return Err(refused("holds no certificate"));
        }
        self.trusted.extend(found);
        Ok(self)
    }

    /// Shows this certificate (PEM, its issuers behind it) and proves it with its key (PEM) where a server asks for
    /// one.
    ///
    /// # Errors
    /// When they are not that; the field is `certificate`.
    pub fn identity(mut self, certificate: &str, key: &Secret) -> Result<Self, Invalid> {
        let both = zeroize::Zeroizing::new([certificate.as_bytes(), b"\n", key.reveal().as_bytes()].concat());
        let refused = |_| Invalid::new("certificate", "is no certificate with its key").hint("expected both as PEM");
        self.shown = Some(Identity::from_pem(&both).map_err(refused)?);
        Ok(self)
    }

    /// How long a call may take, from the look-up of its name to the last byte of its answer; by default 15 s.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long it may take to look a name up and to connect, TLS included; by default 5 s. A call whose deadline is
    /// shorter cannot tell whether it was sent.
    pub const fn connect_within(mut self, connect: Duration) -> Self {
        self.connect = connect;
        self
    }

    /// Uses no connection twice: what is sent on one that the server is just closing is neither sent nor unsent.
    pub const fn one_call_a_connection(mut self) -> Self {
        self.connections = Connections::UsedOnce;
        self
    }

    /// Closes a connection that nobody has used for so long; by default after 90 s. What is sent on one that the server
    /// is just closing is neither sent nor unsent, so this is best shorter than any server waits.
    pub const fn idle_for(mut self, idle: Duration) -> Self {
        self.idle = Some(idle);
        self
    }

    /// Keeps with each answer the certificate that its server showed.
    pub const fn keep_certificates(mut self) -> Self {
        self.keeps_certificates = true;
        self
    }

    /// Calls whatever address it is given: for those that the operator wrote, never for a merchant's.
    pub const fn without_guard(mut self) -> Self {
        self.has_guard = false;
        self
    }

    /// The guard that the client will have, for those who are to say at once what it will never call.
    pub fn guard(&self) -> Guard {
        Guard::new(self.listed.clone(), self.ports.clone())
    }

    /// Makes the client.
    ///
    /// # Errors
    /// When its TLS cannot be set up, as with a certificate that does not fit its key.
    pub fn build(self) -> Result<Client, reqwest::Error> {
        let guard = Arc::new(self.guard());
        Ok(Client {
            public: self.inner(&guard, Reach::Public).https_only(true).build()?,
            listed: self.inner(&guard, Reach::Listed).build()?,
            deadline: self.deadline,
            guard: self.has_guard.then_some(guard),
        })
    }

    fn inner(&self, guard: &Arc<Guard>, reach: Reach) -> ClientBuilder {
        let names = GuardedNames { guard: Arc::clone(guard), reach, names: Arc::clone(&self.names) };
        let builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            // A proxy of the environment would resolve names behind the guard's back.
            .no_proxy()
            .connect_timeout(self.connect)
            .referer(false)
            .tls_info(self.keeps_certificates)
            .user_agent(concat!("Handback/", env!("CARGO_PKG_VERSION")));
        let builder = if self.has_guard { builder.dns_resolver(Arc::new(names)) } else { builder };
        let builder = match self.idle {
            Some(idle) => builder.pool_idle_timeout(idle),
            None => builder,
        };
        let builder = match self.connections {
            Connections::Kept => builder,
            Connections::UsedOnce => builder.pool_max_idle_per_host(0),
        };
        let builder = self.trusted.iter().cloned().fold(builder, ClientBuilder::add_root_certificate);
        match &self.shown {
            Some(identity) => builder.identity(identity.clone()),
            None => builder,
        }
    }
}
