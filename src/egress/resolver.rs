//! The resolver: a name's addresses, without those that must not be called.
//!
//! The HTTP client connects to what this answers and to nothing else, and asks again for each connection. So a name
//! that is public when it is checked and private when it is called does not exist here.

use std::net::{IpAddr, SocketAddr};
use std::{error::Error, io, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::{Guard, Reach, Refused};

/// Where names are looked up.
#[async_trait::async_trait]
pub trait Names: Send + Sync {
    /// The addresses of a name, in the order in which they should be tried.
    ///
    /// # Errors
    /// When it has none, or nobody can tell.
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver: the hosts file, then DNS.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNames;

#[async_trait::async_trait]
impl Names for SystemNames {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// A name that has no address, or that nobody could look up.
#[derive(Debug, thiserror::Error)]
#[error("its name has no address: {0}")]
pub(super) struct Unresolved(io::Error);

/// A resolver behind the guard, for calls of one reach.
pub(super) struct GuardedNames {
    pub(super) guard: Arc<Guard>,
    pub(super) reach: Reach,
    pub(super) names: Arc<dyn Names>,
}

impl Resolve for GuardedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, reach, names) = (Arc::clone(&self.guard), self.reach, Arc::clone(&self.names));
        Box::pin(async move {
            let addresses = names.addresses(name.as_str()).await.map_err(Unresolved)?;
            let admitted = admitted(&guard, reach, addresses)?;
            // Without a port, so that the URL's is taken, and in the form that was judged.
            let sockets = admitted.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(sockets) as Addrs)
        })
    }
}

/// The addresses that may be called.
///
/// # Errors
/// When there is none; with the reason why the first was refused, if there was one.
fn admitted(guard: &Guard, reach: Reach, addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, Box<dyn Error + Send + Sync>> {
    let mut first: Option<Refused> = None;
    let mut admitted = Vec::with_capacity(addresses.len());
    for address in addresses.into_iter().map(|address| address.to_canonical()) {
        match guard.check_for(reach, address) {
            Ok(()) => admitted.push(address),
            Err(refused) => first = first.or(Some(refused)),
        }
    }
    match first {
        Some(refused) if admitted.is_empty() => Err(refused.into()),
        None if admitted.is_empty() => Err(Unresolved(io::ErrorKind::NotFound.into()).into()),
        _ => Ok(admitted),
    }
}
