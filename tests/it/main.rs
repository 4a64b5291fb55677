//! The house from outside: everything that needs no more than the crate's public face, in one binary.
//!
//! The store laws are not here: a law has to settle journeys, only a `Fact` settles, and outside the crate nobody can
//! make one. They live in `src/store/laws`, and every backend mounts them beside itself.
