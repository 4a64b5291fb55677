//! The people of a merchant, whom an admin has named by their mail address.

use std::fmt;

use crate::domain::{Invalid, Role};

/// The longest mail address (RFC 5321, section 4.5.3.1.3, without its angle brackets).
const LONGEST: usize = 254;

/// A mail address, in lower case: mail of one person comes by any spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl EmailAddress {
    /// Accepts an address as people have them: a name of ASCII letters, digits and `.!#$%&'*+/=?^_{|}~-`, and a domain.
    /// Surrounding spaces are dropped.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim().to_ascii_lowercase();
        let refused = || Invalid::new("email", "is not a mail address").hint("expected such as ada@shop.example");
        let (name, domain) = text.rsplit_once('@').ok_or_else(refused)?;
        let is_named = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c);
        let name_parts = name.split('.').all(|part| !part.is_empty() && part.chars().all(is_named));
        let is_label = |label: &str| {
            let ends_well = !label.starts_with('-') && !label.ends_with('-');
            !label.is_empty()
                && label.len() <= 63
                && ends_well
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if text.len() > LONGEST || name.len() > 64 || !name_parts || !domain.split('.').all(is_label) {
            return Err(refused());
        }
        Ok(Self(text))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

/// Somebody who may ask for a sign-in link by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Where the mail goes.
    pub email: EmailAddress,
    /// What that person may do in the console.
    pub role: Role,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_accepted_as_people_have_them() {
        for (text, expected) in [
            (" Ada@Shop.example ", "ada@shop.example"),
            ("a.b+c@mail.shop.example", "a.b+c@mail.shop.example"),
            ("root@localhost", "root@localhost"),
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().as_str(), expected);
        }
        let long = format!("{}@shop.example", "a".repeat(65));
        for bad in [
            "",
            "@",
            "ada",
            "ada@",
            "@shop.example",
            "a@b@c",
            "a da@shop.example",
            "ada@shop..example",
            ".ada@shop.example",
            "ada@-shop.example",
            "ada@shop.example\r\nBcc: eve@x.example",
            "\"a b\"@shop.example",
            "ada@[127.0.0.1]",
            "Ada <ada@shop.example>",
            "ädä@shop.example",
            &long,
        ] {
            assert_eq!(EmailAddress::parse(bad).unwrap_err().field(), "email", "{bad}");
        }
    }
}
