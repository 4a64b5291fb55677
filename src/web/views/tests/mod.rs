//! Pages, looked at: every sample beside its golden page in `tests/pages/`, and what holds for all of them.
//!
//! After a change that is meant, `HANDBACK_REWRITE_PAGES=1 cargo test --lib web::views` writes the golden pages anew;
//! read the difference before you commit it.

mod consents;
mod languages;
mod others;
mod payments;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::{any, collections::BTreeSet, env, fs, sync::Arc};

use askama::Template;

use super::console::tests::samples::pages as console_pages;
use super::*;
use crate::domain::Color;
use crate::language::{Language, Languages};

thread_local! {
    /// The types of the pages that a test has rendered.
    static RENDERED: RefCell<BTreeSet<&'static str>> = RefCell::default();
}

pub(super) fn rendered<T: Template>(samples: Vec<(&'static str, T)>) -> Vec<(&'static str, String)> {
    RENDERED.with_borrow_mut(|types| types.insert(any::type_name::<T>()));
    samples.into_iter().map(|(name, page)| (name, page.render().unwrap())).collect()
}

/// The surroundings of a page in English.
fn english() -> PageContext {
    in_language(Languages::built_in().english())
}

/// The surroundings of a live page in this language.
fn in_language(language: &Arc<Language>) -> PageContext {
    PageContext { language: Arc::clone(language), marks: Marks::default(), brand: None }
}

/// Surroundings with everything that they may have.
fn with_everything(page: &PageContext) -> PageContext {
    let marks = Marks {
        is_test: true,
        merchant: "Demo shop".into(),
        support: Some("https://shop.example/help".into()),
        legal: Some("https://shop.example/legal".into()),
        color: Some(YELLOW),
        logo: Some(ShownLogo { url: "/logo/2gFU/0123456789ab.webp".into(), width: 240, height: 80 }),
    };
    PageContext { marks, brand: Some("Acme Pay".into()), ..page.clone() }
}

/// What leads nowhere: it says where to go on, or what to do.
const ENDS: [&str; 20] = [
    "ended-paid-look",
    "ended-paid-on-phone",
    "fragment-return",
    "parameters-none",
    "phone-checkout-no-bank",
    "problem-answered",
    "problem-code-over",
    "problem-code-used",
    "problem-elsewhere",
    "problem-no-such-page",
    "problem-other-browser",
    "problem-our-fault",
    "problem-over",
    "problem-payment-over",
    "problem-too-often",
    "problem-unknown-link",
    "problem-unknown-return",
    "problem-unreadable",
    "problem-wrong-method",
    "sandbox-never-returns",
];

const YELLOW: Color = Color::rgb([0xff, 0xcc, 0]);

/// The pages that customers see.
fn customers_pages(page: &PageContext) -> Vec<(&'static str, String)> {
    let problems = ProblemPage::samples();
    let problems = problems.iter().map(|(name, problem)| (*name, TranslatedProblem { page: page.clone(), problem }));
    [
        rendered(Checkout::samples(page)),
        rendered(PhoneCode::samples(page)),
        rendered(PhoneCheckout::samples(page)),
        rendered(Ended::samples(page)),
        rendered(Waiting::samples(page)),
        rendered(FragmentReturn::samples(page)),
        rendered(Repost::samples(page)),
        rendered(ChooseBank::samples(page)),
        rendered(BankAway::samples(page)),
        rendered(ConsentEnded::samples(page)),
        rendered(Session::samples(page)),
        rendered(AppReturn::samples(page)),
        rendered(AppMissing::samples(page)),
        rendered(ByButton::samples(page)),
        rendered(Popup::samples(page)),
        rendered(
            Checkout::samples(&with_everything(page))
                .into_iter()
                .take(1)
                .map(|(_, page)| ("checkout-marks", page))
                .collect(),
        ),
        rendered(problems.collect()),
    ]
    .concat()
}

/// Every page but the console's, in English.
fn pages() -> Vec<(&'static str, String)> {
    [customers_pages(&english()), developers_pages()].concat()
}

/// The pages that only developers see.
fn developers_pages() -> Vec<(&'static str, String)> {
    let about = AboutProblem { title: "No valid API key", meaning: "The call needs an API key that is valid." };
    [
        rendered(WithoutBrowser::samples()),
        rendered(Authorise::samples()),
        rendered(vec![("sandbox-never-returns", NeverReturns::default())]),
        rendered(Demo::samples()),
        rendered(DisplayParameters::samples()),
        rendered(Redeemed::samples()),
        rendered(Front::samples()),
        rendered(vec![("about-problem", about)]),
    ]
    .concat()
}

/// Every page in English, by its place in `tests/pages`.
fn english_pages() -> Vec<(PathBuf, String)> {
    let console = console_pages().into_iter().map(|(name, html)| (format!("console/{name}.html"), html));
    let others = pages().into_iter().map(|(name, html)| (format!("{name}.html"), html));
    others.chain(console).map(|(name, html)| (name.into(), html)).collect()
}

fn hostile_pages() -> Vec<(&'static str, String)> {
    let marks = Marks { merchant: "<script>alert(9)</script>".into(), ..with_everything(&english()).marks };
    let page = &PageContext { marks, brand: Some("<b>brand".into()), ..english() };
    let problem = ProblemPage::hostile();
    [
        rendered(vec![("checkout", Checkout::hostile(page))]),
        rendered(vec![("without-browser", WithoutBrowser::hostile())]),
        rendered(vec![("phone-code", PhoneCode::hostile(page))]),
        rendered(vec![("phone-checkout", PhoneCheckout::hostile(page))]),
        rendered(vec![("ended", Ended::hostile(page))]),
        rendered(vec![("waiting", Waiting::hostile(page))]),
        rendered(vec![("choose-bank", ChooseBank::hostile(page))]),
        rendered(vec![("bank-away", BankAway::hostile(page))]),
        rendered(vec![("consent-ended", ConsentEnded::hostile(page))]),
        rendered(vec![("session", Session::hostile(page))]),
        rendered(vec![("fragment-return", FragmentReturn::hostile(page))]),
        rendered(vec![("repost", Repost::hostile(page))]),
        rendered(vec![("app-return", AppReturn::hostile(page))]),
        rendered(vec![("app-missing", AppMissing::hostile(page))]),
        rendered(vec![("by-button", ByButton::hostile(page))]),
        rendered(vec![("popup", Popup::hostile(page))]),
        rendered(vec![("problem", TranslatedProblem { page: page.clone(), problem: &problem })]),
        rendered(vec![("authorise", Authorise::hostile())]),
        rendered(vec![("demo", Demo::hostile())]),
        rendered(vec![("parameters", DisplayParameters::hostile())]),
        rendered(vec![("redeemed", Redeemed::hostile())]),
    ]
    .concat()
}

fn in_crate(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// The tags of a page, as a browser finds them here: from each `<` to the next `>`, since askama escapes both.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).filter_map(|rest| rest.split('>').next()).collect()
}

/// A page with `HASH` where an address holds the digest of a file, so that a change of a file changes no golden page.
fn without_digests(html: &str) -> String {
    let html = html.replace(&palette::Palette::of(YELLOW).url(), "/static/color-ffcc00.HASH.css");
    assets::all().fold(html, |html, asset| {
        let (stem, extension) = asset.name.rsplit_once('.').unwrap();
        html.replace(&asset.url, &format!("/static/{stem}.HASH.{extension}"))
    })
}

#[test]
fn every_page_is_its_golden_page_and_no_golden_page_is_left_over() {
    let folder = in_crate("tests/pages");
    let pages: Vec<_> = english_pages().into_iter().map(|(name, html)| (name, without_digests(&html))).collect();
    if env::var_os("HANDBACK_REWRITE_PAGES").is_some() {
        files_below(&folder).iter().for_each(|old| fs::remove_file(old).unwrap());
        pages.iter().for_each(|(name, html)| fs::write(folder.join(name), html).unwrap());
    }
    for (name, html) in &pages {
        let file = folder.join(name);
        let golden = fs::read_to_string(&file).unwrap_or_default();
        assert!(*html == golden, "{} is another page now; it reads:\n{html}", file.display());
    }
    assert_eq!(files_below(&folder).len(), pages.len(), "a golden page has no sample, or two samples share a name");
}

/// The type that is declared for a template, with the module `console` where it is one of the console's.
fn type_of(template: &str) -> Option<String> {
    let files = files_below(&in_crate("src/web/views")).into_iter();
    let mut sources = files.map(|file| fs::read_to_string(file).unwrap());
    let declared = format!("#[template(path = \"{template}\")]");
    let after = sources.find_map(|source| source.split_once(&declared).map(|(_, rest)| rest.to_owned()))?;
    let name = after.split_once("struct ")?.1.split([' ', '<', '{']).next()?;
    let is_console = template.starts_with("console/");
    Some(if is_console { format!("console::{name}") } else { name.to_owned() })
}

#[test]
fn every_template_is_seen_in_a_sample() {
    // A part of a page, which is compared with the page.
    const PART: &str = "console/journey_live.html";
    english_pages();
    let name_of = |path: &&str| {
        let path = path.split('<').next().unwrap_or_default();
        let name = path.rsplit("::").next().unwrap_or_default();
        if path.contains("::console::") { format!("console::{name}") } else { name.to_owned() }
    };
    let seen: BTreeSet<String> = RENDERED.take().iter().map(name_of).collect();
    let folder = in_crate("templates");
    let all: Vec<_> = files_below(&folder).into_iter().map(|file| (fs::read_to_string(&file).unwrap(), file)).collect();
    for (_, file) in &all {
        let template = file.strip_prefix(&folder).unwrap().to_str().unwrap();
        let is_part = all.iter().any(|(text, _)| text.contains(&format!("\"{template}\"")));
        let is_seen = type_of(template).is_some_and(|name| seen.contains(&name));
        assert!(is_part || is_seen || template == PART, "no sample shows templates/{template}");
    }
}

/// For `tests/browser/matrix.mjs`, which looks at each.
#[test]
#[ignore = "writes every page in every language into the folder that HANDBACK_PAGES names"]
fn every_page_is_written() {
    let folder = PathBuf::from(env::var_os("HANDBACK_PAGES").expect("HANDBACK_PAGES names a folder"));
    let languages = Languages::built_in();
    let translated = languages.all().flat_map(|language| {
        let pages = customers_pages(&in_language(language)).into_iter();
        pages.map(|(name, html)| (format!("customer/{}/{name}.html", language.tag()), html))
    });
    let developers = developers_pages().into_iter().map(|(name, html)| (format!("developer/en/{name}.html"), html));
    let console = console_pages().into_iter().map(|(name, html)| (format!("console/en/{name}.html"), html));
    for (name, html) in translated.chain(developers).chain(console) {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, html).unwrap();
    }
}

