//! Members of a console, people who may become such, and the entries of its audit log.

use serde::{Deserialize, Serialize};

use super::recorded::{Record, Recorded, fields, fields_and_later, numbered, recorded};
use super::{Result, read, write};
use crate::domain::{
    AuditAction, AuditEntry, AuditPlace, ConsoleScope, EmailAddress, Member, MemberName, Person, Role, UnixMillis,
};

numbered!(Role: Read, Support, Admin);
fields_and_later!(Member as MemberRecord: scope: ConsoleScope, role: Role, name: MemberName; by_mail: bool);
fields!(AuditPlace: at: UnixMillis, mark: u64);
fields!(AuditEntry: place: AuditPlace, who: MemberName, role: Role, action: AuditAction, object: String);

fields!(Person: email: EmailAddress, role: Role);

recorded! {
    ConsoleScope as [u8; 16]: |scope| scope.to_bytes(), |bytes| Some(Self::from_bytes(bytes));
    MemberName as String: |name| name.as_str().to_owned(), |text| Self::parse(&text).ok();
    EmailAddress as String: |email| email.as_str().to_owned(), |text| Self::parse(&text).ok();
    AuditAction as String: |action| action.as_str().to_owned(), |text| Self::of_word(&text);
}

/// Writes a member.
///
/// # Errors
/// When it cannot be encoded, which no member is known to do.
pub fn write_member(member: &Member) -> Result<Vec<u8>> {
    write(&member.record())
}

/// Reads a member.
///
/// # Errors
/// [`StoreError::Damaged`](crate::store::StoreError::Damaged) when the bytes are no member of a version known here.
pub fn read_member(bytes: &[u8]) -> Result<Member> {
    read(bytes, "a member")
}

/// Writes an entry of an audit log.
///
/// # Errors
/// When it cannot be encoded, which no entry is known to do.
pub fn write_entry(entry: &AuditEntry) -> Result<Vec<u8>> {
    write(&entry.record())
}

/// Reads an entry of an audit log.
///
/// # Errors
/// [`StoreError::Damaged`](crate::store::StoreError::Damaged) when the bytes are no entry of a version known here.
pub fn read_entry(bytes: &[u8]) -> Result<AuditEntry> {
    read(bytes, "an entry of an audit log")
}
