//! What the messaging service is answered.

use std::borrow::Cow;
use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::line::Answer;
use crate::Body;

/// An answer that is no handler's.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    detail: Cow<'static, str>,
    /// When to come again.
    after: Option<Duration>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            detail: detail.into(),
            after: None,
        }
    }

    /// The event is to be sent again.
    pub(super) fn busy(detail: &'static str, after: Duration) -> Self {
        Self {
            after: Some(after),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
        }
    }

    pub(super) fn too_large(limit: usize) -> Self {
        let detail = format!("the body is larger than {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = response(self.status, &json!({ "detail": self.detail }));
        if let Some(after) = self.after {
            // Whole seconds, and none too early.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            let seconds = HeaderValue::from(seconds.max(1));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            let post = HeaderValue::from_static("POST");
            response.headers_mut().insert(ALLOW, post);
        }
        response
    }
}

impl Answer {
    /// What is to be sent again comes before what is dead, and that before what is handled.
    pub(super) fn or_worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Again(one), Self::Again(other)) => Self::Again(one.max(other)),
            (Self::Again(after), _) | (_, Self::Again(after)) => Self::Again(after),
            (Self::Dead, _) | (_, Self::Dead) => Self::Dead,
            (Self::Handled, Self::Handled) => Self::Handled,
        }
    }

    pub(super) fn into_response(self) -> Response<Body> {
        match self {
            Self::Handled => response(StatusCode::OK, &json!({ "success": true })),
            Self::Dead => {
                Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "the event is a dead letter").into_response()
            }
            Self::Again(after) => Refusal::busy("the event was not handled", after).into_response(),
        }
    }
}

fn response(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_answers_is_given() {
        let again = |seconds| Answer::Again(Duration::from_secs(seconds));
        assert_eq!(Answer::Handled.or_worse(Answer::Dead), Answer::Dead);
        assert_eq!(Answer::Dead.or_worse(again(1)), again(1));
        assert_eq!(again(1).or_worse(again(2)), again(2));
        assert_eq!(Answer::Handled.or_worse(Answer::Handled), Answer::Handled);
    }

    #[test]
    fn a_wait_is_rounded_up_to_seconds() {
        let after = |millis| {
            let response = Answer::Again(Duration::from_millis(millis)).into_response();
            response.headers()[RETRY_AFTER]
                .to_str()
                .expect("digits")
                .to_owned()
        };
        assert_eq!(
            (after(0), after(1000), after(1001)),
            ("1".into(), "1".into(), "2".into())
        );
    }
}
