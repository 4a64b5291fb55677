//! Samples of the pages of a consent.

use super::{payments::for_records, *};
use crate::language::OwnFile;

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
    let bank = |name: &&str| BankChoice {
        id: name.to_lowercase().replace(' ', "-"),
        name: (*name).to_owned(),
        has_logo: banks.len() > 2,
    };
    BankGroup { country: country.into(), banks: banks.iter().map(bank).collect() }
}

pub(super) fn hostile_bank() -> BankChoice {
    BankChoice { id: HOSTILE.into(), name: HOSTILE.into(), has_logo: true }
}

fn access(features: &[&str]) -> Access {
    Access { features: features.iter().map(|&name| name.to_owned()).collect(), last_day: "26 Feb 2027".into() }
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
            access: Some(access(&["ACCOUNTS", "ACCOUNT", "ACCOUNT_TRANSACTIONS", "ACCOUNT_DIRECT_DEBITS", "IDENTITY"])),
        };
        let countries = vec![
            group("Germany", &["Commerzbank", "Deutsche Bank", "Sparkasse KölnBonn", "Volksbank Mittelhessen"]),
            group("United Kingdom", &["Barclays", "HSBC", "Lloyds Bank", "Monzo", "NatWest", "Starling Bank"]),
        ];
        let many =
            Self { request: payment(), search: Some(String::new()), groups: countries, access: None, ..few.clone() };
        let none = Self { search: Some("bank of nowhere".into()), groups: Vec::new(), ..few.clone() };
        vec![("choose-bank", few), ("choose-bank-many", many), ("choose-bank-none", none)]
    }

    pub(super) fn hostile(page: &PageContext) -> Self {
        let groups = vec![BankGroup { country: HOSTILE.into(), banks: vec![hostile_bank()] }];
        let text = || HOSTILE.to_owned();
        Self {
            page: page.clone(),
            request: hostile(),
            link: text(),
            all: text(),
            search: Some(text()),
            groups,
            access: Some(Access { features: vec!["IDENTITY".into()], last_day: text() }),
        }
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
            records: for_records("/consent/copy?link_id=lk_07f3"),
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
        Self {
            page: page.clone(),
            request: hostile(),
            bank: Some(HOSTILE.into()),
            end,
            next,
            records: for_records(HOSTILE),
        }
    }
}

#[test]
fn what_could_be_read_is_said_once_and_nothing_besides() {
    let said = |features: &[&str]| {
        let (_, page) = ChooseBank::samples(&english()).swap_remove(0);
        let html = ChooseBank { access: Some(access(features)), ..page }.render().unwrap();
        let items = html.split("<li>").skip(1).map(|item| item.split('<').next().unwrap().to_owned());
        items.collect::<Vec<_>>()
    };
    assert_eq!(said(&["ACCOUNTS_WITHOUT_BALANCE", "ACCOUNT_WITHOUT_BALANCE"]), ["Your accounts and their numbers"]);
    assert_eq!(
        said(&["ACCOUNT_STATEMENTS", "ACCOUNT_TRANSACTIONS", "ACCOUNT_BALANCES"]),
        ["How much money is in them", "What you have received and paid"]
    );
    assert_eq!(said(&["IDENTITY"]), ["Your name and contact details"]);
}

#[test]
fn the_text_of_a_consent_has_a_version_in_each_language_and_another_where_a_word_is() {
    let built_in = Languages::built_in();
    let version = |languages: &Languages, tag: &str| Request::text_version(languages.choose([tag]));
    let english = version(&built_in, "en");
    assert!(english.starts_with("en-") && english.len() == "en-".len() + 8, "{english}");
    assert_ne!(english[3..], version(&built_in, "de")[3..]);
    let own = |text: &str| version(&built_in.clone().extended_by(OwnFile { tag: "en", text }).unwrap(), "en");
    assert_ne!(own("consent-reads-payees = Whom you pay\n"), english, "a word of the text");
    assert_eq!(own("cancel = Stop\n"), english, "a word of something else");
}