#[test]
fn every_page_has_a_language_a_title_and_one_heading() {
    for (name, html) in pages() {
        assert!(html.starts_with("<!doctype html>\n<html lang=\"en\""), "{name} has no language");
        assert!(!html.contains("<title></title>"), "{name} has no title");
        assert_eq!(html.matches("<h1>").count(), 1, "{name} needs one first heading");
    }
}

#[test]
fn every_page_leads_on_and_what_leads_nowhere_is_known() {
    for (name, html) in pages() {
        let leads_on = ["<a ", "<button", "http-equiv=\"refresh\""].iter().any(|way| html.contains(way));
        assert_eq!(leads_on, !ENDS.contains(&name), "{name}");
    }
}

#[test]
fn every_field_has_a_label() {
    for (name, html) in pages() {
        for tag in tags(&html).into_iter().filter(|tag| tag.starts_with("input ") || tag.starts_with("select ")) {
            let id = tag.split("id=\"").nth(1).and_then(|rest| rest.split('"').next());
            let labelled = match id {
                Some(id) => html.contains(&format!("<label for=\"{id}\">")),
                None => tag.contains("type=\"hidden\"") || html.contains(&format!("<label class=\"tick\"><{tag}>")),
            };
            assert!(labelled, "{name} has a field without a label: {tag}");
        }
    }
}

