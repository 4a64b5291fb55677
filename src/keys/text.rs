//! Derived texts: links, states, tickets.
//!
//! Each says what it is about, beginning with its journey's number, by which the journey is found without an index; 128
//! bits behind that show that it is ours. It is verified by deriving it again, from the journey's id and under the key
//! that the journey has frozen.

use subtle::ConstantTimeEq as _;

use super::Keys;
use crate::domain::journey::PhonePress;
use crate::domain::{Journey, PayId, UnixMillis, base32};

/// How many bytes of a text nobody can guess.
pub(super) const MAC: usize = 16;

/// How many characters a link has.
pub const LINK_LENGTH: usize = ((PayId::BYTES + MAC) * 8).div_ceil(5);

/// How many bytes a `state` has: it is of a visit.
const STATE: usize = PayId::BYTES + 1 + MAC;

/// How many bytes a phone's cookie has: it is of a code and a phone.
const PHONE_COOKIE: usize = PayId::BYTES + UnixMillis::BYTES + 8 + MAC;
/// What stands before a handle: behind it, as in a `state`, is a number of the journey's.
const RESUME_HANDLE: &str = "rsm_";

/// How many bytes of an API's `state` nobody can guess; it has 16 altogether.
const API_STATE_MAC: usize = 16 - PayId::BYTES;

impl Keys {
    /// The text that opens a journey's pages: `link_id`. 37 characters.
    pub fn link(&self, journey: &Journey) -> Option<String> {
        self.text(journey, "link", &[])
    }

    /// The `state` under which a customer is sent to a provider on a visit. 39 characters.
    pub fn state(&self, journey: &Journey, visit: u8) -> Option<String> {
        self.text(journey, "state", &[visit])
    }

    /// A ticket to a page of this journey, until then. 47 characters.
    pub fn page_ticket(&self, journey: &Journey, until: UnixMillis) -> Option<String> {
        self.text(journey, "ticket", &until.to_bytes())
    }

    /// The code of this moment, which a phone reads. 47 characters.
    pub fn phone_code(&self, journey: &Journey, at: UnixMillis) -> Option<String> {
        self.text(journey, "phone code", &at.to_bytes())
    }

    /// The cookie of the browser for which the code of this moment was made. 47 characters.
    pub fn code_cookie(&self, journey: &Journey, at: UnixMillis) -> Option<String> {
        self.text(journey, "code cookie", &at.to_bytes())
    }

    /// The cookie of the phone of this number, which has read the code of this moment. 60 characters.
    pub fn phone_cookie(&self, journey: &Journey, press: PhonePress) -> Option<String> {
        let said = [&press.code_at.to_bytes()[..], &press.phone.to_be_bytes()].concat();
        self.text(journey, "phone cookie", &said)
    }

    /// What opens the page on which a phone ends that has come back from this visit. 39 characters.
    pub fn phone_end(&self, journey: &Journey, visit: u8) -> Option<String> {
        self.text(journey, "phone end", &[visit])
    }

    /// When this code was made, if it is one of `journey`.
    pub fn moment_of_phone_code(&self, code: &str, journey: &Journey) -> Option<UnixMillis> {
        let (_, at) = page_ticket_parts(code)?;
        is_same(self.phone_code(journey, at), code).then_some(at)
    }

    /// When the code was made that this cookie is of, if it is one of `journey`.
    pub fn moment_of_code_cookie(&self, cookie: &str, journey: &Journey) -> Option<UnixMillis> {
        let (_, at) = page_ticket_parts(cookie)?;
        is_same(self.code_cookie(journey, at), cookie).then_some(at)
    }

    /// The phone that a cookie is of, if it has read a code of `journey`.
    pub fn press_of_phone_cookie(&self, cookie: &str, journey: &Journey) -> Option<PhonePress> {
        let (_, bytes) = read::<PHONE_COOKIE>(cookie)?;
        let (at, rest) = bytes[PayId::BYTES..].split_first_chunk()?;
        let press =
            PhonePress { code_at: UnixMillis::from_bytes(*at), phone: u64::from_be_bytes(*rest.first_chunk()?) };
        is_same(self.phone_cookie(journey, press), cookie).then_some(press)
    }

