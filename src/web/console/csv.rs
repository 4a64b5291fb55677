//! The list of journeys as a file for spreadsheets.

use std::cell::Cell;

use actix_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use actix_web::{HttpResponse, web};

use super::journeys::find;
use super::reply::trouble;
use super::viewing::OfMerchant;
use crate::domain::Journey;
use crate::domain::provider_account::name_for_merchant;
use crate::engine::Engine;
use crate::web::pages::instead::PageResult;
use crate::web::v1::journey_view::{merchant_texts, status};
use crate::web::views::console::Search;
use crate::web::{page_at, time::rfc3339};

/// How many journeys a file holds, and how many are looked at for it, at the most.
const IN_A_FILE: usize = 10_000;
const LOOKED_AT: usize = 50_000;

/// How many rows are found in one go.
const IN_ONE_GO: usize = 200;

/// The last line of a file that does not hold all that was looked for.
const STOPPED: &str =
    "There may be more: this file ends after 10,000 rows, or 50,000 journeys looked at. Narrow the days.";

const HEAD: [&str; 15] = [
    "journey_id",
    "pay_id",
    "opened_at",
    "status",
    "operation",
    "of",
    "concluded_at",
    "returned_at",
    "amount",
    "currency",
    "provider",
    "dialect",
    "note",
    "reference",
    "metadata",
];

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(page_at("/journeys.csv", "GET").route(web::get().to(export)));
}

async fn export(viewing: OfMerchant, search: web::Query<Search>) -> PageResult {
    let (mut search, mut file, mut rows) = (search.into_inner(), line(&HEAD.map(str::to_owned)), 0);
    let looked_at = Cell::new(0);
    loop {
        let found = find(&viewing, &search, IN_ONE_GO, &looked_at).await;
        let (found, next) = found.map_err(|error| trouble(&error))?;
        for journey in &found.journeys {
            file += &line(&cells(&viewing.engine, journey));
        }
        rows += found.journeys.len();
        let Some(next) = next else { break };
        if rows >= IN_A_FILE || looked_at.get() >= LOOKED_AT {
            file += &line(&[STOPPED.to_owned()]);
            break;
        }
        search.after = next;
    }
    let name = HeaderValue::from_static("attachment; filename=\"journeys.csv\"");
    let mut response = HttpResponse::Ok();
    response.insert_header(("cache-control", "no-store")).insert_header(("referrer-policy", "no-referrer"));
    Ok(response.content_type("text/csv; charset=utf-8").insert_header((CONTENT_DISPOSITION, name)).body(file))
}

fn cells(engine: &Engine, journey: &Journey) -> [String; 15] {
    let (opening, amount) = (journey.opening(), journey.opening().purpose.amount());
    let operation = opening.purpose.operation();
    let texts = merchant_texts(engine, journey);
    let metadata = serde_json::to_string(&texts.metadata).ok().filter(|_| !texts.metadata.is_empty());
    [
        journey.id().to_string(),
        journey.pay_id().to_string(),
        rfc3339(opening.opened_at),
        status(journey).to_owned(),
        operation.map_or("", |operation| operation.kind.as_str()).to_owned(),
        operation.and_then(|operation| operation.of).map_or_else(String::new, |of| of.to_string()),
        journey.final_outcome().map_or_else(String::new, |end| rfc3339(end.at)),
        journey.came_back_at().map_or_else(String::new, rfc3339),
        amount.map_or_else(String::new, |amount| amount.to_string()),
        amount.map_or_else(String::new, |amount| amount.currency().to_string()),
        journey.known_provider().map_or("", name_for_merchant).to_owned(),
        opening.dialect.clone(),
        opening.purpose.note().to_owned(),
        texts.reference.unwrap_or_default(),
        metadata.unwrap_or_default(),
    ]
}

/// A line as RFC 4180 has it. A cell that a spreadsheet would take for a formula begins with an apostrophe.
fn line(cells: &[String]) -> String {
    let cell = |text: &String| {
        let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let text = if is_formula { format!("'{text}") } else { text.clone() };
        if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n"
}