#[test]
fn what_merchants_and_browsers_say_is_text_and_never_markup() {
    for (name, html) in hostile_pages() {
        assert!(html.contains("&#60;"), "{name} shows none of the hostile text");
        for tag in tags(&html) {
            let unquoted: String = tag.split('"').step_by(2).collect();
            assert!(!unquoted.contains("alert("), "{name} lets markup through: {tag}");
            assert!(!unquoted.contains("onmouseover"), "{name} lets an attribute through: {tag}");
        }
    }
}

#[test]
fn a_hostile_value_stays_inside_its_attribute() {
    let html = Authorise::hostile().render().unwrap();
    let escaped = "value=\"javascript:alert(1)&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;\"";
    assert!(html.contains(escaped), "{html}");
    assert!(!html.contains("href=\"javascript:"), "{html}");
}

#[test]
fn no_template_holds_a_script_or_a_style_of_its_own() {
    for file in files_below(&in_crate("templates")) {
        let template = fs::read_to_string(&file).unwrap();
        for tag in tags(&template) {
            let inline = tag.split_ascii_whitespace().skip(1).any(|attribute| {
                let name = attribute.split('=').next().unwrap_or_default();
                attribute.contains('=') && (name == "style" || name.starts_with("on"))
            });
            assert!(!inline, "{} has an inline handler or style: {tag}", file.display());
            assert!(!tag.starts_with("style"), "{} has a style of its own", file.display());
            assert!(
                !tag.starts_with("script") || tag.starts_with("script src=\"{{ crate::web::views::assets::"),
                "{} has a script of its own",
                file.display()
            );
        }
        assert!(!template.contains("/static/"), "{} writes the address of a file itself", file.display());
        assert!(!template.replace(' ', "").contains("|safe"), "{} switches escaping off", file.display());
    }
}

