//! The merchant-facing words: wire structs on one side, the domain on the other. Pure: no clock, no I/O.

pub mod fields;
mod flag;
pub mod ixopay;
pub mod job;
mod json;
pub mod kept;
mod moments;
pub mod number;
pub mod own;
pub mod pairs;
mod parameters;
pub mod secpaid;
pub mod token_io;
pub mod yapily;

pub use fields::Fields;
use json::Object;
pub use kept::Json;
pub use pairs::Pairs;
