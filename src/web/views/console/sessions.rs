//! Who is signed in.

use askama::Template;

use super::frame::{Frame, When};
use super::words::sessions as words;
use crate::domain::Role;

/// The sessions that go on.
#[derive(Debug, Clone, Template)]
#[template(path = "console/sessions.html")]
pub struct Sessions {
    /// What stands around it.
    pub frame: Frame,
    /// The newest first.
    pub sessions: Vec<SessionRow>,
}

/// A session.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Its id.
    pub id: String,
    /// Who is signed in.
    pub name: String,
    /// The role of that member.
    pub role: Role,
    /// When it began.
    pub begun_at: When,
    /// When it was last used.
    pub seen_at: When,
    /// When it ends.
    pub ends_at: When,
    /// Whether it is the one that looks.
    pub is_own: bool,
}
