//! The thin binary: read the configuration, build the app, run, say who stopped.

fn main() {}
