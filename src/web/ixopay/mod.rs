//! IXOPAY's endpoints, below `/ixopay`: JSON both ways, HTTP Basic, and a signature where one is sent or asked for.

mod rates;

pub use rates::Rates;
