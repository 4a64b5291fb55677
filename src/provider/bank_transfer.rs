//! What payments by bank transfer have in common, through whomever they are made.

/// What the payee's bank statement says: the note, where banks take it as it is; else our reference.
pub fn remittance<'a>(note: &'a str, reference: &'a str, longest: usize) -> &'a str {
    let is_taken = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let fits = (1..=longest).contains(&note.len()) && note.bytes().all(is_taken);
    if fits { note } else { reference }
}
