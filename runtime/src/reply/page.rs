//! A page of a list, from either family's shape.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::decode::{Document, Origin, buffered};
use super::{FromReply, Reply};
use crate::{Body, Error};

/// One page of a longer list.
///
/// Read from `{"data": [..], "total", "page", "page_size"}`, from `{"data": {"items": [..], "total", "page", "size"}}`, and from the
/// latter's inner object alone, with envelopes on or off.
///
/// ```
/// use trunkline::Page;
///
/// let page = Page { items: vec!["a", "b"], total: 5, page: 1, size: 2 };
/// assert_eq!(page.pages(), 3);
/// assert!(page.has_next());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// How many items there are on all pages.
    pub total: u64,
    /// Which page this is; services count from 1.
    pub page: u64,
    /// How many items a page has at most.
    pub size: u64,
}

impl<T> Page<T> {
    /// How many pages there are.
    pub fn pages(&self) -> u64 {
        match self.size {
            0 => 0,
            size => self.total.div_ceil(size),
        }
    }

    /// Whether there is a page after this one.
    pub fn has_next(&self) -> bool {
        self.page < self.pages()
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<T: DeserializeOwned> FromReply for Page<T> {
    fn from_reply(reply: Reply<Body>) -> Result<Self, Error> {
        read(&reply)
    }

    fn with_head(reply: Reply<Body>) -> Result<Reply<Self>, Error> {
        let page = read(&reply)?;
        Ok(reply.with_value(page))
    }
}

fn read<T: DeserializeOwned>(reply: &Reply<Body>) -> Result<Page<T>, Error> {
    let origin = Origin {
        status: reply.status,
        headers: &reply.headers,
        body: buffered(&reply.value)?,
    };
    let document = Document::new(&origin, reply.envelope.as_deref());
    let outline = Outline::of(&document, &origin)?;
    let items: Option<Vec<T>> = document.decode(outline.items, &origin)?;
    Ok(Page {
        items: items.unwrap_or_default(),
        total: outline.total,
        page: outline.page,
        size: outline.size,
    })
}

/// A page without its items, which are a part of the document.
struct Outline {
    items: Range<usize>,
    total: u64,
    page: u64,
    size: u64,
}

/// An object that may be a page, or have one inside.
#[derive(Deserialize)]
#[serde(expecting = "a page: an object with `items`, or with `data`")]
struct Fields<'d> {
    total: Option<u64>,
    page: Option<u64>,
    size: Option<u64>,
    page_size: Option<u64>,
    #[serde(borrow, default, deserialize_with = "present")]
    items: Option<&'d RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'d RawValue>,
}

/// A key that is there, even if it is `null`, which is a list of nothing.
fn present<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Option<&'d RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl Outline {
    fn of(document: &Document<'_>, origin: &Origin<'_>) -> Result<Self, Error> {
        let whole: Fields<'_> = document.decode(0..document.text.len(), origin)?;
        // An envelope may call it otherwise, and has said where it is.
        let data = match whole.data {
            _ if document.value.len() < document.text.len() => Some(document.value.clone()),
            data => data.map(|data| document.range_of(data)),
        };
        match data {
            Some(data) if document.text[data.start] == b'{' => {
                let inner: Fields<'_> = document.decode(data, origin)?;
                let items = inner.items.map(|items| document.range_of(items));
                Self::complete(&inner, items, "data.items", origin)
            }
            Some(list) => Self::complete(&whole, Some(list), "data", origin),
            None => {
                let items = whole.items.map(|items| document.range_of(items));
                Self::complete(&whole, items, "items", origin)
            }
        }
    }

    fn complete(
        fields: &Fields<'_>,
        items: Option<Range<usize>>,
        name: &str,
        origin: &Origin<'_>,
    ) -> Result<Self, Error> {
        let missing = |name: &str| origin.error(&format!("not a page: `{name}` is missing"));
        Ok(Self {
            items: items.ok_or_else(|| missing(name))?,
            total: fields.total.ok_or_else(|| missing("total"))?,
            page: fields.page.ok_or_else(|| missing("page"))?,
            size: fields.size.or(fields.page_size).ok_or_else(|| missing("size"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::reply::fixture::{enveloped, reply};

    fn page(total: u64, page: u64, size: u64, items: &[u32]) -> Page<u32> {
        Page {
            items: items.to_vec(),
            total,
            page,
            size,
        }
    }

    const A: &str =
        r#"{"success":true,"message":"ok","data":[1,2],"total":5,"page":2,"page_size":2,"total_pages":3}"#;
    const B: &str = r#"{"code":0,"message":"ok","data":{"total":5,"items":[1,2],"page":2,"size":2}}"#;

    #[test]
    fn reads_both_families_with_and_without_envelopes() {
        for body in [A, B, r#"{"total":5,"items":[1,2],"page":2,"size":2}"#] {
            let expected = page(5, 2, 2, &[1, 2]);
            assert_eq!(
                Page::from_reply(reply(200, "application/json", body)).expect(body),
                expected
            );
            assert_eq!(Page::from_reply(enveloped(200, body)).expect(body), expected);
        }
    }

    #[test]
    fn a_page_of_nothing_may_be_null() {
        let body = r#"{"total":0,"items":null,"page":1,"size":20}"#;
        let empty = Page::<u32>::from_reply(reply(200, "application/json", body)).expect(body);
        assert_eq!(empty, page(0, 1, 20, &[]));
        assert!(!empty.has_next());
    }

    #[test]
    fn an_error_names_the_item() {
        for (body, path) in [
            (
                r#"{"data":[1,"x"],"total":5,"page":2,"page_size":2}"#,
                "`data[1]`: invalid type",
            ),
            (
                r#"{"data":{"items":[1,2,null],"total":5,"page":2,"size":2}}"#,
                "`data.items[2]`: invalid type",
            ),
            (
                r#"{"items":[true],"total":5,"page":2,"size":2}"#,
                "`items[0]`: invalid type",
            ),
            (
                r#"{"items":[],"total":"5","page":2,"size":2}"#,
                "`total`: invalid type",
            ),
        ] {
            let error = Page::<u32>::from_reply(reply(200, "application/json", body)).expect_err(body);
            assert!(error.to_string().contains(path), "{error}");
        }
    }

    #[test]
    fn what_is_no_page_says_what_is_missing() {
        for (body, fault) in [
            ("{}", "`items` is missing"),
            (r#"{"items":[]}"#, "`total` is missing"),
            (r#"{"data":[],"total":1}"#, "`page` is missing"),
            (r#"{"data":{"total":1,"page":1}}"#, "`data.items` is missing"),
            (r#"{"data":[],"total":1,"page":1}"#, "`size` is missing"),
            ("[1,2]", "expected a page"),
            ("", "expected a page"),
            ("{", "ends early"),
        ] {
            let body = Bytes::from_static(body.as_bytes());
            let error = Page::<u32>::from_reply(reply(200, "application/json", body)).expect_err(fault);
            assert!(error.to_string().contains(fault), "{error}");
        }
    }
}
