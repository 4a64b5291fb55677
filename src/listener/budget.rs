//! What a connection may still take: its phases and their deadlines, pure, on moments that it is given.
//!
//! The worst that one request can hold a descriptor is the sum of the parts that a client decides: its head, its body
//! (whose deadline is `http.body_timeout`, kept where bodies are read), the answer, and what is read away after it.
//! While the program works on a request nothing is counted: how long that may take is for the program to decide.

use std::time::Duration;

use tokio::time::Instant;

/// How long each part of an exchange may take, and how much is read in it.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the accept, or on a connection that was kept from the first byte, until the head is whole.
    pub head: Duration,
    /// From an answer's head until its last byte has been taken by the socket.
    pub answer: Duration,
    /// For how long, after the last answer, what still arrives is read away.
    pub drain: Duration,
    /// How many bytes are then read away.
    pub drain_bytes: usize,
    /// How many bytes are read while the program works on a request that has a body, chunk headers included.
    pub body_bytes: usize,
    /// For how long a connection waits for its next request; `None` when the first answer is the last.
    pub idle: Option<Duration>,
}

impl Limits {
    /// The limits of a listener that keeps idle connections for so long, or not at all.
    pub const fn with_keep_alive(idle: Option<Duration>) -> Self {
        Self {
            head: Duration::from_secs(5),
            answer: Duration::from_secs(5),
            drain: Duration::from_secs(2),
            drain_bytes: 64 * 1024,
            // A body of 64 KiB in chunks of a few bytes each.
            body_bytes: 512 * 1024,
            idle,
        }
    }
}

/// Whether a request announces a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// It ends with its head.
    None,
    /// A body follows.
    Announced,
}

/// Whether another answer may follow on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Another may follow.
    More,
    /// This answer is the last.
    Last,
}

/// Where an exchange stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A head is awaited, and `begun` when a byte of it is there.
    Head { until: Instant, begun: bool },
    /// The program works on a request, and may read so much of its body.
    Work { may_read: usize },
    /// An answer is being written; `produced` once the program has no more of it to give.
    Answer { until: Instant, position: Position, produced: bool },
    /// An answer is written, and the next request may come.
    Idle { until: Instant },
    /// The last answer is written, and what still arrives is read away.
    Drain { until: Instant, may_read: usize },
}

/// The part of an exchange whose limit was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The head did not arrive in time; `true` when some of it did.
    Head(bool),
    /// The answer was not taken in time.
    Answer,
    /// No other request came in time.
    Idle,
    /// What follows the last answer is too much, or too slow.
    Drain,
}

/// What one connection may still take.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    phase: Phase,
}

impl Budget {
    /// The budget of a connection that is accepted now.
    pub fn new(limits: Limits, now: Instant) -> Self {
        Self { limits, phase: Phase::Head { until: now + limits.head, begun: false } }
    }

    /// Whether a byte may be read now. A request that follows waits until the answer before it is written.
    pub const fn may_read(&self) -> bool {
        match self.phase {
            Phase::Head { .. } | Phase::Idle { .. } => true,
            Phase::Work { may_read } | Phase::Drain { may_read, .. } => may_read > 0,
            Phase::Answer { .. } => false,
        }
    }

    /// Whether the program may begin with a request. After the last answer it may not: what follows is read away.
    pub const fn may_begin(&self) -> bool {
        matches!(self.phase, Phase::Head { .. } | Phase::Idle { .. })
    }

    /// Whether the last answer is written.
    pub const fn is_draining(&self) -> bool {
        matches!(self.phase, Phase::Drain { .. })
    }

