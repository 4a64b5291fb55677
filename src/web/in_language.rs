//! In which language a customer's page is: the one that the journey was opened in, else the first of the browser's
//! that this gateway speaks, else English.

use std::sync::Arc;

use actix_web::http::header::{AcceptLanguage, Header as _};
use actix_web::{HttpRequest, web};

use super::views::PageContext;
use crate::domain::{Journey, LanguageTag};
use crate::language::{Language, Languages};

/// The surroundings of a page about a journey.
pub(super) fn of_journey(request: &HttpRequest, journey: &Journey) -> PageContext {
    PageContext { language: language(request, journey.language()) }
}

/// The surroundings of a page that belongs to no journey, or to one that is not known.
pub(super) fn of_browser(request: &HttpRequest) -> PageContext {
    PageContext { language: language(request, None) }
}

/// The language for a browser; `wanted` comes before those that it names itself.
pub(super) fn language(request: &HttpRequest, wanted: Option<LanguageTag>) -> Arc<Language> {
    let accepted = AcceptLanguage::parse(request).map(|accepted| accepted.ranked()).unwrap_or_default();
    let accepted = accepted.iter().filter_map(|preferred| Some(preferred.item()?.as_str()));
    let languages = request.app_data::<web::Data<Languages>>();
    let all = wanted.iter().map(LanguageTag::as_str).chain(accepted);
    let choose = |languages: &Languages| Arc::clone(languages.choose(all));
    match languages {
        Some(languages) => choose(languages),
        None => choose(&Languages::built_in()),
    }
}
