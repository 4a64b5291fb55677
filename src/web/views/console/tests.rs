//! The console's pages, as people see them and with hostile text in each field, and what holds for all of them.

use askama::Template;

use super::*;
use crate::domain::{AccountKind, AccountState, AuditAction, Finding, Mode, Role, Subject};

pub(in crate::web::views) mod samples;

const HOSTILE: &str = "\"'><script>alert(1)</script>&";

/// The page that brings what is new by a script.
const LIVE: &str = "journey-open";

/// Nobody has chosen a text of these.
const OWN_WORDS: [&str; 1] = ["ways-in"];

fn pages() -> Vec<samples::Page> {
    [samples::pages(), samples::hostile()].concat()
}

#[test]
fn no_text_becomes_markup() {
    for (name, page) in samples::hostile() {
        let page = if name == LIVE { page.replace("<script src=\"/static/live.", "") } else { page };
        assert!(!page.contains("<script") && !page.contains("\"'>"), "{name}: {page}");
        assert!(page.contains("&#60;script&#62;") || OWN_WORDS.contains(&name), "{name} lacks the text: {page}");
    }
}

#[test]
fn what_changes_of_a_journey_is_as_its_page_has_it() {
    let (page, part) = samples::part(|_| HOSTILE.to_owned(), true);
    assert!(!part.contains("<script") && part.contains("&#60;script&#62;") && part.contains("data-over"), "{part}");
    let events = part.split_once("<h2>").unwrap().1.rsplit_once("</div>").unwrap().0;
    assert!(page.contains(events), "{events} is not in {page}");
    let (open, part) = samples::part(|_| HOSTILE.to_owned(), false);
    assert!(open.contains("<script src=\"/static/live.") && !page.contains("<script"), "{open}");
    assert!(!part.contains("data-over"), "{part}");
}

#[test]
fn every_page_has_one_heading_and_every_field_a_label() {
    for (name, page) in pages() {
        assert_eq!(page.matches("<h1>").count(), 1, "{name}: {page}");
        for tag in page
            .split('<')
            .filter(|tag| tag.starts_with("input ") || tag.starts_with("select ") || tag.starts_with("textarea "))
        {
            let is_labelled = match tag.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()) {
                Some(id) => page.contains(&format!("<label for=\"{id}\">")),
                None => tag.contains("type=\"hidden\"") || tag.contains("type=\"checkbox\""),
            };
            assert!(is_labelled, "<{tag} has no label in {name}: {page}");
        }
    }
}

#[test]
fn every_form_that_is_posted_carries_its_token() {
    for (name, page) in pages() {
        for form in page.split("<form method=\"post\"").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let signs_in = ["/console/sign-in", "/console/openid/choose", "/console/mail-link"];
            let signs_in = signs_in.iter().any(|page| form.contains(&format!("action=\"{page}\"")));
            assert!(signs_in || form.contains("name=\"form_token\""), "{name}: {form}");
        }
    }
}

#[test]
fn every_page_leads_on_and_what_leads_nowhere_is_known() {
    for (name, page) in pages() {
        let main = page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
        let leads_on = page.contains("<nav") || main.contains("<a ") || main.contains("<form ");
        assert_eq!(leads_on, !samples::ENDS.contains(&name), "{name}: {page}");
    }
}

#[test]
fn every_field_of_a_callback_says_what_is_refused_of_it() {
    let page = samples::callback_form();
    for name in CallbackFields::NAMES {
        let refused = Refused::by(Invalid::new(name, "breaks a rule"));
        let html = CallbackForm { refused, ..page.clone() }.render().unwrap();
        assert_eq!(html.matches("breaks a rule").count(), 1, "{name}: {html}");
        assert!(html.contains(&format!("id=\"{name}-more\"")), "{name}");
    }
}
