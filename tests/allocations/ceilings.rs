//! The ceilings, and the tests that hold what is measured to them.

use crate::gateway::{Cost, MeasuredGateway};
use crate::journey::{self, WALKS};

/// How many payments are made before measuring begins: tables grow, and scripts are sent with their texts.
const WARM_UP: usize = 10;
/// How many payments are measured. The median of each figure counts: a buffer that many requests share is made anew in
/// one of them, and numbers have more digits or fewer.
const MEASURED: usize = 25;
/// How far below its ceiling a figure may be, in percent of the ceiling.
const SLACK: u64 = 10;

/// The ceilings on Redis, in the order of [`WALKS`].
const REDIS: [Cost; WALKS.len()] = [
    Cost::of(168, 31_900, 9, 632),
    Cost::of(105, 17_300, 1, 37),
    Cost::of(125, 21_700, 5, 188),
    Cost::of(277, 41_300, 6, 479),
    Cost::of(174, 30_500, 6, 486),
];

/// The ceilings on an embedded store, whose own threads are not counted.
const EMBEDDED: [Cost; WALKS.len()] = [
    Cost::of(133, 24_700, 0, 0),
    Cost::of(85, 12_700, 0, 0),
    Cost::of(82, 9_300, 0, 0),
    Cost::of(243, 32_700, 0, 0),
    Cost::of(132, 20_900, 0, 0),
];

#[test]
fn a_payment_on_redis_stays_below_its_ceilings() {
    hold("Redis", MeasuredGateway::on_redis(), REDIS);
}

#[test]
fn a_payment_on_an_embedded_store_stays_below_its_ceilings() {
    hold("embedded", MeasuredGateway::embedded(), EMBEDDED);
}

#[test]
fn a_figure_over_its_ceiling_or_far_below_it_is_a_complaint() {
    let ceiling = Cost::of(100, 1000, 9, 200);
    assert_eq!(complaints(ceiling, ceiling), Vec::<String>::new());
    assert_eq!(complaints(Cost::of(90, 900, 9, 180), ceiling), Vec::<String>::new());
    let over = complaints(Cost::of(101, 1000, 10, 200), ceiling);
    assert_eq!(over.len(), 2, "{over:?}");
    assert!(over[0].starts_with("101 allocations, 1 over the ceiling of 100"), "{over:?}");
    assert!(over[1].starts_with("10 commands in Redis, 1 over the ceiling of 9"), "{over:?}");
    let below = complaints(Cost::of(100, 899, 9, 200), ceiling);
    assert_eq!(below.len(), 1, "{below:?}");
    assert!(below[0].ends_with("below the ceiling of 1000: lower the ceiling, to 926 or so"), "{below:?}");
}

/// Measures payments, prints what each walk costs, and compares it with its ceilings.
fn hold(store: &str, mut gateway: MeasuredGateway, ceilings: [Cost; WALKS.len()]) {
    let document = include_str!("../../docs/BENCHMARKS.md");
    let mut all = Vec::new();
    for ((walk, cost), ceiling) in WALKS.into_iter().zip(measured(&mut gateway)).zip(ceilings) {
        println!("{}", row(walk, store, cost));
        all.extend(complaints(cost, ceiling).into_iter().map(|complaint| format!("{walk}, {store}: {complaint}")));
        let row = row(walk, store, ceiling);
        if !document.lines().any(|line| line == row) {
            all.push(format!("{walk}, {store}: docs/BENCHMARKS.md lacks the line of its ceilings: {row}"));
        }
    }
    assert!(
        all.is_empty(),
        "what a payment costs does not fit its ceilings:\n  {}\nThe ceilings in {} change only together with their lines in \
         docs/BENCHMARKS.md (What a return allocates), and the commit says why.",
        all.join("\n  "),
        file!(),
    );
}

/// The median cost of each walk.
fn measured(gateway: &mut MeasuredGateway) -> [Cost; WALKS.len()] {
    for order in 0..WARM_UP {
        journey::walk(gateway, order);
    }
    let payments: Vec<_> = (0..MEASURED).map(|order| journey::walk(gateway, order)).collect();
    std::array::from_fn(|walk| Cost {
        figures: std::array::from_fn(|figure| {
            let mut figures: Vec<_> = payments.iter().map(|payment| payment[walk].figures[figure]).collect();
            figures.sort_unstable();
            figures[MEASURED / 2]
        }),
    })
}

/// What is wrong with a cost that should be a little below its ceiling.
fn complaints(cost: Cost, ceiling: Cost) -> Vec<String> {
    let figures = Cost::NAMES.into_iter().zip(cost.figures).zip(ceiling.figures);
    figures.filter_map(|((name, figure), ceiling)| complaint(name, figure, ceiling)).collect()
}

fn complaint(name: &str, figure: u64, ceiling: u64) -> Option<String> {
    if figure > ceiling {
        let over = figure - ceiling;
        return Some(format!(
            "{figure} {name}, {over} over the ceiling of {ceiling}: find what became dearer, and make it cheaper"
        ));
    }
    // A few percent above what was measured.
    let new = figure + figure / 33;
    (figure * 100 < ceiling * (100 - SLACK)).then(|| {
        format!(
            "{figure} {name}, more than {SLACK} % below the ceiling of {ceiling}: lower the ceiling, to {new} or so"
        )
    })
}

/// A line of the table.
fn row(walk: &str, store: &str, cost: Cost) -> String {
    let figures = cost.figures.map(|figure| if figure == 0 { "–".to_owned() } else { figure.to_string() });
    format!("| {walk}, {store} | {} |", figures.join(" | "))
}
