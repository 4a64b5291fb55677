//! What the nodes of a cluster say of who has which slot, and what follows from several of them.
//!
//! A node may know a part of the slots alone, or what was so before it was cut off. So several are asked, and of each slot
//! the newest word counts, as it does among the nodes themselves: that of the master with the highest configuration epoch.

use std::collections::BTreeMap;

use redis::{FromRedisValue, Value};

use super::{keys, server::Server};

/// Which master has which slot, of those that our keys are in.
pub(super) type Masters = BTreeMap<u16, Server>;

/// What one node says: of each of our slots that it knows a master of, that, and its configuration epoch.
#[derive(Debug)]
pub(super) struct View(BTreeMap<u16, (u64, Server)>);

impl View {
    /// Reads what the node at `asked` answers to `CLUSTER SLOTS` and `CLUSTER NODES`. Without the second, which may be
    /// forbidden, every epoch is 0.
    pub(super) fn read(asked: &Server, slots: Value, nodes: Value) -> Option<Self> {
        let epochs = epochs(&String::from_redis_value(nodes).unwrap_or_default());
        let Value::Array(ranges) = slots else { return None };
        let mut view = BTreeMap::new();
        for range in ranges {
            // Replicas, of which there may be any number, come behind the master.
            let Value::Array(parts) = range else { return None };
            let [first, last, Value::Array(master)] = parts.first_chunk()? else { return None };
            let (first, last) = (u16::from_redis_value_ref(first).ok()?, u16::from_redis_value_ref(last).ok()?);
            let [host, port] = master.first_chunk()?;
            let host = Option::<String>::from_redis_value_ref(host).ok().flatten().unwrap_or_default();
            let server = Server::new(&host, u16::from_redis_value_ref(port).ok()?, asked);
            let id = master.get(2).and_then(|id| String::from_redis_value_ref(id).ok()).unwrap_or_default();
            let epoch = epochs.get(&id).copied().unwrap_or_default();
            let own = keys::slots().filter(|slot| (first..=last).contains(slot));
            view.extend(own.map(|slot| (slot, (epoch, server.clone()))));
        }
        Some(Self(view))
    }
}

/// Whether these nodes together know a master of each of our slots.
pub(super) fn is_complete(views: &[View]) -> bool {
    keys::slots().all(|slot| views.iter().any(|view| view.0.contains_key(&slot)))
}

/// What follows: of each slot the master of the highest epoch; of several, the one that most nodes name. What none of
/// them knows stays as it was known.
pub(super) fn merged(known: &Masters, views: &[View]) -> Masters {
    let mut masters = known.clone();
    for slot in keys::slots() {
        let mut named: BTreeMap<&(u64, Server), usize> = BTreeMap::new();
        for owner in views.iter().filter_map(|view| view.0.get(&slot)) {
            *named.entry(owner).or_default() += 1;
        }
        let best = named.into_iter().max_by_key(|((epoch, _), count)| (*epoch, *count));
        masters.extend(best.map(|((_, master), _)| (slot, master.clone())));
    }
    masters
}

/// The configuration epoch of each node by its id, as `CLUSTER NODES` lists them, a line each.
fn epochs(nodes: &str) -> BTreeMap<String, u64> {
    let epoch = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.nth(5)?.parse().ok()?))
    };
    nodes.lines().filter_map(epoch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(port: u16) -> Server {
        Server { host: "10.0.0.9".into(), port }
    }

    fn text(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    /// What a node says that knows these ranges, each with its master's port and epoch.
    fn view(ranges: &[(u16, u16, u16, u64)]) -> View {
        let slots = ranges.iter().map(|(first, last, port, _)| {
            let node =
                |port: u16| Value::Array(vec![text("10.0.0.9"), Value::Int(port.into()), text(&format!("id{port}"))]);
            Value::Array(vec![Value::Int((*first).into()), Value::Int((*last).into()), node(*port), node(9999)])
        });
        let nodes = ranges.iter().map(|(.., port, epoch)| {
            format!("id{port} 10.0.0.9:{port}@1{port} master - 0 1700000000000 {epoch} connected 0-1\n")
        });
        View::read(&server(1), Value::Array(slots.collect()), text(&nodes.collect::<String>())).unwrap()
    }

    fn ports(masters: &Masters) -> Vec<String> {
        keys::slots().map(|slot| masters.get(&slot).map_or_else(String::new, ToString::to_string)).collect()
    }

    #[test]
    fn what_nodes_know_in_part_is_put_together() {
        let (low, high) = (view(&[(0, 8191, 7001, 1)]), view(&[(8192, 16383, 7002, 2)]));
        assert!(!is_complete(&[low]) && !is_complete(&[high]));
        let parts = [view(&[(0, 8191, 7001, 1)]), view(&[(8192, 16383, 7002, 2)])];
        assert!(is_complete(&parts));
        let whole = merged(&Masters::new(), &[view(&[(0, 8191, 7001, 1), (8192, 16383, 7002, 2)])]);
        assert_eq!(ports(&merged(&Masters::new(), &parts)), ports(&whole));
        assert_eq!(whole.len(), 32);
        let half = merged(&whole, &[view(&[(0, 8191, 7003, 3)])]);
        assert_eq!(half.values().filter(|master| **master == server(7002)).count(), 16, "what nobody knows stays");
        assert_eq!(half.values().filter(|master| **master == server(7003)).count(), 16);
    }

    #[test]
    fn the_newest_word_counts_however_many_say_something_older() {
        let old = || view(&[(0, 16383, 7001, 1)]);
        let masters = merged(&Masters::new(), &[old(), view(&[(0, 16383, 7004, 7)]), old()]);
        assert!(masters.values().all(|master| *master == server(7004)), "{masters:?}");
    }

    #[test]
    fn without_epochs_the_most_count() {
        let at = |port| view(&[(0, 16383, port, 0)]);
        let masters = merged(&Masters::new(), &[at(7001), at(7004), at(7001)]);
        assert!(masters.values().all(|master| *master == server(7001)), "{masters:?}");
    }

    #[test]
    fn what_is_no_list_of_slots_is_refused() {
        for strange in [Value::Nil, Value::Array(vec![Value::Int(1)]), Value::Array(vec![Value::Array(vec![])])] {
            assert!(View::read(&server(1), strange, Value::Nil).is_none());
        }
    }
}
