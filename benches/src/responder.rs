//! The smallest server there is: it finds the end of a request and knows every answer beforehand.

use std::sync::LazyLock;

use serde::Serialize;

use crate::payload::{self, Order, Summary};

/// Both ends of a connection's bytes: what came in and is no whole request yet.
#[derive(Debug, Default)]
pub struct Responder {
    received: Vec<u8>,
}

impl Responder {
    /// Takes what came in; the answer when that completes a request.
    ///
    /// It looks at the end of the request alone, so that a client pays nothing here for the headers that it sends.
    pub fn receive(&mut self, bytes: &[u8]) -> Option<&'static [u8]> {
        self.received.extend_from_slice(bytes);
        let end = match &*self.received {
            [b'P', ..] => &*ANSWERS.posted,
            _ => b"\r\n\r\n",
        };
        if !self.received.ends_with(end) {
            return None;
        }
        let answer = answer(&self.received);
        self.received.clear();
        Some(answer)
    }
}

fn answer(request: &[u8]) -> &'static [u8] {
    match request {
        [b'P', ..] => &ANSWERS.order,
        [b'G', ..] if request.starts_with(b"GET /orders/") => &ANSWERS.summary,
        _ => &ANSWERS.list,
    }
}

struct Answers {
    /// The body of every POST.
    posted: Vec<u8>,
    order: Vec<u8>,
    summary: Vec<u8>,
    list: Vec<u8>,
}

static ANSWERS: LazyLock<Answers> = LazyLock::new(|| Answers {
    posted: json(&Order::example()),
    order: response(&Order::example()),
    summary: response(&Summary::example()),
    list: response(&payload::list()),
});

fn response(document: &impl Serialize) -> Vec<u8> {
    let body = json(document);
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         date: Mon, 02 Nov 2026 10:00:00 GMT\r\nserver: bench\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), &body].concat()
}

fn json(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).expect("these documents are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_in_pieces_is_answered_once() {
        let mut responder = Responder::default();
        let (start, end) = ANSWERS.posted.split_at(100);
        assert!(responder.receive(b"POST /orders HTTP/1.1\r\n\r\n").is_none());
        assert!(responder.receive(start).is_none());
        assert_eq!(responder.receive(end), Some(&*ANSWERS.order));
        assert_eq!(
            responder.receive(b"GET /orders/7 HTTP/1.1\r\n\r\n"),
            Some(&*ANSWERS.summary)
        );
        assert_eq!(
            responder.receive(b"GET /orders?limit=9 HTTP/1.1\r\n\r\n"),
            Some(&*ANSWERS.list)
        );
    }
}