    /// Whether an answer is written, and nothing of another request is there.
    pub const fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle { .. })
    }

    /// Notes that so many bytes were read.
    pub fn note_read(&mut self, count: usize, now: Instant) {
        match &mut self.phase {
            Phase::Idle { .. } => self.phase = Phase::Head { until: now + self.limits.head, begun: true },
            Phase::Head { begun, .. } => *begun = true,
            Phase::Work { may_read } | Phase::Drain { may_read, .. } => *may_read = may_read.saturating_sub(count),
            Phase::Answer { .. } => {}
        }
    }

    /// Notes that a head is whole, and the program begins to work on its request.
    pub const fn note_head(&mut self, body: Body) {
        let may_read = match body {
            Body::None => 0,
            Body::Announced => self.limits.body_bytes,
        };
        self.phase = Phase::Work { may_read };
    }

    /// Whether the answer to a request is the last: nothing is kept alive, or this one says so.
    pub const fn position(&self, wished: Position) -> Position {
        if self.limits.idle.is_none() { Position::Last } else { wished }
    }

    /// Notes that an answer's head is there.
    pub fn note_answer(&mut self, position: Position, now: Instant) {
        self.phase = Phase::Answer { until: now + self.limits.answer, position, produced: false };
    }

    /// Notes that the program has given the last byte of its answer.
    pub const fn note_produced(&mut self) {
        if let Phase::Answer { produced, .. } = &mut self.phase {
            *produced = true;
        }
    }

    /// Notes that the socket has taken everything that was given.
    pub fn note_flushed(&mut self, now: Instant) {
        match (self.phase, self.limits.idle) {
            (Phase::Answer { produced: true, position: Position::More, .. }, Some(idle)) => {
                self.phase = Phase::Idle { until: now + idle };
            }
            (Phase::Answer { produced: true, .. }, _) => self.drain(now),
            _ => {}
        }
    }

    /// From now on what arrives is read away, within its limits.
    pub fn drain(&mut self, now: Instant) {
        self.phase = Phase::Drain { until: now + self.limits.drain, may_read: self.limits.drain_bytes };
    }

    /// When a limit is passed unless something happens before.
    pub const fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Work { .. } => None,
            Phase::Head { until, .. }
            | Phase::Answer { until, .. }
            | Phase::Idle { until }
            | Phase::Drain { until, .. } => Some(until),
        }
    }

    /// The part whose limit has been passed, if one has.
    pub fn spent(&self, now: Instant) -> Option<Part> {
        match self.phase {
            Phase::Drain { may_read: 0, .. } => return Some(Part::Drain),
            _ if self.deadline().is_none_or(|until| now < until) => return None,
            _ => {}
        }
        match self.phase {
            Phase::Work { .. } => None,
            Phase::Head { begun, .. } => Some(Part::Head(begun)),
            Phase::Answer { .. } => Some(Part::Answer),
            Phase::Idle { .. } => Some(Part::Idle),
            Phase::Drain { .. } => Some(Part::Drain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Option<Duration> = Some(Duration::from_secs(30));

    /// A budget, and the moment at which its connection was accepted.
    fn accepted(idle: Option<Duration>) -> (Budget, Instant) {
        let now = Instant::now();
        (Budget::new(Limits::with_keep_alive(idle), now), now)
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A whole exchange: a head, an answer, all of it written.
    fn answer(budget: &mut Budget, position: Position, now: Instant) {
        budget.note_read(40, now);
        budget.note_head(Body::None);
        budget.note_answer(budget.position(position), now);
        budget.note_produced();
        budget.note_flushed(now);
    }

    #[test]
    fn a_head_has_five_seconds_from_the_accept_however_its_bytes_drip() {
        for drips in [0, 1, 4] {
            let (mut budget, start) = accepted(KEPT);
            for second in 1..=drips {
                budget.note_read(1, start + seconds(second));
            }
            assert_eq!(budget.spent(start + seconds(4)), None);
            assert_eq!(budget.spent(start + seconds(5)), Some(Part::Head(drips > 0)));
        }
    }

    #[test]
    fn each_head_of_a_kept_connection_has_five_seconds_from_its_first_byte() {
        let (mut budget, start) = accepted(KEPT);
        for round in 1..4 {
            let now = start + seconds(20 * round);
            answer(&mut budget, Position::More, now);
            assert_eq!(budget.spent(now + seconds(29)), None, "it is idle");
            assert_eq!(budget.spent(now + seconds(30)), Some(Part::Idle));
            let first = now + seconds(10);
            budget.note_read(1, first);
            budget.note_read(1, first + seconds(4));
            assert_eq!(budget.spent(first + seconds(5)), Some(Part::Head(true)), "round {round}");
        }
    }

    #[test]
    fn the_programs_own_time_is_not_the_clients() {
        let (mut budget, start) = accepted(None);
        budget.note_head(Body::Announced);
        assert_eq!((budget.deadline(), budget.spent(start + seconds(3600))), (None, None));
    }

    #[test]
    fn an_answer_that_is_not_taken_ends_the_connection_after_five_seconds() {
        for produced in [false, true] {
            let (mut budget, start) = accepted(KEPT);
            budget.note_head(Body::None);
            budget.note_answer(Position::More, start + seconds(60));
            if produced {
                budget.note_produced();
            } else {
                // Everything so far is taken, and there is more to come.
                budget.note_flushed(start + seconds(61));
            }
            assert_eq!(budget.spent(start + seconds(64)), None);
            assert_eq!(budget.spent(start + seconds(65)), Some(Part::Answer));
        }
    }

    #[test]
    fn after_the_last_answer_two_seconds_and_64_kib_are_read_away() {
        for (idle, position) in [(None, Position::More), (KEPT, Position::Last)] {
            let (mut budget, start) = accepted(idle);
            answer(&mut budget, position, start);
            assert!(budget.is_draining() && budget.may_read() && !budget.may_begin());
            budget.note_read(64 * 1024 - 1, start);
            assert_eq!(budget.spent(start + seconds(1)), None);
            assert_eq!(budget.spent(start + seconds(2)), Some(Part::Drain));
            budget.note_read(1, start);
            assert_eq!((budget.spent(start), budget.may_read()), (Some(Part::Drain), false));
        }
    }

    #[test]
    fn nothing_that_follows_is_read_or_begun_before_an_answer_is_written() {
        let (mut budget, start) = accepted(KEPT);
        budget.note_head(Body::None);
        assert!(!budget.may_read() && !budget.may_begin());
        budget.note_answer(Position::More, start);
        assert!(!budget.may_read() && !budget.may_begin());
        budget.note_produced();
        assert!(!budget.may_begin(), "it lies in our buffer");
        budget.note_flushed(start);
        assert!(budget.may_read() && budget.may_begin());
    }

    #[test]
    fn a_body_that_nobody_reads_is_read_to_a_limit_only() {
        let (mut budget, start) = accepted(None);
        budget.note_head(Body::Announced);
        budget.note_read(512 * 1024 - 1, start);
        assert!(budget.may_read());
        budget.note_read(8192, start);
        assert!(!budget.may_read());
    }

    #[test]
    fn the_worst_client_holds_a_connection_for_seventeen_seconds() {
        let limits = Limits::with_keep_alive(None);
        let body = seconds(5);
        assert_eq!(limits.head + body + limits.answer + limits.drain, seconds(17));
    }
}
