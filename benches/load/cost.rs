//! What a process has cost: its processor time, as Linux counts it.

/// How long these processes have had a processor so far, user and system together, in microseconds. `None` where there
/// is no `/proc`.
pub fn spent(pids: &[u32]) -> Option<f64> {
    pids.iter().map(|pid| spent_by(*pid)).sum()
}

fn spent_by(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Behind the name, which may hold anything, come the state and the fields from the fourth on.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    // A tick is a hundredth of a second on every Linux.
    Some((ticks(11)? + ticks(12)?) * 10_000.0)
}
