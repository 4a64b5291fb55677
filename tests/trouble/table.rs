//! A row of the table: it has the machine for itself, says how large it is, and is printed when it holds.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Times are measured: no row runs beside another.
static MACHINE: Mutex<()> = Mutex::new(());

/// How large the faults are: the environment variable `TROUBLE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Seconds a row, for every change.
    Quick,
    /// Minutes in all: `TROUBLE=table`.
    Table,
    /// What was promised: `TROUBLE=long`.
    Long,
}

impl Size {
    /// How large they are in this run.
    pub fn of_this_run() -> Self {
        match std::env::var("TROUBLE").as_deref() {
            Err(_) => Self::Quick,
            Ok("table") => Self::Table,
            Ok("long") => Self::Long,
            Ok(other) => panic!("TROUBLE is {other:?}: expected table or long"),
        }
    }

    /// One of three, by the size.
    pub fn of<T: Copy>([quick, table, long]: [T; 3]) -> T {
        match Self::of_this_run() {
            Self::Quick => quick,
            Self::Table => table,
            Self::Long => long,
        }
    }
}

/// What chance begins with: `TROUBLE_SEED`, where it is set, so that what came out can come out again.
pub fn seed() -> u64 {
    std::env::var("TROUBLE_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().expect("a number"))
}

/// A row that is being tried.
pub struct Row {
    promise: &'static str,
    fault: String,
    began: Instant,
    _machine: MutexGuard<'static, ()>,
}

impl Row {
    /// Waits for the machine.
    pub fn begin(promise: &'static str, fault: impl Into<String>) -> Self {
        // One that failed holds nobody else up.
        let machine = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
        Self { promise, fault: fault.into(), began: Instant::now(), _machine: machine }
    }

    /// Prints what was measured: the promise was kept.
    pub fn holds(self, figures: &str) {
        let Self { promise, fault, began, .. } = &self;
        println!("\n| {promise} | {fault} | {figures} | {:.0} s |", began.elapsed().as_secs_f64());
    }
}
