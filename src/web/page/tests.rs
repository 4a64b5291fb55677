//! Pages, looked at.
