//! A payment that is gone on with on a phone: the code on the first device, and what the phone is asked.

use askama::Template;

use super::{OfferedProvider, PageContext, qr::Drawing};

/// The page on which the first device shows a code and waits for the phone. As on [`Waiting`](super::Waiting), its
/// script asks behind the page; without one the page reloads.
#[derive(Debug, Clone, Template)]
#[template(path = "phone_code.html")]
pub struct PhoneCode {
    /// Its surroundings.
    pub page: PageContext,
    /// Who is paid.
    pub payee: String,
    /// The amount as people write it, such as `25.00 EUR`.
    pub amount: String,
    /// The link's id, which the form carries.
    pub link: String,
    /// The checkout, where the customer can pay without a phone.
    pub checkout: String,
    /// This page.
    pub here: String,
    /// How far it has come.
    pub stage: PhoneCodeStage,
}

/// How far a phone code has come.
#[derive(Debug, Clone)]
pub enum PhoneCodeStage {
    /// It can be read.
    Shown(Drawing),
    /// A phone has read it, and is paying.
    OnPhone,
    /// The phone has paid, and has not come back yet.
    Paid,
    /// Its time is over.
    Over,
}

impl PhoneCode {
    /// How soon the page looks again, in seconds; `None` where nothing comes by itself.
    const fn refresh(&self) -> Option<u32> {
        match self.stage {
            PhoneCodeStage::Shown(_) => Some(2),
            PhoneCodeStage::OnPhone | PhoneCodeStage::Paid => Some(3),
            PhoneCodeStage::Over => None,
        }
    }

    const fn is_paid(&self) -> bool {
        matches!(self.stage, PhoneCodeStage::Paid)
    }

    const fn title(&self) -> &'static str {
        match self.stage {
            PhoneCodeStage::Shown(_) => "phone-offer",
            PhoneCodeStage::OnPhone => "phone-paying",
            PhoneCodeStage::Paid => "ended-paid",
            PhoneCodeStage::Over => "phone-code-over",
        }
    }

    const fn sentence(&self) -> &'static str {
        match self.stage {
            PhoneCodeStage::Shown(_) => "phone-code-sentence",
            PhoneCodeStage::OnPhone => "phone-paying-sentence",
            PhoneCodeStage::Paid => "phone-paid-sentence",
            PhoneCodeStage::Over => "phone-code-lasts",
        }
    }
}

/// The page behind a code, on the phone: whom it would pay, and that this was started elsewhere.
///
/// Pay posts `code` to `/payment/phone`, with `provider` where the customer chooses one.
#[derive(Debug, Clone, Template)]
#[template(path = "phone_checkout.html")]
pub struct PhoneCheckout {
    /// Its surroundings.
    pub page: PageContext,
    /// The name of the merchant that asks.
    pub merchant: String,
    /// Who is paid: the merchant, or somebody it asks for.
    pub payee: String,
    /// The amount as people write it, such as `25.00 EUR`.
    pub amount: String,
    /// What it is for, in the merchant's words; may be empty.
    pub note: String,
    /// The code, which the form carries.
    pub code: String,
    /// Whether there is a bank to pay at.
    pub can_pay: bool,
    /// The providers that the customer chooses among; empty where Pay leads to the one bank.
    pub providers: Vec<OfferedProvider>,
}

impl PhoneCheckout {
    fn asked_by(&self) -> Option<&str> {
        (self.payee != self.merchant).then_some(self.merchant.as_str())
    }
}