    /// The visit that this text is the end of, if it is one of `journey`.
    pub fn visit_of_phone_end(&self, end: &str, journey: &Journey) -> Option<u8> {
        let visit = read::<STATE>(end)?.1[PayId::BYTES];
        is_same(self.phone_end(journey, visit), end).then_some(visit)
    }

    /// The `state` of a visit where an API has 32 hexadecimal digits for it: the journey's number, and 72 bits that
    /// nobody can guess. No browser comes back under it.
    pub fn api_state(&self, journey: &Journey, visit: u8) -> Option<String> {
        let derived = self.derive(&journey.opening().key, "api state", &[journey.id().as_bytes(), &[visit]])?;
        let bytes = [&journey.pay_id().to_bytes()[..], &derived[..API_STATE_MAC]].concat();
        Some(data_encoding::HEXLOWER.encode(&bytes))
    }

    /// The handle by which an app goes on after the hand-back of this number, when it had to be installed first. 43
    /// characters.
    pub fn resume_handle(&self, journey: &Journey, number: u8) -> Option<String> {
        self.text(journey, "resume", &[number]).map(|text| format!("{RESUME_HANDLE}{text}"))
    }

    /// Whether `handle` is one of `journey`.
    pub fn is_resume_handle_of(&self, handle: &str, journey: &Journey) -> bool {
        is_same(resume_handle_parts(handle).and_then(|(_, number)| self.resume_handle(journey, number)), handle)
    }

    /// Whether `link` is the link of `journey`.
    pub fn is_link_of(&self, link: &str, journey: &Journey) -> bool {
        is_same(self.link(journey), link)
    }

    /// Whether `ticket` is one to this journey, whatever the time.
    pub fn is_page_ticket_of(&self, ticket: &str, journey: &Journey) -> bool {
        is_same(page_ticket_parts(ticket).and_then(|(_, until)| self.page_ticket(journey, until)), ticket)
    }

    /// The visit of `journey` that `state` is of.
    pub fn visit_of_state(&self, state: &str, journey: &Journey) -> Option<u8> {
        let visit = read::<STATE>(state)?.1[PayId::BYTES];
        let has_begun = usize::from(visit) < journey.visits().len();
        (has_begun && is_same(self.state(journey, visit), state)).then_some(visit)
    }

    /// The visit of `journey` that an API's `state` is of.
    pub fn visit_of_api_state(&self, state: &str, journey: &Journey) -> Option<u8> {
        let mut visits = (0..=u8::MAX).take(journey.visits().len());
        visits.find(|visit| is_same(self.api_state(journey, *visit), state))
    }

    fn text(&self, journey: &Journey, purpose: &str, said: &[u8]) -> Option<String> {
        let derived = self.derive(&journey.opening().key, purpose, &[journey.id().as_bytes(), said])?;
        Some(base32::write(&[&journey.pay_id().to_bytes()[..], said, &derived[..MAC]].concat()))
    }
}

/// The journey that a link speaks of, before it has been compared.
pub fn pay_id_of_link(link: &str) -> Option<PayId> {
    read::<{ PayId::BYTES + MAC }>(link).map(|(pay_id, _)| pay_id)
}

/// The journey that a `state` speaks of, before it has been compared.
pub fn pay_id_of_state(state: &str) -> Option<PayId> {
    read::<STATE>(state).map(|(pay_id, _)| pay_id)
}

/// The journey that an API's `state` speaks of, before it has been compared.
pub fn pay_id_of_api_state(state: &str) -> Option<PayId> {
    let bytes = data_encoding::HEXLOWER.decode(state.as_bytes()).ok()?;
    PayId::from_bytes(*<[u8; PayId::BYTES + API_STATE_MAC]>::try_from(bytes).ok()?.first_chunk()?)
}