#[test]
fn everything_that_a_page_loads_is_ours_and_exists() {
    for (name, html) in pages() {
        for tag in tags(&html).into_iter().filter(|tag| !tag.starts_with("a ")) {
            for part in tag.split(['"']).filter(|part| part.starts_with("/static/")) {
                let file = &part["/static/".len()..];
                let lasts = assets::asset(file).map(|found| found.1);
                let lasts = lasts.or_else(|| palette::Palette::named(file).map(|found| found.1));
                assert_eq!(lasts, Some(assets::Lasts::ForEver), "{name} loads {part}");
            }
            let loads = tag.contains(" src=") || (tag.starts_with("link ") && tag.contains(" href="));
            let own = ["=\"/static/", "=\"/logo/"].iter().any(|place| tag.contains(place));
            assert!(!loads || own, "{name} loads from elsewhere: {tag}");
        }
    }
}

#[test]
fn the_checkout_and_everything_it_loads_stay_under_15_kilobytes() {
    for (name, html) in rendered(Checkout::samples(&english())) {
        let loaded: usize =
            assets::all().filter(|asset| html.contains(&asset.url)).map(|asset| asset.bytes.len()).sum();
        assert!(loaded > 0, "{name} loads nothing");
        assert!(html.len() + loaded < 15_000, "{name} weighs {} bytes", html.len() + loaded);
    }
}

#[test]
fn no_page_weighs_20_kilobytes_with_everything_that_it_loads() {
    let marked = customers_pages(&with_everything(&english()));
    for (name, html) in pages().into_iter().chain(marked) {
        let files: usize = assets::all().filter(|asset| html.contains(&asset.url)).map(|asset| asset.bytes.len()).sum();
        let palette = palette::Palette::of(YELLOW);
        let color = if html.contains(&palette.url()) { palette.css.len() } else { 0 };
        let weight = html.len() + files + color;
        assert!(files > 0 && weight < 20_000, "{name} weighs {weight} bytes");
    }
}

#[test]
fn a_copy_says_what_the_page_says() {
    let page = with_everything(&english());
    let (_, paid) = Ended::samples(&page).swap_remove(0);
    let hostile = Ended { note: "Order 7\nAmount\n  0.00 EUR".into(), payee: "Corner Bookshop".into(), ..paid };
    assert_eq!(
        hostile.saved_text(),
        "Payment complete\nYou have paid 25.00 EUR to Corner Bookshop.\n\nThis is a test. No money moves.\n\n\
         Requested by\n  Demo shop\nTo\n  Corner Bookshop\nAmount\n  25.00 EUR\nFor\n  Order 7 Amount   0.00 EUR\n\
         Date\n  26 Feb 2027\nReference\n  2204615\nHelp from Demo shop\n  https://shop.example/help\n"
    );
}

#[test]
fn the_stylesheet_stays_under_7_kilobytes() {
    let size = assets::STYLE.bytes.len();
    assert!(size < 7_000, "{size} bytes");
}

