//! The filters of the list.

use crate::dialect::token_io::{Offset, Query, Rejection, Status, query::Facts};
use crate::domain::{PayId, UnixMillis, journey::tests::journey};

fn read(query: &str) -> Result<Query, Rejection> {
    Query::read(url::form_urlencoded::parse(query.as_bytes()).into_owned())
}

const FACTS: Facts<'_> = Facts {
    id: "pm2:a:b",
    status: Status::Completed,
    ref_id: "ref-1",
    on_behalf_of: Some("client"),
    external_psu: None,
};

#[test]
fn every_filter_has_to_be_met_and_one_value_of_each() {
    for (query, admitted) in [
        ("limit=1", true),
        ("limit=200&offset=", true),
        ("limit=1&ids=x&ids=pm2:a:b", true),
        ("limit=1&ids=x", false),
        ("limit=1&ids=x&invertIds=true", true),
        ("limit=1&ids=pm2%3Aa%3Ab&invertIds=true", false),
        ("limit=1&invertIds=true", true),
        ("limit=1&statuses=INITIATION_COMPLETED&statuses=INITIATION_FAILED", true),
        ("limit=1&statuses=INITIATION_PROCESSING", false),
        ("limit=1&statuses=INITIATION_PROCESSING&invertStatuses=true", true),
        ("limit=1&statuses=INITIATION_COMPLETED&ids=x", false),
        ("limit=1&refIds=ref-1&refIds=ref-2", true),
        ("limit=1&refIds=ref-2", false),
        ("limit=1&onBehalfOfId=client", true),
        ("limit=1&onBehalfOfId=other", false),
        ("limit=1&externalPsuReference=x", false),
        ("limit=1&vrpConsentId=x", false),
        ("limit=1&partial=true&unknown=1", true),
        ("limit=1&refundStatuses=NONE&type=SINGLE_IMMEDIATE_PAYMENT", true),
        ("limit=1&refundStatuses=PARTIAL&refundStatuses=FULL", false),
        ("limit=1&type=VARIABLE_RECURRING_PAYMENT", false),
    ] {
        assert_eq!(read(query).unwrap().admits(FACTS), admitted, "{query}");
    }
}

#[test]
fn limits_and_moments_are_read() {
    let query = read("limit=20&createdAfter=2021-06-08T10:59:53.288Z&createdBefore=2021-06-08T12:59:53+02:00");
    let query = query.unwrap();
    assert_eq!((query.limit, query.offset, query.partial), (20, None, false));
    assert_eq!(query.created_after.unwrap().as_millis() - query.created_before.unwrap().as_millis(), 288);
}

#[test]
fn an_offset_is_read_as_it_was_written() {
    let offset = Offset { opened_at: UnixMillis::from_millis(1_623_149_993_288), pay_id: PayId::new(7).unwrap() };
    assert_eq!(read(&format!("limit=1&offset={offset}")).unwrap().offset, Some(offset));
    assert_eq!(read("limit=1&offset=").unwrap().offset, None);
}

#[test]
fn a_list_begins_with_the_payment_that_its_place_is_before_and_goes_on_behind_it() {
    let (before, behind) = (Offset::before(&journey()), Offset::behind(&journey()));
    assert_eq!((before.opened_at, before.pay_id.number()), (behind.opened_at, behind.pay_id.number() + 1));
}

#[test]
fn a_parameter_that_breaks_a_rule_is_named() {
    for (query, code, path) in [
        ("", "Field.Expected", "limit"),
        ("offset=1790000000000-7", "Field.Expected", "limit"),
        ("limit=0", "Field.InvalidFormat", "limit"),
        ("limit=201", "Field.InvalidFormat", "limit"),
        ("limit=1&offset=x", "Field.InvalidFormat", "offset"),
        ("limit=1&offset=3", "Field.InvalidFormat", "offset"),
        ("limit=1&partial=1", "Field.InvalidFormat", "partial"),
        ("limit=1&refundStatuses=ALL", "Field.Invalid", "refundStatuses"),
        ("limit=1&type=PAYOUT", "Field.Invalid", "type"),
        ("limit=1&offset=-1", "Field.InvalidFormat", "offset"),
        ("limit=1&offset=1-", "Field.InvalidFormat", "offset"),
        ("limit=1&offset=1-2-3", "Field.InvalidFormat", "offset"),
        ("limit=1&statuses=DONE", "Field.Invalid", "statuses"),
        ("limit=1&invertIds=1", "Field.InvalidFormat", "invertIds"),
        ("limit=1&createdAfter=yesterday", "Field.InvalidFormat", "createdAfter"),
    ] {
        let rejection = read(query).unwrap_err();
        let failure = rejection.failure();
        assert_eq!((failure.error_code, failure.paths), (Some(code), Some([path])), "{query}");
    }
}