/// The journey and the moment that a ticket or a phone code speaks of, before it has been compared: until when the
/// ticket opens, and when the code was made.
pub fn page_ticket_parts(ticket: &str) -> Option<(PayId, UnixMillis)> {
    let (pay_id, bytes) = read::<{ PayId::BYTES + UnixMillis::BYTES + MAC }>(ticket)?;
    Some((pay_id, UnixMillis::from_bytes(*bytes[PayId::BYTES..].first_chunk()?)))
}

/// The journey that a handle speaks of and the number of its hand-back, before it has been compared.
pub fn resume_handle_parts(handle: &str) -> Option<(PayId, u8)> {
    let (pay_id, bytes) = read::<STATE>(handle.strip_prefix(RESUME_HANDLE)?)?;
    Some((pay_id, bytes[PayId::BYTES]))
}

/// The journey's number in a text of so many bytes, and all of them.
fn read<const N: usize>(text: &str) -> Option<(PayId, [u8; N])> {
    let bytes = base32::read(text)?;
    Some((PayId::from_bytes(*bytes.first_chunk()?)?, bytes))
}

fn is_same(own: Option<String>, shown: &str) -> bool {
    own.is_some_and(|own| own.as_bytes().ct_eq(shown.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::journey::tests::{NOW, journey};
    use crate::store::laws::fixtures::away;

    fn keys() -> Keys {
        Keys::parse(Keys::write_fresh("k1", [3; 32]).reveal()).unwrap()
    }

    /// What a text becomes when one of its characters is another, for each of them.
    fn forgeries(text: &str) -> impl Iterator<Item = String> {
        (0..text.len()).map(move |at| {
            let other = if &text[at..=at] == "a" { "b" } else { "a" };
            format!("{}{other}{}", &text[..at], &text[at + 1..])
        })
    }

    #[test]
    fn a_link_says_whose_it_is_and_nobody_else_can_say_so() {
        let (keys, journey) = (keys(), journey());
        let link = keys.link(&journey).unwrap();
        assert_eq!((link.len(), pay_id_of_link(&link)), (LINK_LENGTH, Some(journey.pay_id())));
        assert!(keys.is_link_of(&link, &journey));
        assert_eq!(forgeries(&link).find(|forged| keys.is_link_of(forged, &journey)), None);
    }

    #[test]
    fn a_state_says_which_visit_it_is_of_and_nobody_else_can_say_so() {
        let (keys, (away, _)) = (keys(), away(journey(), NOW));
        let state = keys.state(&away, 0).unwrap();
        assert_eq!((state.len(), pay_id_of_state(&state)), (39, Some(away.pay_id())));
        assert_eq!(keys.visit_of_state(&state, &away), Some(0));
        assert_eq!(keys.visit_of_state(&state, &journey()), None, "nobody has left on this one");
        assert_eq!(keys.visit_of_state(&keys.state(&away, 1).unwrap(), &away), None, "nor a second time");
        assert_eq!(forgeries(&state).find(|forged| keys.visit_of_state(forged, &away).is_some()), None);
    }

    #[test]
    fn the_state_of_an_api_is_another_text_of_the_same_visit() {
        let (keys, (away, _)) = (keys(), away(journey(), NOW));
        let state = keys.api_state(&away, 0).unwrap();
        assert!(state.len() == 32 && state.bytes().all(|b| b.is_ascii_hexdigit()), "{state}");
        assert_eq!((pay_id_of_api_state(&state), pay_id_of_state(&state)), (Some(away.pay_id()), None));
        assert_eq!(keys.visit_of_api_state(&state, &away), Some(0));
        assert_eq!(keys.visit_of_api_state(&state, &journey()), None);
        assert_eq!(forgeries(&state).find(|forged| keys.visit_of_api_state(forged, &away).is_some()), None);
        assert_eq!(pay_id_of_api_state(&state.to_uppercase()), None);
    }

    #[test]
    fn a_ticket_says_whose_it_is_and_until_when_and_nobody_else_can_say_so() {
        let (keys, journey) = (keys(), journey());
        let ticket = keys.page_ticket(&journey, NOW).unwrap();
        assert_eq!((ticket.len(), page_ticket_parts(&ticket)), (47, Some((journey.pay_id(), NOW))));
        assert!(keys.is_page_ticket_of(&ticket, &journey));
        assert_eq!(forgeries(&ticket).find(|forged| keys.is_page_ticket_of(forged, &journey)), None);
        for bad in ["", "x", &ticket[1..]] {
            assert_eq!(page_ticket_parts(bad), None);
        }
    }

    #[test]
    fn a_phones_texts_say_what_they_are_of_and_nobody_else_can_say_so() {
        let (keys, (away, _)) = (keys(), away(journey(), NOW));
        let press = PhonePress { code_at: NOW, phone: u64::MAX - 1 };
        let code = keys.phone_code(&away, NOW).unwrap();
        let first = keys.code_cookie(&away, NOW).unwrap();
        let phone = keys.phone_cookie(&away, press).unwrap();
        let end = keys.phone_end(&away, 3).unwrap();
        assert_eq!(keys.moment_of_phone_code(&code, &away), Some(NOW));
        assert_eq!(keys.moment_of_code_cookie(&first, &away), Some(NOW));
        assert_eq!(keys.press_of_phone_cookie(&phone, &away), Some(press));
        assert_eq!(keys.visit_of_phone_end(&end, &away), Some(3));
        // As long as each other, and yet neither is taken for the other.
        let ticket = keys.page_ticket(&away, NOW).unwrap();
        for other in [&first, &ticket] {
            assert_eq!(keys.moment_of_phone_code(other, &away), None);
        }
        for other in [&code, &ticket] {
            assert_eq!(keys.moment_of_code_cookie(other, &away), None);
        }
        assert_eq!(keys.visit_of_phone_end(&keys.state(&away, 0).unwrap(), &away), None);
        assert_eq!(keys.visit_of_state(&keys.phone_end(&away, 0).unwrap(), &away), None);
        for forged in forgeries(&code).chain(forgeries(&first)) {
            assert!(keys.moment_of_phone_code(&forged, &away).is_none(), "{forged}");
            assert!(keys.moment_of_code_cookie(&forged, &away).is_none(), "{forged}");
        }
        assert_eq!(forgeries(&phone).find(|forged| keys.press_of_phone_cookie(forged, &away).is_some()), None);
        assert_eq!(forgeries(&end).find(|forged| keys.visit_of_phone_end(forged, &away).is_some()), None);
    }

    #[test]
    fn a_handle_says_which_hand_back_it_is_of_and_nobody_else_can_say_so() {
        let (keys, journey) = (keys(), journey());
        let handle = keys.resume_handle(&journey, 1).unwrap();
        assert_eq!((handle.len(), resume_handle_parts(&handle)), (43, Some((journey.pay_id(), 1))));
        assert!(keys.is_resume_handle_of(&handle, &journey));
        assert_eq!(forgeries(&handle).find(|forged| keys.is_resume_handle_of(forged, &journey)), None);
        let state = keys.state(&journey, 1).unwrap();
        assert!(!keys.is_resume_handle_of(&format!("rsm_{state}"), &journey), "a state is no handle");
        let tokens = [keys.resumed_token(&journey, 1), keys.one_time_token(&journey, 1)].map(Option::unwrap);
        assert_ne!(tokens[0], tokens[1], "and its token is fresh");
    }

    #[test]
    fn no_text_passes_for_one_of_another_kind() {
        let (keys, (away, _)) = (keys(), away(journey(), NOW));
        let texts = [keys.link(&away), keys.state(&away, 0), keys.page_ticket(&away, NOW)].map(Option::unwrap);
        for text in &texts {
            let read =
                [pay_id_of_link(text).is_some(), pay_id_of_state(text).is_some(), page_ticket_parts(text).is_some()];
            assert_eq!(read.iter().filter(|read| **read).count(), 1, "{text}");
        }
    }
}