#[test]
fn an_asset_has_a_type_and_a_tag_of_its_own() {
    let tags: BTreeSet<&str> = assets::all().map(|asset| asset.etag.as_str()).collect();
    assert_eq!(tags.len(), assets::all().count());
    for asset in assets::all() {
        assert_eq!(asset.etag.len(), 45, "{} needs a strong tag in quotes", asset.name);
        assert!(asset.etag.starts_with('"') && asset.etag.ends_with('"'));
        assert!(!asset.content_type.is_empty());
    }
    assert!(assets::asset("../Cargo.toml").is_none());
    assert!(assets::asset("").is_none());
}

#[test]
fn a_file_is_named_by_its_content() {
    let url = |bytes| assets::Asset::new("a.b.css", "text/css", bytes).url;
    assert_eq!(url(b"one"), "/static/a.b.7692c3ad3540.css");
    assert_ne!(url(b"one"), url(b"two"));
    for asset in assets::all() {
        let name = asset.url.strip_prefix("/static/").unwrap();
        assert_eq!(assets::asset(name).unwrap().1, assets::Lasts::ForEver);
        assert_eq!(assets::asset(asset.name).unwrap().1, assets::Lasts::UntilUpgraded);
        let (stem, extension) = asset.name.rsplit_once('.').unwrap();
        // A node of another version has another digest: its pages are served, and nobody keeps what they get.
        let other = assets::asset(&format!("{stem}.000000000000.{extension}")).unwrap();
        assert_eq!((other.0.name, other.1), (asset.name, assets::Lasts::ForNow));
        for digest in ["00000000000", "HASH", ""] {
            assert!(assets::asset(&format!("{stem}.{digest}.{extension}")).is_none(), "{name}");
        }
    }
}

#[test]
fn a_failed_try_says_why_and_offers_another() {
    let html =
        rendered(Checkout::samples(&english())).into_iter().find(|(name, _)| *name == "checkout-failed").unwrap().1;
    assert!(html.contains("Your bank is not available at the moment."), "{html}");
    assert!(html.contains(">Try again</button>"), "{html}");
    assert!(!html.contains(">Pay 25.00 EUR</button>"), "{html}");
}

#[test]
fn a_checkout_offers_only_what_the_customer_may_do() {
    let page =
        |name| rendered(Checkout::samples(&english())).into_iter().find(|(sample, _)| *sample == name).unwrap().1;
    assert!(page("checkout").contains("action=\"/payment/cancel\""));
    assert!(!page("checkout-no-cancel").contains("action=\"/payment/cancel\""));
    assert!(!page("checkout-no-bank").contains("action=\"/payment/pay\""));
}

#[test]
fn a_page_that_waits_looks_again_behind_itself_and_says_so_when_it_takes_long() {
    let page = |seconds| {
        let (merchant, amount, next) = ("Shop".into(), "1.00 EUR".into(), "/next?a=b&c=d".into());
        Waiting { page: english(), awaited: Awaited::Answer, payee: merchant, amount, seconds, next }.render().unwrap()
    };
    assert!(page(0).contains("id=\"waiting\" data-next=\"/next?a=b&#38;c=d\" data-seconds=\"1\""));
    assert!(page(0).contains("http-equiv=\"refresh\" content=\"1;url=/next?a=b&#38;c=d\""));
    assert!(!page(20).contains("longer than usual"));
    assert!(page(21).contains("longer than usual"));
    assert!(page(21).contains("http-equiv=\"refresh\" content=\"3;url=/next?a=b&#38;c=d\""));
    assert!(page(0).len() < 2_000, "a waiting page is small");
}

#[test]
fn no_page_reloads_by_itself_under_somebody_who_has_scripts() {
    let mut waiting = 0;
    for (name, html) in pages() {
        let without_noscript: String = outside(&html, "noscript");
        assert!(!without_noscript.contains("http-equiv=\"refresh\""), "{name} reloads as a whole");
        // One that leads on at once does not wait.
        if html.contains("http-equiv=\"refresh\"") && !html.contains("content=\"0;url=") {
            waiting += 1;
            assert!(html.contains("<div role=\"status\" id=\"waiting\""), "{name} has no status to say what is new");
            assert!(
                html.contains(&format!("<script src=\"{}\" defer></script>", assets::WAITING.url)),
                "{name} has no script"
            );
        }
    }
    assert!(waiting >= 4, "{waiting} pages wait");
}

