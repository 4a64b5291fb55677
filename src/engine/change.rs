//! Changes a merchant, again whenever another change was first.

use crate::domain::{Invalid, Merchant, MerchantId};
use crate::engine::deps::{Deps, EngineError, Result};
use crate::store::Replaced;

/// How often an edit is made again when another edit was first.
pub(super) const TRIES: usize = 256;

/// Changes a merchant, again whenever another change was first. `None` when there is no such merchant.
///
/// # Errors
/// When the change breaks a rule, or the store is in trouble.
pub(super) async fn change<T>(
    deps: &Deps,
    id: MerchantId,
    change: impl Fn(&mut Merchant) -> Result<T, Invalid>,
) -> Result<Option<T>> {
    for _ in 0..TRIES {
        let Some(before) = deps.store.merchant(id).await? else { return Ok(None) };
        let mut merchant = before.clone();
        let changed = change(&mut merchant)?;
        if merchant == before {
            return Ok(Some(changed));
        }
        merchant.revision += 1;
        if deps.store.replace(&merchant, None).await? == Replaced::Done {
            deps.note_accounts(&merchant);
            return Ok(Some(changed));
        }
    }
    Err(too_many_edits())
}

pub(super) fn too_many_edits() -> EngineError {
    Invalid::new("profile", "is being edited by too many calls at once").into()
}
