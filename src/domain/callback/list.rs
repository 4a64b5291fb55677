//! The comma-separated list: indices, names and URLs in one text.
//!
//! A URL may hold a comma of its own. So a comma separates only when what follows is a bare integer, a saved name, or
//! begins with a scheme; and whatever could be read in two ways is refused: a comma that is left inside one item of a
//! list, one that follows a query or a fragment, where values have commas, and one inside a URL that is saved letter by
//! letter.

use crate::domain::Invalid;

/// One entry of `callback_url`, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A slot of the merchant's callbacks, from 0.
    Index(usize),
    /// A saved callback's name.
    Name(String),
    /// A URL of this one journey.
    Url(String),
}

/// The callbacks, or payment endpoints, that a call asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RequestedCallbacks {
    /// Nothing: what the merchant has saved for that, or our own result page.
    #[default]
    Nothing,
    /// One text: an index, a name, a URL, or a list of them between commas.
    Text(String),
    /// Items that came apart already, as in a JSON array.
    Items(Vec<Item>),
    /// A URL that one of the merchant's saved callbacks covers: the very same, or one below a saved one that ends in
    /// `/`.
    Covered(String),
    /// None, and no saved one either: the journey ends on our own result page.
    OwnPage,
    /// Those of the payment that an operation is of.
    OfPayment,
    /// A URL for each way in which the journey can end, used unchanged.
    Apart {
        /// When it succeeded, or nothing is known yet.
        success: Option<String>,
        /// When the customer said no.
        cancelled: Option<String>,
        /// When it failed.
        failed: Option<String>,
    },
}

/// The most items that one list may hold.
pub const MAX_ITEMS: usize = 16;

/// What a merchant has saved, as far as a list can name it.
pub trait Saved {
    /// Whether it is the name of one, where they have names.
    fn has_name(&self, _name: &str) -> bool {
        false
    }
    /// Whether it is the URL of one, letter by letter.
    fn has_url(&self, url: &str) -> bool;
}

/// Reads `callback_url`: an index, a name, a URL, or several of them between commas.
///
/// # Errors
/// When an item is blank, when there are more than [`MAX_ITEMS`], or when a comma could be read in two ways; the field
/// names the item, from 1.
pub fn parse_list(text: &str, saved: &(impl Saved + ?Sized)) -> Result<Vec<Item>, Invalid> {
    let is_name = |name: &str| saved.has_name(name);
    let texts = split(text, &is_name);
    let alone = texts.len() == 1;
    check_count("callback_url", texts.len())?;
    each(texts.iter(), |index, _| check_end(&texts[index..], saved))?;
    each(texts.iter(), |_, item| parse_item(item, alone, &is_name))
}

/// Reads every item, with its index; what is refused names its item, from 1.
///
/// # Errors
/// The first that `read` has.
pub fn each<T, R>(
    items: impl ExactSizeIterator<Item = T>,
    read: impl Fn(usize, T) -> Result<R, Invalid>,
) -> Result<Vec<R>, Invalid> {
    let alone = items.len() == 1;
    let read = |(index, item)| read(index, item).map_err(|invalid| invalid.at(place(index, alone)));
    items.enumerate().map(read).collect()
}

/// Refuses a list that is too long.
///
/// # Errors
/// When it has more than [`MAX_ITEMS`] items.
pub fn check_count(field: &str, items: usize) -> Result<(), Invalid> {
    if items <= MAX_ITEMS {
        return Ok(());
    }
    Err(Invalid::new(field, format!("lists more than {MAX_ITEMS} items")))
}

/// How an item is named in a refusal: `callback_url`, or `callback_url item 2`.
pub fn place(index: usize, alone: bool) -> String {
    if alone { "callback_url".into() } else { format!("callback_url item {}", index + 1) }
}

fn split(text: &str, is_name: &impl Fn(&str) -> bool) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for part in text.split(',') {
        match items.last_mut() {
            Some(url) if begins_with_scheme(url) && !begins_item(part, is_name) => {
                url.push(',');
                url.push_str(part);
            }
            _ => items.push(part.to_owned()),
        }
    }
    items
}

/// Refuses the first of these items if the comma at its end could be its own: a URL is never cut in silence.
fn check_end(items: &[String], saved: &(impl Saved + ?Sized)) -> Result<(), Invalid> {
    let [url, _, ..] = items else { return Ok(()) };
    if !begins_with_scheme(url) {
        return Ok(());
    }
    if (2..=items.len()).any(|end| saved.has_url(items[..end].join(",").trim_matches(' '))) {
        return Err(two_ways("is the beginning of a saved URL that holds a comma, and could be an item of its own")
            .hint("give the saved one's index, or send a JSON array"));
    }
    if url.contains(['?', '#']) {
        return Err(two_ways("holds a query or a fragment, so that the comma behind it could be its own"));
    }
    Ok(())
}

