//! The checkout: who is paid, how much, what for, and the two things a customer can do about it.

use askama::Template;

use super::PageContext;

/// The page behind an open link.
///
/// Pay posts `link_id` to `/payment/pay`, with `provider` where the customer chooses one; Cancel posts it to `/payment/cancel`.
#[derive(Debug, Clone, Template)]
#[template(path = "checkout.html")]
pub struct Checkout {
    /// Its surroundings.
    pub page: PageContext,
    /// The name of the merchant that asks.
    pub merchant: String,
    /// Who is paid: the merchant, or somebody it asks for.
    pub payee: String,
    /// The amount as people write it, such as `25.00 EUR`; empty where a means to pay is registered.
    pub amount: String,
    /// What it is for, in the merchant's words; may be empty.
    pub note: String,
    /// The link's id, which both forms carry.
    pub link: String,
    /// Whether the customer may cancel.
    pub can_cancel: bool,
    /// The key of the reason why the last try failed.
    pub failed: Option<&'static str>,
    /// The name of the bank that Pay leads to.
    pub bank: String,
    /// Whether there is a bank to pay at.
    pub can_pay: bool,
    /// The providers that the customer chooses among; empty where Pay leads to the one bank.
    pub providers: Vec<OfferedProvider>,
    /// Whether the customer may go on with a phone.
    pub on_phone: bool,
}

/// A provider that a customer may choose.
#[derive(Debug, Clone)]
pub struct OfferedProvider {
    /// Its place among those that were offered, which the form carries.
    pub place: usize,
    /// Its name.
    pub label: String,
}

impl Checkout {
    const fn registers(&self) -> bool {
        self.amount.is_empty()
    }

    fn asked_by(&self) -> Option<&str> {
        (self.payee != self.merchant).then_some(self.merchant.as_str())
    }
}
