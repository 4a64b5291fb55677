//! The store laws: what every store must keep, whatever it is made of.
//!
//! One law, one promise of the contract in `store`; its name is the promise. A backend mounts all of them with one
//! line, and there is no way to leave one out:
//!
//! ```ignore
//! struct Folder(tempfile::TempDir);
//!
//! #[async_trait]
//! impl Backend for Folder {
//!     async fn open(&self, clock: Arc<TestClock>) -> Arc<dyn Store> { … }
//! }
//!
//! store_laws!(Folder(tempfile::tempdir().unwrap()));
//! ```
//!
//! The law book lives inside the crate because only this crate can make a `Fact`, and a law without one could conclude
//! nothing.

pub(crate) mod api_keys;
pub(crate) mod attempts;
pub(crate) mod consents;
pub(crate) mod consoles;
pub(crate) mod copies;
pub(crate) mod deliveries;
pub(crate) mod due;
pub(crate) mod erasures;
pub(crate) mod events;
pub(crate) mod fixtures;
pub(crate) mod lasting;
pub(crate) mod lists;
pub(crate) mod logos;
pub(crate) mod merchants;
pub(crate) mod numbers;
pub(crate) mod openings;
pub(crate) mod races;
pub(crate) mod reservations;
pub(crate) mod steps;
pub(crate) mod texts;
pub(crate) mod tokens;
pub(crate) mod users;
pub(crate) mod watches;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{Opened, Step, Store, Taken};
use crate::clock::{Clock, TestClock};
use crate::domain::{Digest, Fact, Journey, MintedToken, UnixMillis};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A kind of store, with a place of its own for its data: empty at first, thrown away with this value.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// Opens the store over what is there by now. The one that was opened before has been dropped.
    async fn open(&self, clock: Arc<TestClock>) -> Arc<dyn Store>;
}

/// A store on trial, with a clock that a law moves.
pub(crate) struct TestStore {
    backend: Box<dyn Backend>,
    clock: Arc<TestClock>,
    store: Option<Arc<dyn Store>>,
}

impl TestStore {
    /// A new and empty store.
    pub(crate) async fn build(backend: impl Backend + 'static) -> Self {
        let clock = Arc::new(TestClock::default());
        let store = Some(backend.open(Arc::clone(&clock)).await);
        Self { backend: Box::new(backend), clock, store }
    }

    /// Drops the store and opens it again over what it has kept.
    async fn reopen(&mut self) {
        drop(self.store.take());
        self.store = Some(self.backend.open(Arc::clone(&self.clock)).await);
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.store.as_ref().unwrap()
    }

    pub(crate) fn clock(&self) -> Arc<TestClock> {
        Arc::clone(&self.clock)
    }

    fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    fn pass(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// Opens `journey`.
    async fn opened(&self, journey: Journey) -> Journey {
        assert_eq!(self.store().open(&journey, &[], None).await.unwrap(), Opened::New);
        journey
    }

    /// Opens `journey`, and its customer leaves for the provider.
    async fn away(&self, journey: Journey) -> Journey {
        let (journey, _) = fixtures::away(self.opened(journey).await, self.now());
        self.done(&Step::to(journey.clone())).await;
        journey
    }

    /// Concludes `journey`, which is stored as it is given, by `fact`.
    async fn concluded(&self, journey: Journey, fact: &Fact, token: Option<MintedToken>) -> Journey {
        let (journey, _) = fixtures::concluded(journey, fact, self.now());
        self.done(&fixtures::concluding(journey.clone(), token)).await;
        journey
    }

    /// Opens `journey`, and concludes it as paid, with a token that lives an hour.
    async fn paid(&self, journey: Journey, token: Digest) -> Journey {
        let away = self.away(journey).await;
        self.concluded(away, &Fact::paid(), Some(fixtures::hourly(token))).await
    }

    async fn done(&self, step: &Step) {
        assert_eq!(self.store().take(step).await.unwrap(), Taken::Done);
    }

    async fn find(&self, journey: &Journey) -> Option<Journey> {
        self.store().find(journey.pay_id()).await.unwrap()
    }
}

/// Holds a backend to every law. The expression makes a fresh [`Backend`]; each law gets one of its own.
macro_rules! store_laws {
    ($backend:expr) => {
        $crate::store::laws::mount! { $backend;
            openings {
                what_is_opened_is_found
                what_was_never_opened_is_not_found
                an_opening_tried_again_is_no_collision
                a_number_that_another_journey_has_is_taken
                the_same_reservation_answers_the_journey_it_opened
                the_same_reservation_answers_the_journey_as_it_stands_now
                what_a_reservation_opened_can_be_asked_for
                a_reservation_used_for_another_request_opens_nothing
                a_taken_number_leaves_the_reservation_unused
                a_reservation_is_forgotten_after_a_day_and_not_before_its_journey_expires
                a_reference_is_remembered_for_as_long_as_its_journey
                an_opening_leaves_deliveries
            }
            steps {
                a_step_is_written_over_the_revision_before
                a_lost_race_answers_the_journey_as_it_stands
                a_second_visit_over_the_same_revision_is_lost
                a_step_from_the_future_is_lost
                nothing_of_a_lost_step_is_written
                a_step_of_an_unknown_journey_is_gone_and_leaves_nothing
                the_same_step_tried_again_is_done_and_changes_nothing
                a_final_outcome_writes_its_stage_its_token_and_its_deliveries
                a_superseding_outcome_brings_a_token_and_deliveries_of_its_own
                deliveries_come_in_order_and_of_their_journey_alone
                any_step_leaves_deliveries_and_each_event_once
                a_failed_try_is_kept
            }
            due {
                a_held_proof_is_due_when_nobody_has_finished_it
                a_sent_proof_is_due_when_its_answer_counts_as_lost
                a_redirect_that_is_asked_for_ahead_is_due_until_it_is_known
                a_concluded_proof_leaves_nothing_due
                a_failed_proof_gives_way_to_the_expiry
                a_concluded_journey_is_due_for_its_proof
                a_payment_that_is_open_is_due_when_it_is_asked_about_and_never_expires
                a_frozen_hand_back_is_due_until_its_proof_is_concluded
                a_lost_step_moves_nothing
                the_longest_due_come_first
            }
            consents {
                what_an_agreement_leaves_is_kept
                a_consent_asked_for_again_is_due_at_its_new_expiry
                a_second_round_has_a_token_and_deliveries_of_its_own
                an_unspent_token_does_not_wait_for_the_next_round
                a_token_of_a_second_round_waits_for_its_fact
                a_consent_is_kept_until_it_ends
                asking_again_in_vain_shortens_nothing
                a_consent_asked_for_again_is_still_proven
            }
            tokens {
                a_token_is_granted_with_its_journey
                the_same_attempt_is_granted_again
                another_attempt_learns_when_it_was_spent
                a_frozen_journeys_token_is_pending_and_then_granted
                a_pending_token_is_not_spent_by_asking
                a_pending_token_expires_too
                an_expired_token_says_since_when
                a_spent_token_stays_spent_after_it_would_have_expired
                an_unknown_token_is_unknown
                a_token_that_is_there_keeps_its_time
                what_became_of_a_token_is_known_for_as_long_as_its_journey
                a_token_survives_every_later_step
                a_token_granted_before_a_supersession_shows_the_outcome_in_force
            }
            races {
                of_two_final_outcomes_one_wins
                of_many_attempts_at_a_token_one_is_granted
                one_attempt_made_many_times_at_once_is_granted_every_time
                of_many_openings_under_one_reservation_one_is_new
                of_many_reservations_of_one_key_one_is_fresh
                of_many_changes_to_a_profile_one_is_done
            }
            reservations {
                a_key_is_fresh_once
                a_key_with_another_request_is_reused
                a_key_is_forgotten_after_a_day_whoever_asks_meanwhile
            }
            merchants {
                a_merchant_is_added_and_read
                a_merchants_id_is_taken_once
                merchants_are_listed_the_oldest_first
                a_profile_is_written_over_the_revision_before
                a_stale_profile_is_not_written
                the_profile_of_nobody_is_stale
                a_profiles_change_tried_again_is_done
                a_reserved_change_answers_its_number_again
                a_reservation_for_another_change_is_reused
                a_stale_change_leaves_its_reservation_unused
                a_profiles_reservation_is_forgotten_after_a_day
            }
            api_keys {
                a_number_leads_to_its_merchant
                a_number_is_reserved_for_one_merchant
                of_many_merchants_that_draw_one_number_one_has_it
                a_number_is_freed_by_its_merchant_alone
                a_number_that_has_changed_hands_leads_to_its_new_merchant
                a_last_use_is_kept_and_never_goes_back
                numbers_and_uses_are_there_after_reopening
                a_merchant_that_is_removed_leaves_nothing
            }
            logos {
                a_merchant_has_one_logo_of_its_own
                a_merchants_logo_goes_with_it
            }
            events {
                an_event_is_listed_when_nothing_older_can_come_any_more
                a_feed_goes_on_behind_a_place_without_a_gap_or_a_repetition
                a_step_leaves_its_event_once_and_a_lost_one_none
                events_are_there_after_reopening
                the_events_of_a_journey_that_is_gone_are_passed_over
                old_events_are_tidied_away_and_a_removed_merchants_at_once
                the_same_trouble_is_told_once_in_a_while
            }
            watches {
                what_is_watched_is_listed_until_it_is_watched_no_more
                what_is_watched_again_stays_as_it_stands
            }
            consoles {
                a_link_signs_in_once_however_many_try
                looking_at_a_link_uses_nothing_up
                a_link_ends_with_its_life
                the_same_sign_in_tried_again_is_the_same_session
                a_session_ends_with_its_life
                a_session_that_is_used_goes_on_and_one_that_rests_ends
                a_session_that_is_ended_is_gone_and_the_others_stay
                another_console_knows_neither_link_nor_session
                sessions_links_and_entries_are_there_after_reopening
                entries_are_listed_newest_first_and_in_pages
                an_entry_that_was_begun_ends_as_another_or_is_taken_back
                an_entry_tried_again_is_kept_once
                what_has_ended_is_tidied_away
                a_merchant_that_is_removed_leaves_no_console
            }
            erasures {
                an_erased_journey_is_nowhere_any_more
                an_erased_journey_leaves_no_dead_letter
                an_erased_consent_is_not_its_users_any_more
            }
            users {
                a_user_is_enrolled_and_found
                a_user_without_an_own_id_is_enrolled_every_time
                an_own_id_is_taken_once
                the_same_enrolment_tried_again_is_new
                of_many_enrolments_of_one_own_id_one_is_new
                a_forgotten_user_leaves_its_own_id_free
                forgetting_a_user_leaves_its_successor_alone
                another_merchants_user_is_not_seen
                users_are_listed_the_newest_first
                users_are_there_after_reopening
            }
            lists {
                a_list_is_newest_first_and_of_one_merchant
                journeys_of_one_moment_are_sorted_by_number
                pages_join_without_a_gap_or_a_repetition
                a_page_begins_behind_a_place_where_nothing_stands
                the_proven_are_listed_alone_and_in_pages
                a_list_shows_journeys_as_they_stand
                journeys_about_one_user_are_listed_alone_and_in_pages
                a_user_of_another_merchant_is_somebody_else
                a_journey_lapses_when_its_time_has_run_out
                a_lapsed_journey_comes_again_until_it_is_concluded
                lapsed_journeys_come_at_most_so_many
            }
            numbers {
                journeys_are_counted_by_when_they_were_opened
                a_sample_of_one_in_one_is_every_journey_with_its_tokens
                a_sample_holds_each_journey_with_the_same_chance
            }
            deliveries {
                an_outcome_leaves_deliveries_that_are_due_at_once
                those_that_waited_longest_are_leased_first_and_so_many_at_the_most
                a_leased_delivery_is_nobody_elses_until_its_lease_lapses
                a_lapsed_lease_that_nobody_took_over_still_counts
                a_failed_try_is_counted_and_comes_again_when_it_is_due
                what_is_given_back_is_untried_and_due_when_it_says
                what_has_ended_is_never_leased_again
                dead_letters_are_listed_newest_first_and_in_pages
                a_replayed_delivery_begins_anew
                a_waiting_delivery_that_is_replayed_is_due_now
                only_what_waits_is_brought_forward
                what_is_brought_forward_comes_in_the_order_that_is_asked_for
                what_is_given_back_again_and_again_is_kept_for_as_long_as_that_takes
                a_replayed_delivery_survives_a_later_step
                of_many_couriers_none_gets_what_another_has_and_nothing_is_lost
                deliveries_wait_and_rest_after_reopening
                an_endpoint_is_shut_for_a_month_or_until_it_is_reopened
            }
            attempts {
                what_was_never_tried_is_leased_before_every_retry
                what_is_replayed_after_its_end_is_as_good_as_untried
                the_last_attempts_are_kept_as_they_were_made_and_no_more
                what_waits_and_what_fails_are_listed_newest_first_and_in_pages
            }
            texts {
                odd_texts_come_back_as_they_went
                digests_of_odd_bytes_are_kept_apart
                digests_that_differ_in_one_bit_are_kept_apart
            }
            copies {
                every_record_is_read_and_can_be_written_again
            }
            lasting {
                what_was_acknowledged_is_there_after_reopening
                a_spent_token_is_spent_after_reopening
                tidying_drops_nothing_that_is_promised
                what_belongs_to_a_journey_lasts_as_long_as_it_waits
                a_new_store_notes_its_owner
                a_key_may_follow_another
                another_gateway_is_refused_and_changes_nothing
                a_store_answers_and_says_what_it_is
            }
        }
    };
}

/// Writes one test for each law; used by [`store_laws`] alone.
macro_rules! mount {
    ($backend:expr; $($chapter:ident { $($law:ident)+ })+) => {$(
        mod $chapter {
            #[allow(unused_imports, reason = "the backend's expression speaks of what its module can see")]
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $law() {
                    let tested = $crate::store::laws::TestStore::build($backend).await;
                    $crate::store::laws::$chapter::$law(tested).await;
                }
            )+
        }
    )+};
}

pub(crate) use {mount, store_laws};