/// A page without the elements of this name.
fn outside(html: &str, element: &str) -> String {
    let (opening, closing) = (format!("<{element}"), format!("</{element}>"));
    let mut parts = html.split(opening.as_str());
    let before = parts.next().unwrap_or_default().to_owned();
    parts.fold(before, |kept, part| kept + part.split_once(closing.as_str()).map_or("", |(_, after)| after))
}

/// What can be read of a piece of a page.
fn readable(html: &str) -> String {
    html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<Vec<_>>().join(" ")
}

#[test]
fn all_that_can_be_read_stands_in_a_landmark() {
    for (name, html) in pages().into_iter().chain(hostile_pages()) {
        let body = html.split_once("<body").unwrap().1.split_once('>').unwrap().1;
        let landmarks = ["<header", "<main", "<footer"];
        let left = ["header", "main", "footer"].into_iter().fold(body.to_owned(), |left, one| outside(&left, one));
        assert!(landmarks.iter().all(|one| !left.contains(one)), "{name}");
        assert_eq!(readable(&left).trim(), "", "{name} has text outside its landmarks");
        assert!(!left.contains("<img") && !left.contains("aria-label"), "{name} has more outside its landmarks");
    }
}

#[test]
fn pages_have_one_apostrophe() {
    for (name, html) in pages() {
        let text = readable(&outside(&outside(&html, "pre"), "code")).replace("&#39;", "'");
        assert!(!text.contains('\''), "{name} has a typewriter’s apostrophe: {text}");
    }
    let words = fs::read_to_string(in_crate("src/web/views/words.rs")).unwrap();
    for line in words.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let said: String = line.split('"').skip(1).step_by(2).collect();
        assert!(!said.contains('\''), "a typewriter’s apostrophe: {line}");
    }
}

#[test]
fn whose_fault_it_is_decides_the_sentence() {
    for (error, sentence) in [
        ("access_denied", "You declined"),
        ("login_required", "You declined"),
        ("invalid_client", "There is a problem with this shop’s connection to the bank."),
        ("invalid_scope", "There is a problem with this shop’s connection to the bank."),
        ("unauthorized_client", "There is a problem with this shop’s connection to the bank."),
        ("request_not_supported", "There is a problem with this shop’s connection to the bank."),
        ("invalid_request", "There is a problem with this shop’s connection to the bank."),
        ("unsupported_response_type", "There is a problem with this shop’s connection to the bank."),
        ("server_error", "Your bank is not available"),
        ("malformed_response", "Your bank’s answer could not be read."),
        ("answer_lost", "Your bank did not answer in time."),
        ("answer_unreadable", "We could not read your bank’s answer."),
        ("invalid_grant", "The bank’s confirmation was no longer valid."),
        ("made_up_by_the_bank", "Your bank did not accept"),
    ] {
        for key in [reason::payment(error), reason::consent(error)] {
            let said = english().text(key);
            assert!(said.starts_with(sentence), "{error}: {said}");
        }
    }
}

#[test]
fn one_bank_has_one_name_in_a_journey() {
    let page = |name| pages().into_iter().find(|(sample, _)| *sample == name).unwrap().1;
    for (shown_before, at_the_bank, bank) in [
        ("checkout", "sandbox-authorise", "Test bank"),
        ("choose-bank", "sandbox-consent", "Modelo Sandbox"),
        ("checkout", "sandbox-never-returns", "Test bank"),
    ] {
        assert!(page(shown_before).contains(bank), "{shown_before}");
        assert!(page(at_the_bank).contains(&format!("<span class=\"eyebrow\">{bank}</span>")), "{at_the_bank}");
    }
    assert!(!page("sandbox-consent").contains(words::sandbox::BANK), "two names");
    let never = NeverReturns { bank: "Modelo Sandbox".into() }.render().unwrap();
    assert!(never.contains("Modelo Sandbox") && !never.contains(words::sandbox::BANK), "{never}");
}

#[test]
fn a_choice_is_read_as_it_is_written() {
    for choice in [Choice::Saved, Choice::Url, Choice::List, Choice::App] {
        assert_eq!(Choice::of_word(choice.as_str()), Some(choice));
    }
    assert_eq!(Choice::of_word("Saved"), None);
}
