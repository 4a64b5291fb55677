//! The protocol, against an engine that is played here.
