//! The checkout: who is paid, how much, what for, and the two things a customer can do about it.

use askama::Template;

use super::words::checkout as words;

/// The page behind an open link.
///
/// Pay posts `link_id` to `/payment/pay`, Cancel posts it to `/payment/cancel`.
#[derive(Debug, Clone, Template)]
#[template(path = "checkout.html")]
pub struct Checkout {
    /// The name of the merchant that asks.
    pub merchant: String,
    /// Who is paid: the merchant, or somebody it asks for.
    pub payee: String,
    /// The amount as people write it, such as `25.00 EUR`.
    pub amount: String,
    /// What it is for, in the merchant's words; may be empty.
    pub note: String,
    /// The link's id, which both forms carry.
    pub link: String,
    /// Whether the customer may cancel.
    pub can_cancel: bool,
    /// Why the last try failed, as a sentence.
    pub failed: Option<String>,
    /// The name of the bank that Pay leads to.
    pub bank: String,
    /// Whether there is a bank to pay at.
    pub can_pay: bool,
}

impl Checkout {
    fn asked_by(&self) -> Option<&str> {
        (self.payee != self.merchant).then_some(self.merchant.as_str())
    }
}

#[cfg(test)]
impl Checkout {
    pub(super) fn samples() -> Vec<(&'static str, Self)> {
        let fresh = Self {
            merchant: "Demo shop".into(),
            payee: "Demo shop".into(),
            amount: "25.00 EUR".into(),
            note: "Order 1042: two tickets".into(),
            link: "lk_07f3".into(),
            can_cancel: true,
            failed: None,
            bank: "Test bank".into(),
            can_pay: true,
        };
        let long = "Donaudampfschifffahrtsgesellschaftskapitänswitwen-Versicherungsverein a. G.";
        vec![
            ("checkout", fresh.clone()),
            ("checkout-failed", Self { failed: Some(super::words::reason("server_error").into()), ..fresh.clone() }),
            ("checkout-no-cancel", Self { can_cancel: false, note: String::new(), ..fresh.clone() }),
            ("checkout-no-bank", Self { can_pay: false, ..fresh.clone() }),
            (
                "checkout-long",
                Self {
                    merchant: long.into(),
                    payee: long.into(),
                    amount: "1234567.89 EUR".into(),
                    note: "RF18539007547034-".repeat(7),
                    ..fresh.clone()
                },
            ),
            ("checkout-payee", Self { payee: "Corner Bookshop".into(), ..fresh }),
        ]
    }

    pub(super) fn hostile() -> Self {
        Self {
            merchant: "<script>alert(1)</script>".into(),
            payee: "<script>alert(4)</script>".into(),
            amount: "25.00 EUR".into(),
            note: "\"' onmouseover='x' javascript:alert(1) <img src=x onerror=alert(1)>".into(),
            link: "\"><script>alert(2)</script>".into(),
            can_cancel: true,
            failed: Some("</p><script>alert(3)</script>".into()),
            bank: "<b>bank</b>".into(),
            can_pay: true,
        }
    }
}
