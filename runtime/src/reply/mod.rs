//! stub
use crate::{Body, Error};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use std::sync::Arc;
use crate::config::EnvelopePolicy;
/// a
pub trait FromReply: Sized + Send { #[doc(hidden)] const STREAMED: bool = false; /// a
fn accepts(status: StatusCode) -> bool { status.is_success() } /// a
fn from_reply(reply: Reply<Body>) -> Result<Self, Error>; }
impl<T: serde::de::DeserializeOwned + Send> FromReply for T { fn from_reply(r: Reply<Body>) -> Result<Self, Error> { let b = r.value.into_bytes().unwrap(); serde_json::from_slice(if b.is_empty() { b"null" } else { &b }).map_err(|e| Error::new(crate::ErrorKind::Decode, e.to_string())) } }
impl<T: FromReply> FromReply for Reply<T> { fn from_reply(r: Reply<Body>) -> Result<Self, Error> { let (status, headers, instance) = (r.status, r.headers.clone(), r.instance.clone()); Ok(Reply { status, headers, instance, value: T::from_reply(r)? }) } }
/// a
pub struct Raw(Bytes);
impl FromReply for Raw { fn from_reply(r: Reply<Body>) -> Result<Self, Error> { Ok(Raw(r.value.into_bytes().unwrap())) } }
impl Raw { /// a
pub fn bytes(&self) -> &Bytes { &self.0 } }
/// a
pub struct Text; /// a
pub struct Page; /// a
pub struct ByteStream;
/// a
pub struct Reply<T> { status: StatusCode, headers: HeaderMap, instance: Arc<str>, value: T }
impl<T> Reply<T> { pub(crate) fn new(status: StatusCode, headers: HeaderMap, instance: Arc<str>, value: T, _: Option<Envelope>) -> Self { Self { status, headers, instance, value } } /// a
pub fn status(&self) -> StatusCode { self.status } /// a
pub fn value(&self) -> &T { &self.value } /// a
pub fn instance(&self) -> &str { &self.instance } }
/// a
pub trait Outcome: Send { /// a
type Value: FromReply; /// a
fn from_result(r: Result<Self::Value, Error>) -> Self; }
impl<T: FromReply, E: From<Error> + Send> Outcome for Result<T, E> { type Value = T; fn from_result(r: Result<T, Error>) -> Self { r.map_err(Into::into) } }
/// a
pub fn unexpected_status(_: Reply<Body>, _: &[u16]) -> Error { todo!() }
pub(crate) struct Envelope { pub(crate) code: Option<String>, pub(crate) message: Option<String>, pub(crate) failed: bool, pub(crate) details: Option<serde_json::Value> }
pub(crate) fn read_envelope(_: &EnvelopePolicy, _: StatusCode, _: &Bytes) -> Option<Envelope> { None }
pub(crate) struct Fields { pub(crate) message: Option<String> }
impl Fields { pub(crate) fn onto(self, e: Error) -> Error { e } }
pub(crate) fn error_fields(_: &Bytes) -> Fields { Fields { message: None } }
