//! Samples of the pages of a consent.

use super::*;

fn accounts() -> Request {
    Request { merchant: "Budget Buddy".into(), matter: Matter::Accounts }
}

fn payment() -> Request {
    let matter = Matter::Payment {
        amount: "25.00 EUR".into(),
        payee: "Corner shop Ltd.".into(),
        reference: "Order 1042".into(),
    };
    Request { merchant: "Corner shop".into(), matter }
}

pub(super) fn group(country: &str, banks: &[&str]) -> BankGroup {
    let bank = |name: &&str| (name.to_lowercase().replace(' ', "-"), (*name).to_owned());
    BankGroup { country: country.into(), banks: banks.iter().map(bank).collect() }
}

const HOSTILE: &str = "\"><script>alert(1)</script>";

fn hostile() -> Request {
    let matter = Matter::Payment { amount: HOSTILE.into(), payee: HOSTILE.into(), reference: HOSTILE.into() };
    Request { merchant: HOSTILE.into(), matter }
}

impl ChooseBank {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let few = Self {
            page: page.clone(),
            request: accounts(),
            link: "lk_07f3".into(),
            all: "/consent?link_id=lk_07f3".into(),
            search: None,
            groups: vec![group("United Kingdom", &["Modelo Sandbox", "Mock Sandbox"])],
        };
        let countries = vec![
            group("Germany", &["Commerzbank", "Deutsche Bank", "Sparkasse KölnBonn", "Volksbank Mittelhessen"]),
            group("United Kingdom", &["Barclays", "HSBC", "Lloyds Bank", "Monzo", "NatWest", "Starling Bank"]),
        ];
        let many = Self { request: payment(), search: Some(String::new()), groups: countries, ..few.clone() };
        let none = Self { search: Some("bank of nowhere".into()), groups: Vec::new(), ..few.clone() };
        vec![("choose-bank", few), ("choose-bank-many", many), ("choose-bank-none", none)]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        let bank = (HOSTILE.to_owned(), HOSTILE.to_owned());
        let groups = vec![BankGroup { country: HOSTILE.into(), banks: vec![bank] }];
        let text = || HOSTILE.to_owned();
        Self { page: page.clone(), request: hostile(), link: text(), all: text(), search: Some(text()), groups }
    }
}

impl BankAway {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let away = Self {
            page: page.clone(),
            request: accounts(),
            bank: Some("Modelo Sandbox".into()),
            again: "/consent/leaving?link_id=lk_07f3".into(),
            choose: None,
            link: "lk_07f3".into(),
        };
        let chosen = Self { request: payment(), choose: Some("/consent?link_id=lk_07f3".into()), ..away.clone() };
        vec![("bank-away", away), ("bank-away-chosen", chosen)]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        let text = || HOSTILE.to_owned();
        let page = page.clone();
        Self { page, request: hostile(), bank: Some(text()), again: text(), choose: Some(text()), link: text() }
    }
}

impl ConsentEnded {
    pub(super) fn samples(page: &PageContext) -> Vec<(&'static str, Self)> {
        let home =
            Home { url: "/consent/home?link_id=lk_07f3".into(), merchant: "Budget Buddy".into(), is_away: false };
        let agreed = Self {
            page: page.clone(),
            request: accounts(),
            bank: Some("Modelo Sandbox".into()),
            end: ConsentEnd::Agreed("26 Feb 2027".into()),
            next: Next::Home(home),
        };
        let failed = ConsentEnd::Failed(reason::consent("server_error"));
        vec![
            ("consent-agreed", agreed.clone()),
            ("consent-agreed-payment", Self { request: payment(), next: Next::Close, ..agreed.clone() }),
            ("consent-refused", Self { end: ConsentEnd::Refused, ..agreed.clone() }),
            ("consent-failed", Self { end: failed, ..agreed.clone() }),
            ("consent-withdrawn", Self { end: ConsentEnd::Withdrawn, ..agreed.clone() }),
            ("consent-expired", Self { end: ConsentEnd::Expired, bank: None, next: Next::Close, ..agreed }),
        ]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        let next = Next::Home(Home { url: HOSTILE.into(), merchant: HOSTILE.into(), is_away: true });
        let end = ConsentEnd::Withdrawn;
        Self { page: page.clone(), request: hostile(), bank: Some(HOSTILE.into()), end, next }
    }
}
