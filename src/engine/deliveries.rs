//! Which deliveries news leaves, what a merchant sees of them, and how one is sent again.

use super::{Engine, EngineError};
use crate::domain::delivery::{Delivery, DeliveryId, News};
use crate::domain::id::MerchantId;
use crate::domain::journey::Journey;
use crate::store::{DeliveryCursor, DeliveryFilter, Parcel, endpoint_name};

impl Engine {
    /// The deliveries that news of this journey leaves: to whom its dialect tells of it, and who wants to hear of it.
    pub(super) fn told(&self, journey: &Journey, news: News) -> Vec<Delivery> {
        let plan = &journey.opening().plan;
        let dialect = self.dialect(&journey.opening().dialect).ok();
        let settlement = news.settlement().and_then(|number| journey.settlements().get(usize::from(number)));
        let outcome = settlement.map(|settlement| settlement.outcome);
        journey.deliveries(news, self.clock.now(), |target| {
            let wanted = plan.endpoint(target).is_none_or(|endpoint| endpoint.notify_on.wants(outcome));
            // Without its dialect nobody knows what to say; somebody who has it will.
            wanted && dialect.map_or(settlement.is_some(), |dialect| dialect.tells(journey, news, target))
        })
    }

    /// A merchant's deliveries of this kind, newest first, `most` at the most, beginning behind `after`.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn deliveries_of(
        &self,
        merchant: MerchantId,
        filter: DeliveryFilter,
        after: Option<DeliveryCursor>,
        most: usize,
    ) -> Result<Vec<Parcel>, EngineError> {
        Ok(self.store.deliveries_of(merchant, filter, after, most).await?)
    }

    /// A merchant's delivery of this id. `None` when it has none.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn delivery(&self, merchant: MerchantId, id: &DeliveryId) -> Result<Option<Parcel>, EngineError> {
        let pay_id = id.journey.pay_id();
        let journey = self.journey(merchant, pay_id).await?.filter(|journey| *journey.id() == id.journey);
        let Some(journey) = journey else { return Ok(None) };
        let delivery = self.store.deliveries(pay_id).await?.into_iter().find(|delivery| delivery.id == *id);
        Ok(delivery.map(|delivery| Parcel { delivery, journey }))
    }

    /// Sends a merchant's delivery again, with all its tries, and opens its endpoint if that was shut. One that waits
    /// becomes due now. Answers it as it stands then; `None` when the merchant has no such delivery.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn replay(&self, merchant: MerchantId, id: &DeliveryId) -> Result<Option<Parcel>, EngineError> {
        let Some(parcel) = self.delivery(merchant, id).await? else { return Ok(None) };
        if let Some(url) = parcel.journey.opening().plan.url_of(id.target) {
            self.store.reopen(&endpoint_name(merchant, url.as_str())).await?;
        }
        if !self.store.replay(id, merchant).await? {
            return Ok(None);
        }
        self.delivery(merchant, id).await
    }
}
