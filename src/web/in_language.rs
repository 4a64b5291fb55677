//! The surroundings of a customer's page, and in which language it is: the one that the journey was opened in, else the
//! first of the browser's that this gateway speaks, else English.

use std::sync::Arc;

use actix_web::http::header::{AcceptLanguage, Header as _};
use actix_web::{HttpRequest, web};

use super::views::{Marks, PageContext};
use crate::domain::{Journey, LanguageTag};
use crate::language::Languages;

/// What an operator decides about customers' pages.
#[derive(Debug, Clone)]
pub struct PageOptions {
    /// The languages that they can be in.
    pub languages: Languages,
    /// The name in their foot, where one is wanted.
    pub brand: Option<Arc<str>>,
}

/// The surroundings of a page about a journey.
pub(super) fn of_journey(request: &HttpRequest, journey: &Journey) -> PageContext {
    context(request, journey.language(), Marks::of(journey))
}

/// The surroundings of a page that belongs to no journey, or to one that is not known.
pub(super) fn of_browser(request: &HttpRequest) -> PageContext {
    context(request, None, Marks::default())
}

/// The surroundings of a page; the `wanted` language comes before those that the browser names.
pub(super) fn context(request: &HttpRequest, wanted: Option<LanguageTag>, marks: Marks) -> PageContext {
    let accepted = AcceptLanguage::parse(request).map(|accepted| accepted.ranked()).unwrap_or_default();
    let accepted = accepted.iter().filter_map(|preferred| Some(preferred.item()?.as_str()));
    let wanted = wanted.iter().map(LanguageTag::as_str).chain(accepted);
    match request.app_data::<web::Data<PageOptions>>() {
        Some(options) => {
            PageContext { language: Arc::clone(options.languages.choose(wanted)), marks, brand: options.brand.clone() }
        }
        None => PageContext { language: Arc::clone(Languages::built_in().choose(wanted)), marks, brand: None },
    }
}
