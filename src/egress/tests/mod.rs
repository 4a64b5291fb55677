//! Where calls go, and where they do not.
