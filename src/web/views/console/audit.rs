//! What was changed, by whom, and when.

use askama::Template;

use super::frame::{Frame, When};
use super::words::audit as words;
use crate::domain::{AuditAction, Role};

/// A part of the audit log.
#[derive(Debug, Clone, Template)]
#[template(path = "console/audit.html")]
pub struct Audit {
    /// What stands around it.
    pub frame: Frame,
    /// The newest first.
    pub entries: Vec<AuditRow>,
    /// Where it goes on, if it does.
    pub next: Option<String>,
}

/// An entry.
#[derive(Debug, Clone)]
pub struct AuditRow {
    /// When.
    pub at: When,
    /// Who.
    pub who: String,
    /// The role of that member.
    pub role: Role,
    /// What.
    pub action: AuditAction,
    /// To what.
    pub object: String,
}
