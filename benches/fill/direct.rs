//! Fills a store by its own steps: journeys as the engine has opened one, without the engine's work for each.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use handback::domain::UnixMillis;
use handback::domain::id::{JourneyId, MerchantId, Shard};
use handback::domain::journey::{BegunVisit, Journey, Opening};
use handback::domain::merchant::Merchant;
use handback::engine::Engine;
use handback::store::{Opened, Step, Taken};

use crate::concludes::final_outcome_at;
use crate::fill::{self, OPENERS};

/// Where the journeys of a portion stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Their customers are at the bank.
    Away,
    /// Their customers are home, each with a one-time token.
    HandedBack,
}

/// A number of journeys.
#[derive(Debug, Clone, Copy)]
pub struct Portion {
    /// How many.
    pub journeys: usize,
    /// Where they stand.
    pub standing: Standing,
    /// When the first and the last of them are opened, evenly apart.
    pub opened: (UnixMillis, UnixMillis),
    /// How long they may wait for their customers.
    pub life: Duration,
    /// Of how many of them the `state` is wanted, evenly apart.
    pub states: usize,
}

/// What fills a store.
pub struct Direct {
    engine: Arc<Engine>,
    merchants: Vec<MerchantId>,
    opening: Opening,
}

impl Direct {
    /// One for these merchants, after a journey that the engine opens for another one.
    pub async fn like_the_engine(engine: &Arc<Engine>, model: &Merchant, merchants: Vec<MerchantId>) -> Arc<Self> {
        let journey = fill::open_one(engine, model, 1_234_567).await;
        assert!(engine.deps.store.erase(&journey).await.expect("a store"), "the model goes");
        let opening = journey.opening().clone();
        Arc::new(Self { engine: Arc::clone(engine), merchants, opening })
    }

    /// Writes a portion, and answers the states that are wanted.
    pub async fn fill(self: &Arc<Self>, portion: Portion) -> Vec<String> {
        let writer = |first| {
            let direct = Arc::clone(self);
            tokio::spawn(async move {
                let mut states = Vec::new();
                let apart = portion.journeys.checked_div(portion.states).map_or(usize::MAX, |apart| apart.max(1));
                for n in (first..portion.journeys).step_by(OPENERS) {
                    let journey = direct.write(&portion, n).await;
                    if n % apart == 0 && portion.states > 0 {
                        states.push(direct.engine.deps.keys.state(&journey, 0).expect("a key"));
                    }
                }
                states
            })
        };
        try_join_all((0..OPENERS).map(writer)).await.expect("journeys").into_iter().flatten().collect()
    }

    async fn write(&self, portion: &Portion, n: usize) -> Journey {
        let (from, to) = portion.opened;
        let span = to.since(from).as_millis() as u64;
        let opened_at = from.plus(Duration::from_millis(span * n as u64 / portion.journeys as u64));
        let id: [u8; 16] = rand::random();
        let journey = Journey::open(Opening {
            id: JourneyId::mint(id, Shard::of_byte(id[7])),
            merchant: self.merchants[n % self.merchants.len()],
            opened_at,
            expires_at: opened_at.plus(portion.life),
            ..self.opening.clone()
        });
        let store = &self.engine.deps.store;
        assert_eq!(store.open(&journey, &[], None).await.expect("a store"), Opened::New);
        let BegunVisit::New(journey, _) = journey.begin_visit(None, opened_at) else { panic!("no visit has begun") };
        self.take(&Step::to(journey.clone())).await;
        if portion.standing == Standing::HandedBack {
            self.take(&final_outcome_at(journey.clone(), opened_at).expect("an outcome")).await;
        }
        journey
    }

    async fn take(&self, step: &Step) {
        assert_eq!(self.engine.deps.store.take(step).await.expect("a store"), Taken::Done);
    }
}
