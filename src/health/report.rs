//! What a look at a node's health has found, and how it is said.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::store::{StoreError, Unwritable};

/// From how many milliseconds on two clocks are too far apart.
const APART: u64 = 1_000;

/// How many per cent of the open files may be in use before they are said to be nearly used up.
const FILES_PER_CENT: u64 = 90;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Whether the store writes.
    Store,
    /// Whether the store keeps what it acknowledges.
    Durability,
    /// Whether the courier takes what is due.
    Courier,
    /// Whether providers answer.
    Providers,
    /// Whether this machine's clock and the store's agree.
    Clock,
    /// Whether more files may be opened.
    Files,
    /// Whether more connections are let in.
    Connections,
}

impl Check {
    /// All of them.
    const ALL: [Self; 7] =
        [Self::Store, Self::Durability, Self::Courier, Self::Providers, Self::Clock, Self::Files, Self::Connections];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Durability => "durability",
            Self::Courier => "courier",
            Self::Providers => "providers",
            Self::Clock => "clock",
            Self::Files => "files",
            Self::Connections => "connections",
        }
    }
}

/// Whether a load balancer should send requests to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It should.
    Ready,
    /// The node stops.
    Stopping,
    /// The node does not reach its store. Another one may.
    StoreAway,
    /// The node's store is a copy that follows another one. Another node may have found that.
    StoreReadOnly,
}

impl Readiness {
    /// In words, for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Stopping => "stopping",
            Self::StoreAway => "store away",
            Self::StoreReadOnly => "store read-only",
        }
    }
}

/// What a look has found.
#[derive(Debug, Clone)]
pub struct Report {
    pub(super) stopping: bool,
    /// What is wrong with the store, where nothing of it works.
    pub(super) store: Option<StoreError>,
    /// The parts of the store that do not work, where others do.
    pub(super) parts_away: Vec<(String, StoreError)>,
    /// What it does not keep of what it acknowledges.
    pub(super) lapses: Vec<String>,
    /// By how many milliseconds the store's clock is ahead.
    pub(super) skew_millis: Option<i64>,
    /// For how long the courier has been late, where it is.
    pub(super) courier_late: Option<Duration>,
    /// Providers that were not ready when they were last asked.
    pub(super) unready: BTreeSet<String>,
    /// Providers that give no answers about payments, and for how long.
    pub(super) away: BTreeMap<String, Duration>,
    /// How many files are open, and how many may be.
    pub(super) files: Option<(u64, u64)>,
    /// How many connections are open, and how many may be.
    pub(super) connections: (i64, i64),
}

impl Report {
    /// Whether a load balancer should send requests here.
    ///
    /// A part of the store that is away is away for every node, and journeys of the other parts go on. So is a store that
    /// is full: a node that has it still answers what needs no writing, and shows customers a page that tries again.
    pub const fn readiness(&self) -> Readiness {
        match &self.store {
            _ if self.stopping => Readiness::Stopping,
            Some(StoreError::Unwritable(Unwritable::ReadOnly, _)) => Readiness::StoreReadOnly,
            Some(StoreError::Unreachable(_) | StoreError::TimedOut | StoreError::Foreign(_)) => Readiness::StoreAway,
            Some(StoreError::Unwritable(..) | StoreError::Unconfirmed(_) | StoreError::Damaged(_)) | None => {
                Readiness::Ready
            }
        }
    }

    /// The checks that do not hold.
    pub fn failing(&self) -> BTreeSet<Check> {
        Check::ALL.into_iter().filter(|check| self.trouble(*check).is_some()).collect()
    }

    /// What is looked at, each with what is wrong, in words, where something is.
    pub fn checks(&self) -> impl Iterator<Item = (Check, Option<String>)> {
        Check::ALL.into_iter().map(|check| (check, self.trouble(check)))
    }

    /// How many connections are open, and how many may be.
    pub const fn connections(&self) -> (i64, i64) {
        self.connections
    }

    /// How many files are open, and how many may be, where the system says so.
    pub const fn files(&self) -> Option<(u64, u64)> {
        self.files
    }

    /// By how many milliseconds the store's clock is ahead, where that is known.
    pub const fn skew_millis(&self) -> Option<i64> {
        self.skew_millis
    }

    /// What is wrong, in words, where something is.
    fn trouble(&self, check: Check) -> Option<String> {
        match check {
            Check::Store => self.store_trouble(),
            Check::Durability => (!self.lapses.is_empty()).then(|| self.lapses.join("; ")),
            Check::Courier => self
                .courier_late
                .map(|late| format!("deliveries that are due have not been taken for {} s", late.as_secs())),
            Check::Providers => {
                let names: BTreeSet<&str> = self.unready.iter().chain(self.away.keys()).map(String::as_str).collect();
                (!names.is_empty()).then(|| format!("no answer from {}", Vec::from_iter(names).join(", ")))
            }
            Check::Clock => self.skew_millis.filter(|millis| millis.unsigned_abs() > APART).map(|millis| {
                let way = if millis > 0 { "ahead of" } else { "behind" };
                format!("the store's clock is {} ms {way} this machine's", millis.unsigned_abs())
            }),
            Check::Files => {
                let (open, most) = self.files?;
                (open.saturating_mul(100) >= most.saturating_mul(FILES_PER_CENT))
                    .then(|| format!("{open} files are open, and {most} may be"))
            }
            Check::Connections => {
                let (open, most) = self.connections;
                (most > 0 && open >= most).then(|| format!("all {most} connections are taken, and others wait"))
            }
        }
    }

