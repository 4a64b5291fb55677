//! Tells a connection's budget where its exchange stands: a head is whole, an answer begins, an answer is given whole.
//!
//! It also bounds what is buffered: requests on one connection are answered one by one, each answer written before the
//! next request begins, and a large answer is given in pieces.

use std::task::{Context, Poll, ready};
use std::{error::Error as StdError, fmt, pin::Pin, rc::Rc};

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::{ConnectionType, Payload, Request, Response};
use actix_service::{Service, ServiceFactory};
use actix_web::{Error, dev::ServiceResponse, web::Bytes};
use futures_util::future::LocalBoxFuture;

use super::budget::{Body, Position};
use super::connection::Connection;

/// The most that is given to the server's buffer at once, in bytes. With what the buffer may hold already, no answer
/// has more than 32 KiB in memory for writing.
pub const PIECE: usize = 16 * 1024;

/// Makes [`Answers`] of an app.
pub struct AnswersOf<F>(pub F);

/// An app whose answers are watched.
pub struct Answers<S>(Rc<S>);

impl<F, B> ServiceFactory<Request> for AnswersOf<F>
where
    F: ServiceFactory<Request, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>,
    F::Future: 'static,
    F::Service: 'static,
    B: MessageBody + 'static,
{
    type Response = Response<WatchedBody>;
    type Error = Response<BoxBody>;
    type Config = ();
    type Service = Answers<F::Service>;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Self::Service, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let made = self.0.new_service(());
        Box::pin(async move { Ok(Answers(Rc::new(made.await?))) })
    }
}

impl<S, B> Service<Request> for Answers<S>
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = Response<WatchedBody>;
    type Error = Response<BoxBody>;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx).map_err(|error| error.error_response().into())
    }

    fn call(&self, mut request: Request) -> Self::Future {
        let app = Rc::clone(&self.0);
        let connection = request.conn_data::<Connection>().cloned();
        let body = if matches!(request.payload(), Payload::None) { Body::None } else { Body::Announced };
        let wished =
            if request.head().connection_type() == ConnectionType::Close { Position::Last } else { Position::More };
        Box::pin(async move {
            if let Some(connection) = &connection {
                connection.turn().await;
                connection.note_head(body);
            }
            let answered = app.call(request).await;
            let response: Response<BoxBody> = match answered {
                Ok(response) => response.map_into_boxed_body().into(),
                Err(error) => error.error_response().into(),
            };
            Ok(watched(response, connection, wished))
        })
    }
}

fn watched(mut response: Response<BoxBody>, connection: Option<Connection>, wished: Position) -> Response<WatchedBody> {
    if let Some(connection) = &connection {
        let wished = if response.head().connection_type() == ConnectionType::Close { Position::Last } else { wished };
        if connection.note_answer(wished) == Position::Last {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        // The server takes nothing from a body that has nothing.
        if matches!(response.body().size(), BodySize::None | BodySize::Sized(0)) {
            connection.note_produced();
        }
    }
    response.map_body(|_, body| WatchedBody { body, rest: Bytes::new(), connection })
}

/// A body that is given in pieces, and marks in the budget when all of it is given.
pub struct WatchedBody {
    body: BoxBody,
    rest: Bytes,
    connection: Option<Connection>,
}

impl fmt::Debug for WatchedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedBody").field("size", &self.body.size()).finish_non_exhaustive()
    }
}

impl MessageBody for WatchedBody {
    type Error = Box<dyn StdError>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.rest.is_empty() {
            match ready!(self.body.as_pin_mut().poll_next(cx)) {
                Some(Ok(bytes)) => self.rest = bytes,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    if let Some(connection) = &self.connection {
                        connection.note_produced();
                    }
                    return Poll::Ready(None);
                }
            }
        }
        let length = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(self.rest.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[actix_web::test]
    async fn a_large_answer_is_given_in_pieces_and_arrives_whole() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 10 * PIECE + 7] {
            let whole: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let response = Response::ok().set_body(BoxBody::new(whole.clone()));
            let mut body = watched(response, None, Position::More).into_body();
            assert_eq!(body.size(), BodySize::Sized(length as u64));
            let mut given = Vec::new();
            while let Some(piece) = poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await {
                let piece = piece.unwrap();
                assert!(piece.len() <= PIECE, "{}", piece.len());
                given.extend_from_slice(&piece);
            }
            assert_eq!(given, whole, "{length}");
        }
    }
}
