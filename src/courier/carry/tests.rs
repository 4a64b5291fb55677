//! What an attempt says of its receiver, and when the next one is made.

use super::*;

#[test]
fn only_absence_and_overload_slow_a_receiver_down() {
    let (again, minute) = (Verdict::Retry(Duration::from_secs(5)), Duration::from_mins(1));
    let of =
        |attempt_result, retry_after, verdict| load(&Attempt { attempt_result, received: false, retry_after }, verdict);
    for (attempt_result, asked, expected) in [
        (AttemptResult::Refused, None, Load::Nothing),
        (AttemptResult::Unreachable, None, Load::Away),
        (AttemptResult::Unanswered, None, Load::Hung),
        (AttemptResult::Status(429), None, Load::LeaveAlone(minute)),
        (AttemptResult::Status(429), Some(7), Load::LeaveAlone(Duration::from_secs(7))),
        (AttemptResult::Status(502), None, Load::Away),
        (AttemptResult::Status(503), None, Load::Away),
        (AttemptResult::Status(504), None, Load::Away),
        (AttemptResult::Status(503), Some(7), Load::LeaveAlone(Duration::from_secs(7))),
        (AttemptResult::Status(503), Some(1_000_000), Load::LeaveAlone(Duration::from_hours(24))),
        (AttemptResult::Status(500), None, Load::Answered),
        (AttemptResult::Status(500), Some(7), Load::Answered),
        (AttemptResult::Status(501), None, Load::Answered),
        (AttemptResult::Status(505), None, Load::Answered),
        (AttemptResult::Status(400), None, Load::Answered),
        (AttemptResult::Status(404), None, Load::Answered),
        (AttemptResult::Status(301), None, Load::Answered),
        // One that wants a body which was not there.
        (AttemptResult::Status(200), None, Load::Answered),
    ] {
        for verdict in [again, Verdict::Dead] {
            assert_eq!(
                of(attempt_result, asked.map(Duration::from_secs), verdict),
                expected,
                "{attempt_result:?} {asked:?}"
            );
        }
    }
    assert_eq!(of(AttemptResult::Status(410), None, Verdict::Gone), Load::Answered);
    assert_eq!(of(AttemptResult::Status(200), None, Verdict::Delivered), Load::Received);
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    // 2026-11-20T15:00:00Z
    let now = UnixMillis::from_millis(1_795_186_800_000);
    let seconds = |text| read_retry_after(text, now).map(|wait| wait.as_secs());
    assert_eq!(seconds("120"), Some(120));
    assert_eq!(seconds(" 0 "), Some(0));
    assert_eq!(seconds("Fri, 20 Nov 2026 15:02:00 GMT"), Some(120));
    assert_eq!(seconds("Fri, 20 Nov 2026 14:02:00 GMT"), Some(0));
    for bad in ["", "-1", "soon", "1.", ".5", "1.5.5", "1,5", "+5"] {
        assert_eq!(seconds(bad), None, "{bad}");
    }
}

#[test]
fn a_receiver_that_asks_for_more_time_than_fits_is_left_alone_for_the_longest() {
    // 2026-11-20T15:00:00Z
    let now = UnixMillis::from_millis(1_795_186_800_000);
    let longest = Attempt::RETRY_AFTER.1;
    for text in [
        "99999999999999999999",
        "18446744073709551615",
        "00000000000000000000000009999999",
        "99999999999999999999.5",
        "315360000",
        "Thu, 01 Jan 2099 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        let wait = read_retry_after(text, now).unwrap_or_else(|| panic!("{text} is taken as absent"));
        assert_eq!(wait.clamp(Attempt::RETRY_AFTER.0, longest), longest, "{text}");
    }
    for (text, expected) in [
        ("1.5", 2),
        ("120.0", 120),
        ("0.2", 1),
        ("Friday, 20-Nov-26 15:02:00 GMT", 120),
        ("Fri Nov 20 15:02:00 2026", 120),
        ("Sun Nov  6 08:49:37 1994", 0),
        ("Wed, 31 Dec 1969 23:59:59 GMT", 0),
    ] {
        assert_eq!(read_retry_after(text, now), Some(Duration::from_secs(expected)), "{text}");
    }
}