fn two_ways(rule: &str) -> Invalid {
    Invalid::new("callback_url", rule).hint("write a comma of the URL's own as %2C, or send a JSON array")
}

fn begins_item(part: &str, is_name: &impl Fn(&str) -> bool) -> bool {
    let part = part.trim_matches(' ');
    part.is_empty() || is_integer(part) || is_name(part) || begins_with_scheme(part)
}

fn parse_item(text: &str, alone: bool, is_name: &impl Fn(&str) -> bool) -> Result<Item, Invalid> {
    let item = if alone { text } else { text.trim_matches(' ') };
    let refused = |rule: &str| Invalid::new("callback_url", rule);
    if item.trim().is_empty() {
        return Err(refused("is blank").hint("leave the field out, or give an index, a name or a URL"));
    }
    if is_integer(item) {
        return item.parse().map(Item::Index).map_err(|_| refused("is an index too large to exist"));
    }
    if is_name(item) {
        return Ok(Item::Name(item.to_owned()));
    }
    if !alone && item.contains(',') {
        return Err(two_ways("holds a comma that could also separate two items"));
    }
    Ok(Item::Url(item.to_owned()))
}

fn is_integer(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn begins_with_scheme(text: &str) -> bool {
    let scheme = text.trim_start_matches(' ').split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::Item::{Index, Name, Url};
    use super::*;

    struct One;

    impl Saved for One {
        fn has_name(&self, name: &str) -> bool {
            name == "backup"
        }

        fn has_url(&self, url: &str) -> bool {
            url == "https://a.example/list/4,0"
        }
    }

    fn read(text: &str) -> Result<Vec<Item>, Invalid> {
        parse_list(text, &One)
    }

    #[test]
    fn lists_are_split_before_schemes_integers_and_names() {
        assert_eq!(read("0").unwrap(), [Index(0)]);
        assert_eq!(read("0,2, 1").unwrap(), [Index(0), Index(2), Index(1)]);
        assert_eq!(read("backup").unwrap(), [Name("backup".into())]);
        assert_eq!(
            read("https://a.example/x,1,backup,com.example.app://cb").unwrap(),
            [Url("https://a.example/x".into()), Index(1), Name("backup".into()), Url("com.example.app://cb".into())]
        );
    }

    #[test]
    fn a_list_may_end_with_a_query() {
        let both = [Index(0), Url("https://a.example/p?sizes=38".into())];
        assert_eq!(read("0,https://a.example/p?sizes=38").unwrap(), both);
        assert!(read("https://a.example/list/5,0").is_ok(), "a path has no values");
    }

    #[test]
    fn a_single_url_keeps_its_comma() {
        assert_eq!(read("https://a.example/x,y").unwrap(), [Url("https://a.example/x,y".into())]);
        assert_eq!(read("https://a.example/x?at=1.5,y=2").unwrap(), [Url("https://a.example/x?at=1.5,y=2".into())]);
    }

    #[test]
    fn what_stays_ambiguous_is_refused_by_item() {
        for (text, place) in [
            ("0,https://a.example/x,y", "callback_url item 2"),
            ("https://a.example/x,y,0", "callback_url item 1"),
            ("", "callback_url"),
            ("  ", "callback_url"),
            ("0,,1", "callback_url item 2"),
            ("0,", "callback_url item 2"),
            ("https://a.example/x,", "callback_url item 2"),
            (",0", "callback_url item 1"),
            ("99999999999999999999999", "callback_url"),
            // A URL whose comma could be its own is never cut.
            ("https://a.example/p?sizes=38,1", "callback_url item 1"),
            ("https://a.example/p?next=a,https://evil.example/", "callback_url item 1"),
            ("https://a.example/p?tags=a,backup", "callback_url item 1"),
            ("https://a.example/#/p?sizes=38,1", "callback_url item 1"),
            ("0,https://a.example/p?sizes=38,1", "callback_url item 2"),
            ("com.example.app://p?sizes=38, 1", "callback_url item 1"),
            ("https://a.example/list/4,0", "callback_url item 1"),
            ("1,https://a.example/list/4,0,2", "callback_url item 2"),
            (&["0"; 17].join(","), "callback_url"),
        ] {
            assert_eq!(read(text).unwrap_err().field(), place, "{text:?}");
        }
    }
}
