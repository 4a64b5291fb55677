//! The recipients of a split link (contracts, section 4).
//!
//! Handback moves no money: it checks that the shares can be what they say, and gives them back as they came.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::dialect::{Fields, Json, number};
use crate::domain::{Amount, Invalid, money::minor_units, text::check_readable};

/// The most recipients of one link.
const MAX_RECIPIENTS: usize = 50;

#[derive(Deserialize, Serialize)]
struct Recipient {
    token: String,
    share: Box<RawValue>,
}

/// Reads `recipients` and `split_type` into the fields that are kept with the journey.
///
/// # Errors
/// When there are no recipients, a token or share is not one, or the shares are more than there is.
pub fn read(fields: &Fields, amount: Amount) -> Result<(Json, String), Invalid> {
    let split_type = fields.text("split_type").unwrap_or("normal");
    let limit = match split_type {
        "normal" => 10_000,
        "absolute" => amount.minor(),
        _ => return Err(Invalid::new("split_type", "is neither normal nor absolute")),
    };
    let recipients = recipients(fields)?;
    let mut sum = 0_u64;
    for (index, recipient) in recipients.iter().enumerate() {
        sum = sum.saturating_add(share_of(recipient, index)?);
    }
    if sum > limit {
        let most = if split_type == "normal" { "100 percent" } else { "the amount" };
        return Err(Invalid::new("recipients", format!("have shares of more than {most}")));
    }
    let text = serde_json::to_string(&recipients).map_err(|_| Invalid::new("recipients", "cannot be written"))?;
    if text.len() > 4096 {
        return Err(Invalid::new("recipients", "are longer than 4096 bytes"));
    }
    let recipients = Json::of(text).ok_or_else(|| Invalid::new("recipients", "cannot be written"))?;
    Ok((recipients, split_type.to_owned()))
}

fn recipients(fields: &Fields) -> Result<Vec<Recipient>, Invalid> {
    let shape = || {
        Invalid::new("recipients", "is not an array of {token, share}").hint(
            r#"expected [{"token": "…", "share": 10}], or recipients[0][token] and recipients[0][share] in a form"#,
        )
    };
    let recipients: Vec<Recipient> = match fields.text("recipients") {
        Some(json) => serde_json::from_str(json).map_err(|_| shape())?,
        None => bracketed(fields).ok_or_else(shape)?,
    };
    match recipients.len() {
        0 => Err(Invalid::new("recipients", "are required for a split link")),
        1..=MAX_RECIPIENTS => Ok(recipients),
        _ => Err(Invalid::new("recipients", format!("are more than {MAX_RECIPIENTS}"))),
    }
}

/// `recipients[0][token]=…&recipients[0][share]=…`, as PHP's clients write arrays.
fn bracketed(fields: &Fields) -> Option<Vec<Recipient>> {
    let mut found: BTreeMap<usize, (Option<&str>, Option<&str>)> = BTreeMap::new();
    for (name, text) in fields.iter() {
        let Some(path) = name.strip_prefix("recipients[") else { continue };
        let (index, key) = path.strip_suffix(']')?.split_once("][")?;
        let slot = found.entry(index.parse().ok()?).or_default();
        match key {
            "token" => slot.0 = Some(text),
            "share" => slot.1 = Some(text),
            _ => return None,
        }
    }
    found
        .into_values()
        .map(|(token, share)| {
            // A form has texts: an exponent is none of theirs.
            let share = share.filter(|share| !share.contains(['e', 'E']))?;
            let share = RawValue::from_string(share.to_owned()).ok()?;
            Some(Recipient { token: token?.to_owned(), share })
        })
        .collect()
}

/// A share in hundredths: of a percent, or of a euro.
fn share_of(recipient: &Recipient, index: usize) -> Result<u64, Invalid> {
    let token = &recipient.token;
    if token.trim().is_empty() || token.len() > 255 || check_readable("recipients", token).is_err() {
        return Err(Invalid::new("recipients", format!("Invalid recipient token at index {index}")));
    }
    let raw = recipient.share.get();
    let share = if number::is_number(raw) { number::plain(raw) } else { Some(raw.trim_matches('"').to_owned()) };
    match minor_units(&share.unwrap_or_default(), 2, 10) {
        Ok(0) => Err(Invalid::new("recipients", format!("have no share at index {index}"))),
        Ok(share) => Ok(share),
        Err(rule) => Err(Invalid::new("recipients", format!("have a share at index {index} that {rule}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    fn split(pairs: &[(&str, &str)]) -> Result<(Json, String), Invalid> {
        let pairs = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        read(&Fields::from_pairs(pairs).unwrap(), Amount::parse("25", Currency::EUR).unwrap())
    }

    #[test]
    fn json_and_brackets_say_the_same() {
        let json = split(&[("recipients", r#"[{"token":"testuser-a","share":10}]"#)]).unwrap();
        let brackets = split(&[("recipients[0][token]", "testuser-a"), ("recipients[0][share]", "10")]).unwrap();
        assert_eq!(json, brackets);
        assert_eq!(json.0.get(), r#"[{"token":"testuser-a","share":10}]"#);
    }

    #[test]
    fn shares_cannot_be_more_than_there_is() {
        let both = |a, b, kind| {
            let json = format!(r#"[{{"token":"a","share":{a}}},{{"token":"b","share":{b}}}]"#);
            split(&[("recipients", &json), ("split_type", kind)])
        };
        assert!(both("50", "50", "normal").is_ok());
        assert!(both("50", "50.01", "normal").is_err());
        assert!(both("12.50", "12.5", "absolute").is_ok());
        assert!(both("12.50", "12.51", "absolute").is_err());
        assert!(both("1", "1", "fair").is_err());
        assert!(both("0", "1", "normal").is_err());
        assert!(both("-1", "1", "normal").is_err());
    }

    #[test]
    fn a_missing_token_is_named_by_its_index() {
        let error = split(&[("recipients", r#"[{"token":"a","share":1},{"token":" ","share":1}]"#)]).unwrap_err();
        assert_eq!(error.rule(), "Invalid recipient token at index 1");
        for bad in ["", "{}", "[]", "[1]", "[{}]", "x"] {
            assert!(split(&[("recipients", bad)]).is_err(), "{bad}");
        }
        assert!(split(&[]).is_err());
    }
}
