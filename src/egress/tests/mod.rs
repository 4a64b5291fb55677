//! Where calls go, and where they do not.

mod environment;
mod names;
mod properties;
mod receiver;
mod spellings;
mod tls;
mod troubles;

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Builder, Client};

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A client that may call these networks besides public addresses.
fn allowing(networks: &[&str]) -> Builder {
    Client::builder().allow(networks.iter().map(|text| net(text)))
}