    fn store_trouble(&self) -> Option<String> {
        let parts = || self.parts_away.iter().map(|(name, error)| format!("{name}: {error}")).collect::<Vec<_>>();
        let of_parts = || (!self.parts_away.is_empty()).then(|| parts().join("; "));
        self.store.as_ref().map(ToString::to_string).or_else(of_parts)
    }

    /// What is known of a check in figures.
    fn figures(&self, check: Check) -> Value {
        match check {
            Check::Store | Check::Durability | Check::Courier => json!({}),
            Check::Providers => {
                let away: Map<_, _> =
                    self.away.iter().map(|(name, span)| (name.clone(), span.as_secs().into())).collect();
                json!({ "away_seconds": away, "unready": self.unready })
            }
            Check::Clock => json!({ "skew_ms": self.skew_millis }),
            Check::Files => {
                json!({ "open": self.files.map(|files| files.0), "limit": self.files.map(|files| files.1) })
            }
            Check::Connections => json!({ "open": self.connections.0, "limit": self.connections.1 }),
        }
    }

    /// All of it, for an operator.
    pub fn to_json(&self) -> Value {
        let checks: Map<_, _> = Check::ALL
            .into_iter()
            .map(|check| {
                let mut said = self.figures(check);
                let trouble = self.trouble(check);
                said["ok"] = trouble.is_none().into();
                if let Some(trouble) = trouble {
                    said["trouble"] = trouble.into();
                }
                (check.as_str().to_owned(), said)
            })
            .collect();
        let status = if self.failing().is_empty() { "ok" } else { "trouble" };
        json!({ "status": status, "readiness": self.readiness().as_str(), "checks": checks })
    }

    /// Logs what is wrong now and was not before, and what is right again.
    pub(super) fn log_what_changed(&self, before: &BTreeSet<Check>) {
        for check in Check::ALL {
            match self.trouble(check) {
                Some(trouble) if !before.contains(&check) => {
                    tracing::warn!(check = check.as_str(), trouble, "health.trouble");
                }
                None if before.contains(&check) => tracing::info!(check = check.as_str(), "health.recovered"),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn well() -> Report {
        Report {
            stopping: false,
            store: None,
            parts_away: Vec::new(),
            lapses: Vec::new(),
            skew_millis: Some(1_000),
            courier_late: None,
            unready: BTreeSet::new(),
            away: BTreeMap::new(),
            files: Some((89, 100)),
            connections: (9, 10),
        }
    }

    fn unwritable(why: Unwritable) -> StoreError {
        StoreError::Unwritable(why, "said so".into())
    }

    #[test]
    fn a_node_that_is_well_says_its_figures_and_no_trouble() {
        let said = well().to_json();
        assert_eq!((&said["status"], &said["readiness"]), (&json!("ok"), &json!("ready")));
        assert_eq!(said["checks"]["clock"], json!({ "ok": true, "skew_ms": 1_000 }));
        assert_eq!(said["checks"]["files"], json!({ "ok": true, "open": 89, "limit": 100 }));
    }

    #[test]
    fn each_check_fails_alone_and_says_why() {
        let cases = [
            (Report { store: Some(unwritable(Unwritable::Disk)), ..well() }, Check::Store, "disk full"),
            (Report { parts_away: vec![("a part".into(), StoreError::TimedOut)], ..well() }, Check::Store, "a part: "),
            (Report { lapses: vec!["it forgets".into()], ..well() }, Check::Durability, "it forgets"),
            (Report { courier_late: Some(Duration::from_secs(61)), ..well() }, Check::Courier, "for 61 s"),
            (Report { unready: ["acme".into()].into(), ..well() }, Check::Providers, "from acme"),
            (Report { away: [("b".into(), Duration::from_secs(9))].into(), ..well() }, Check::Providers, "from b"),
            (Report { skew_millis: Some(-1_001), ..well() }, Check::Clock, "1001 ms behind"),
            (Report { skew_millis: Some(1_001), ..well() }, Check::Clock, "1001 ms ahead of"),
            (Report { files: Some((90, 100)), ..well() }, Check::Files, "90 files"),
            (Report { connections: (10, 10), ..well() }, Check::Connections, "all 10 connections"),
        ];
        for (report, check, words) in cases {
            assert_eq!(report.failing(), [check].into(), "{words}");
            let said = report.to_json();
            assert_eq!(said["status"], "trouble");
            let trouble = said["checks"][check.as_str()]["trouble"].as_str().unwrap();
            assert!(trouble.contains(words), "{trouble}");
        }
    }

    #[test]
    fn a_node_is_left_out_only_where_another_one_would_do_better() {
        for (store, readiness) in [
            (None, Readiness::Ready),
            (Some(unwritable(Unwritable::Disk)), Readiness::Ready),
            (Some(unwritable(Unwritable::Memory)), Readiness::Ready),
            (Some(unwritable(Unwritable::ReadOnly)), Readiness::StoreReadOnly),
            (Some(StoreError::Unconfirmed("no replica has it".into())), Readiness::Ready),
            (Some(StoreError::TimedOut), Readiness::StoreAway),
            (Some(StoreError::Unreachable("gone".into())), Readiness::StoreAway),
        ] {
            assert_eq!(Report { store: store.clone(), ..well() }.readiness(), readiness, "{store:?}");
            assert_eq!(Report { store, stopping: true, ..well() }.readiness(), Readiness::Stopping);
        }
        let in_part = Report { parts_away: vec![("one".into(), StoreError::TimedOut)], ..well() };
        assert_eq!(in_part.readiness(), Readiness::Ready, "others have the same parts");
        let crowded = Report { files: Some((100, 100)), connections: (10, 10), skew_millis: Some(9_999), ..well() };
        assert_eq!(crowded.readiness(), Readiness::Ready, "the next node would be flooded as well");
    }
}
