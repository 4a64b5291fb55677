//! Laws of watched callbacks.

use super::{TestStore, fixtures::entry};
use crate::domain::{Look, MerchantId, WatchedCallback};

impl TestStore {
    fn watched(&self, merchant: MerchantId, url: &str) -> WatchedCallback {
        WatchedCallback::up(merchant, entry(url).url, self.now())
    }

    async fn all_watched(&self) -> Vec<WatchedCallback> {
        let mut all = self.store().watched().await.unwrap();
        all.sort_by(|a, b| a.url.as_str().cmp(b.url.as_str()).then_with(|| a.merchant.cmp(&b.merchant)));
        all
    }
}

pub(crate) async fn what_is_watched_is_listed_until_it_is_watched_no_more(mut tested: TestStore) {
    let (one, other) = (MerchantId::mint([1; 16]), MerchantId::mint([2; 16]));
    let all = [
        tested.watched(one, "https://a.example/cb"),
        tested.watched(other, "https://a.example/cb"),
        tested.watched(one, "https://b.example/cb?x=1"),
    ];
    for callback in &all {
        tested.store().watch(callback).await.unwrap();
    }
    assert_eq!(tested.all_watched().await, all);
    tested.reopen().await;
    assert_eq!(tested.all_watched().await, all);
    tested.store().unwatch(&tested.watched(one, "https://b.example/cb?y=2")).await.unwrap();
    assert_eq!(tested.all_watched().await, all[..2], "it is the same place whatever its query");
    tested.store().unwatch(&all[2]).await.unwrap();
    assert_eq!(tested.all_watched().await, all[..2]);
}

pub(crate) async fn what_is_watched_again_stays_as_it_stands(tested: TestStore) {
    let mut down = tested.watched(MerchantId::mint([1; 16]), "https://a.example/cb");
    tested.store().watch(&down).await.unwrap();
    for _ in 0..WatchedCallback::IN_A_ROW {
        down = down.after(Look::InTrouble, tested.now()).unwrap();
        for _ in 0..2 {
            tested.store().note_standing(&down).await.unwrap();
        }
    }
    assert!(down.down_since.is_some());
    tested.store().watch(&tested.watched(down.merchant, "https://a.example/cb")).await.unwrap();
    assert_eq!(tested.all_watched().await, [down]);
}
