//! An endpoint in trouble: its merchant is told, in the event feed and by mail.

use std::time::Duration;

use super::{Courier, carry::place};
use crate::domain::{FeedEvent, Mail, MailMessage, Role, UnixMillis, Verdict, feed::TROUBLE_QUIET};
use crate::store::{Leased, Trouble};

/// For how long a delivery has not been received before its merchant is told that the endpoint is failing.
const FAILING: Duration = Duration::from_hours(1);

impl Courier {
    /// Tells the merchant in its event feed of an endpoint that is gone, or that has not taken a delivery for too long.
    pub(super) async fn tell_trouble(&self, leased: &Leased, verdict: Verdict, now: UnixMillis) {
        let (delivery, target) = (&leased.context.delivery, leased.lease.id.target);
        let event = match verdict {
            Verdict::Gone => FeedEvent::EndpointDisabled(target),
            Verdict::Retry(_) | Verdict::Dead if now.since(delivery.since) >= FAILING => {
                FeedEvent::EndpointFailing(target)
            }
            Verdict::Retry(_) | Verdict::Dead | Verdict::Delivered => return,
        };
        let (merchant, pay_id) = (leased.lease.merchant, leased.lease.id.journey.pay_id());
        let trouble = Trouble { merchant, pay_id, event, with: place(leased), quiet: TROUBLE_QUIET };
        match self.deps.store.tell_trouble(trouble).await {
            Ok(true) => self.mail_trouble(leased, event).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(error = %error, "courier.store_trouble"),
        }
    }

    /// Mails the merchant's admins what its event feed was told just now. The mail may be lost.
    async fn mail_trouble(&self, leased: &Leased, event: FeedEvent) {
        let Some(mailer) = &self.deps.ways_in.mailer else { return };
        let merchant = match self.deps.store.merchant(leased.lease.merchant).await {
            Ok(Some(merchant)) => merchant,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(error = %error, "courier.store_trouble");
                return;
            }
        };
        let message = MailMessage::EndpointTrouble {
            merchant: merchant.name.as_str().to_owned(),
            url: place(leased).to_owned(),
            is_gone: matches!(event, FeedEvent::EndpointDisabled(_)),
            page: self.deps.public_url.page("/console/webhooks", &[]),
        };
        for person in merchant.people.into_iter().filter(|person| person.role == Role::Admin) {
            mailer.send(Mail { to: person.email, message: message.clone() });
        }
    }
}
