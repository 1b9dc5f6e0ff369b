//! A server that answers any request with what arrived, decoded as a server decodes it.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::{HeaderMap, Method, Uri};
use axum::{Json, Router};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use trunkline::Client;

use crate::server::{client_of, serve};

/// A request as it arrived.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Echo {
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
    /// What follows the `?`, as it was sent.
    pub raw_query: Option<String>,
    /// The segments of the path, decoded.
    pub segments: Vec<String>,
    /// The query parameters in their order, decoded as a form.
    pub query: Vec<(String, String)>,
    /// The values of each header, in their order.
    pub headers: BTreeMap<String, Vec<String>>,
    /// The body as text.
    pub body: String,
}

impl Echo {
    /// The first value of this header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.first().map(String::as_str)
    }

    /// All values of this header.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get(name).into_iter().flatten();
        values.map(String::as_str).collect()
    }

    /// The query parameters as borrowed text.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        let pairs = self.query.iter();
        pairs
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).expect("the request's body is JSON")
    }

    /// The body as a form's pairs.
    ///
    /// # Panics
    /// When it is none.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs_of(&self.body)
    }
}

/// Answers everything with what arrived.
pub fn router() -> Router {
    Router::new().fallback(echo)
}

/// A client whose service of this name answers with what arrived.
pub async fn client(service: &str) -> Client {
    client_of(service, &serve(router()).await)
}

async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: String) -> Json<Echo> {
    let segments = uri.path().split('/').skip(1).map(|segment| {
        let text = percent_decode_str(segment).decode_utf8();
        text.expect("a segment is UTF-8").into_owned()
    });
    Json(Echo {
        method: method.to_string(),
        path: uri.path().to_owned(),
        raw_query: uri.query().map(str::to_owned),
        segments: segments.collect(),
        query: pairs_of(uri.query().unwrap_or_default()),
        headers: headers_of(&headers),
        body,
    })
}

/// Reads a query or a form with axum's own extractor, which takes a `+` for a space.
fn pairs_of(text: &str) -> Vec<(String, String)> {
    let uri = Uri::builder()
        .path_and_query(format!("/?{text}"))
        .build()
        .expect("a query is legal in a URI");
    let Query(pairs) = Query::try_from_uri(&uri).expect("any text is a form");
    pairs
}

fn headers_of(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        found.entry(name.to_string()).or_default().push(value);
    }
    found
}
