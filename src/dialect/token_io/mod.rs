//! Token.io: payments by API, `member-id`, `payment-id` and `state` on the way home, and signed webhooks
//! (contracts/token-io.md).

mod authorization;
mod canonical;
mod ids;
mod initiation;
mod jwt;
mod key;
mod notice;
mod party;
mod payment;
mod query;
mod refusal;
mod request;
mod sdk;
mod status;
mod webhook;

pub use authorization::{Authorization, Sent, Signature};
pub use ids::{member_id, payment_id, read_member_id, read_payment_id};
pub use initiation::{Flow, Initiation};
pub use jwt::Jwt;
pub use key::{ReadKey, read_public_key};
pub use notice::EVENT;
pub use payment::{Payment, Standing, flow, payment};
pub use query::Query;
pub use refusal::{Failure, FieldRule, Refusal};
pub use request::{CONSENTED, FLOW, INITIATION, PaymentRequest, STATE};
pub use sdk::SdkSignature;
pub use status::Status;
pub use webhook::read_webhook;

use super::{json, moments};
use crate::domain::delivery::{Manners, News, Notice, Posting, Target};
use crate::domain::dialect::Dialect;
use crate::domain::journey::{HandBack, Journey};
use crate::domain::params::{Params, Placeholder};
use crate::domain::wish::Wish;

/// The dialect's name.
pub const NAME: &str = "token_io";

/// What it may append to a callback (contracts, section 7).
const APPENDED: [&str; 4] = ["member-id", "payment-id", "state", "status"];

/// Token.io's words on the way home: `?member-id=…&payment-id=…&state=…`, in this order, the colons of the ids as they are.
///
/// A payment on hosted pages has no `member-id`, and one that was asked for without `callbackState` has no `state`. None
/// says how it ended, and nothing is signed: the caller asks, or is told by the webhook.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokenIo;

impl Dialect for TokenIo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn appended(&self) -> &'static [&'static str] {
        &APPENDED
    }

    /// Control of the browser is given back at once; what the bank says is processed afterwards.
    fn goes_home_unproven(&self, _journey: &Journey) -> bool {
        true
    }

    fn way_home(&self, journey: &Journey, _hand_back: &HandBack<'_>) -> Params {
        let opening = journey.opening();
        let mut params = Params::default();
        if !flow(journey).is_hosted() {
            params = params.append_id("member-id", member_id(opening.merchant));
        }
        params = params.append_id("payment-id", payment_id(*journey.id()));
        if let Some(state) = extra(journey, STATE) {
            params = params.append("state", state);
        }
        params
            .fill(Placeholder::PayId, journey.pay_id().to_string())
            .fill(Placeholder::UserId, opening.merchant.to_string())
            .fill(Placeholder::RecipientNote, opening.purpose.note())
    }

    /// Where a page of ours has no part in it, the bank is asked before there is a browser.
    fn leaves_ahead(&self, wish: &Wish) -> bool {
        wish.extras.iter().all(|(name, _)| name != FLOW)
    }

    /// A webhook hears of the creation and of every change.
    fn tells(&self, _journey: &Journey, _news: News, target: Target) -> bool {
        matches!(target, Target::Endpoint(_))
    }

    fn notice(&self, journey: &Journey, news: News) -> Option<Notice> {
        notice::notice(journey, news)
    }

    fn sign(&self, _journey: &Journey, notice: &Notice, posting: &Posting<'_>) -> Option<Vec<(&'static str, String)>> {
        notice::sign(notice, posting)
    }

    fn manners(&self, target: Target) -> Manners {
        match target {
            Target::Callback(_) => Manners::CALLBACK,
            Target::Endpoint(_) => notice::MANNERS,
        }
    }
}

/// A field that a caller sent, kept for the answers.
fn extra<'a>(journey: &'a Journey, name: &str) -> Option<&'a str> {
    journey.opening().extras.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests;
