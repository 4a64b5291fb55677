//! What a customer is answered instead of the page that was asked for.

use actix_web::{Error, HttpResponse, error::InternalError};

use crate::engine::EngineError;
use crate::web::problem;

/// What is answered instead of the page that was asked for.
pub(in crate::web) struct Instead(Box<HttpResponse>);

/// What a handler of a customer's page answers.
pub(in crate::web) type PageResult = Result<HttpResponse, Instead>;

impl From<HttpResponse> for Instead {
    fn from(response: HttpResponse) -> Self {
        Self(Box::new(response))
    }
}

impl From<EngineError> for Instead {
    fn from(error: EngineError) -> Self {
        problem::page_of(&error).into()
    }
}

impl From<Instead> for Error {
    fn from(Instead(response): Instead) -> Self {
        InternalError::from_response("answered instead", *response).into()
    }
}
