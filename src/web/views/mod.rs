//! The pages that people see: one typed context each, plain data in, HTML out.
//!
//! A context knows nothing of the engine: a handler fills it, [`askama`] escapes it. What customers read lives in
//! [`crate::language`] and what developers read in [`words`], and nowhere else; looks live in `static/handback.css`. No page holds a script or a
//! style of its own, so a Content-Security-Policy of `default-src 'none'; style-src 'self'; img-src 'self';
//! script-src 'self'` fits them all. It must not name `form-action`: browsers apply that to every hop after a form.

pub mod assets;
pub mod console;
pub mod qr;
pub mod words;

mod app_missing;
mod app_return;
mod by_button;
mod checkout;
mod consent;
mod demo;
mod ended;
mod front;
mod page_context;
pub mod palette;
mod parameters;
mod phone;
mod popup;
mod problem;
pub mod reason;
mod returning;
mod sandbox;
mod session;
mod waiting;
mod without_browser;

#[cfg(test)]
mod tests;

pub use app_missing::AppMissing;
pub use app_return::AppReturn;
pub use by_button::ByButton;
pub use checkout::{Checkout, OfferedProvider};
pub use consent::{Access, BankAway, BankChoice, BankGroup, ChooseBank, ConsentEnd, ConsentEnded, Matter, Request};
pub use demo::{Api, Choice, Demo, DemoError, DemoField, DemoForm, SavedChoice};
pub use ended::{Ended, ForRecords, Home, How, Next, SavedAsText};
pub use front::Front;
pub use page_context::{Marks, PageContext, Said, ShownLogo};
pub use parameters::{DisplayParameters, ParamRow, Redeemed};
pub use phone::{PhoneCheckout, PhoneCode, PhoneCodeStage};
pub use popup::Popup;
pub use problem::{AboutProblem, ProblemPage, TranslatedProblem};
pub use returning::{FragmentReturn, Repost, WhyAgain};
pub use sandbox::{Authorise, NeverReturns, Wanted};
pub use session::Session;
pub use waiting::{Awaited, Waiting};
pub use without_browser::WithoutBrowser;
