//! A call being put together: the endpoint, and the encoded arguments one by one.
//!
//! The first mistake in an argument is kept and becomes the call's error; nothing is sent then.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::HeaderValue;
use http::{HeaderMap, Method};

use super::headers::check_framing;
use super::prepare::{self, Prepared};
use super::read::Slot;
use super::{CallOptions, run};
use crate::client::{EndpointState, Plan, ServiceClient};
use crate::encode::{
    self, BodyArgument, HeaderArgument, JsonArgument, JsonFields, NamedTarget, OptionalPathValue, PathValue,
    QueryArgument, Target,
};
use crate::reply::Outcome;
use crate::{Body, Error, ErrorKind};

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// A call being put together, as the code that `#[service]` writes does it: the path, then the query and headers,
/// then the body, then [`send`](Call::send).
#[must_use = "a call does nothing until it is sent"]
pub struct Call {
    service: ServiceClient,
    endpoint: Arc<EndpointState>,
    plan: Arc<Result<Plan, Error>>,
    options: Option<Arc<CallOptions>>,
    path: PathAndQuery,
    headers: HeaderMap,
    content: Content,
    mistake: Option<Error>,
}

/// The path and query so far.
enum PathAndQuery {
    /// Placeholders are filled in their order.
    InOrder(Target),
    /// Placeholders are filled by their names.
    Named(NamedTarget),
    /// There is no plan to say what the path is; the call has its error already.
    Unknown,
}

/// The body so far, and how it came about.
enum Content {
    None,
    Json(Vec<u8>),
    /// Fields of an object that is still open.
    Fields(JsonFields),
    Form(String),
    Raw(Body),
}

impl Call {
    /// A call whose placeholders are filled in their order.
    pub(crate) fn new(service: ServiceClient, endpoint: Arc<EndpointState>) -> Self {
        let plan = endpoint.plan();
        let path = match &*plan {
            Ok(plan) => PathAndQuery::InOrder(Target::start(Arc::clone(&plan.template))),
            Err(_) => PathAndQuery::Unknown,
        };
        Self::with_path(service, endpoint, plan, path)
    }

    /// A call whose placeholders are filled by their names.
    pub(crate) fn named(service: ServiceClient, endpoint: Arc<EndpointState>) -> Self {
        let plan = endpoint.plan();
        let path = PathAndQuery::Named(NamedTarget::start(&endpoint.labels.template));
        Self::with_path(service, endpoint, plan, path)
    }

    fn with_path(
        service: ServiceClient,
        endpoint: Arc<EndpointState>,
        plan: Arc<Result<Plan, Error>>,
        path: PathAndQuery,
    ) -> Self {
        let options = service.options().cloned();
        let (headers, content) = (HeaderMap::new(), Content::None);
        Self {
            service,
            endpoint,
            plan,
            options,
            path,
            headers,
            content,
            mistake: None,
        }
    }

    /// The value of the next placeholder.
    pub fn path(mut self, value: &dyn PathValue) -> Self {
        if let PathAndQuery::InOrder(target) = &mut self.path {
            target.path(value);
        }
        self
    }

    /// The value of the next placeholder, which `None` drops with its slash.
    pub fn path_optional(mut self, value: &dyn OptionalPathValue) -> Self {
        if let PathAndQuery::InOrder(target) = &mut self.path {
            target.optional(value);
        }
        self
    }

    /// The value of the placeholder of this name.
    pub(crate) fn path_named(mut self, name: &str, value: &dyn PathValue) -> Self {
        if let PathAndQuery::Named(target) = &mut self.path {
            target.path(name, value);
        }
        self
    }

    /// Query parameters that are encoded already: `a=1&b=2`.
    pub(crate) fn encoded_query(mut self, query: &str) -> Self {
        if let PathAndQuery::InOrder(target) = &mut self.path {
            target.encoded_query(query);
        }
        self
    }

    /// A query parameter.
    pub fn query(mut self, name: &str, value: &dyn QueryArgument) -> Self {
        match &mut self.path {
            PathAndQuery::InOrder(target) => target.query(name, value),
            PathAndQuery::Named(target) => target.query(name, value),
            PathAndQuery::Unknown => {}
        }
        self
    }

    /// A header.
    pub fn header(mut self, name: &str, value: &dyn HeaderArgument) -> Self {
        let written = encode::header(&mut self.headers, name, value);
        self.keep(written);
        self
    }

    /// Keeps a mistake where the call has a body already, or its method has none (RFC 9110, sections 9.3.1 and 9.3.2).
    pub(crate) fn expect_no_body(mut self) -> Self {
        let method = &self.endpoint.labels.method;
        let message = match (&self.content, method) {
            (Content::None, &Method::GET | &Method::HEAD) => {
                format!("a `{method}` has no body; expected a query, a header or a placeholder")
            }
            (Content::None, _) => return self,
            _ => "a call has one body, and this one has it already; drop one of them".to_owned(),
        };
        self.keep(Err(Error::new(ErrorKind::Request, message)));
        self
    }

    /// The whole body, as JSON.
    pub fn json(mut self, value: &dyn JsonArgument) -> Self {
        match encode::json(value, &self.endpoint.body_size) {
            Ok(bytes) => self.content = Content::Json(bytes),
            Err(mistake) => self.keep(Err(mistake)),
        }
        self
    }

    /// One field of a JSON object, which is the body.
    pub fn field(mut self, name: &str, value: &dyn JsonArgument) -> Self {
        let mut fields = match std::mem::replace(&mut self.content, Content::None) {
            Content::Fields(fields) => fields,
            _ => JsonFields::new(&self.endpoint.body_size),
        };
        let written = fields.field(name, value);
        self.content = Content::Fields(fields);
        self.keep(written);
        self
    }

    /// The whole body, as a form.
    pub fn form(mut self, value: &dyn QueryArgument) -> Self {
        match encode::form(value) {
            Ok(text) => self.content = Content::Form(text),
            Err(mistake) => self.keep(Err(mistake)),
        }
        self
    }

    /// The whole body, as it is.
    pub fn body(mut self, body: impl BodyArgument) -> Self {
        self.content = Content::Raw(body.into_body());
        self
    }

    /// The same call with these overrides, over those that it has.
    pub(crate) fn overridden(mut self, options: CallOptions) -> Self {
        self.options = Some(Arc::new(match &self.options {
            Some(weaker) => weaker.and(options),
            None => options,
        }));
        self
    }

    /// Makes the call and reads its reply.
    ///
    /// What was put together becomes the call before there is a future, which would keep room for both.
    // The bound is said, so that a user's crate need not prove it again for each of its methods.
    pub fn send<R: Outcome>(self) -> impl Future<Output = R> + Send {
        let (call, mut body) = self.prepare();
        async move {
            let mut slot = Slot::new();
            let end = run(&call, &mut body, &mut slot).await;
            slot.into_outcome(end)
        }
    }

    /// Makes the call by its transport alone, so that a bench sees what the stages cost.
    #[cfg(feature = "testing")]
    pub fn send_bare<R: Outcome>(self) -> impl Future<Output = R> + Send {
        let (call, mut body) = self.prepare();
        async move {
            let mut slot = Slot::new();
            let end = super::bare::run(&call, &mut body, &mut slot).await;
            slot.into_outcome(end)
        }
    }

    fn keep(&mut self, result: Result<(), Error>) {
        if let (Err(mistake), None) = (result, &self.mistake) {
            self.mistake = Some(mistake);
        }
    }

    /// The call with all its arguments, and its body apart: a stream is taken out of it by the attempt that sends it.
    fn prepare(mut self) -> (Prepared, Body) {
        self.override_address();
        let target = match self.path {
            PathAndQuery::InOrder(target) => target.finish(),
            PathAndQuery::Named(target) => target.finish(),
            PathAndQuery::Unknown => Ok(String::new()),
        };
        let (target, mistake) = match target {
            Ok(target) => (target, self.mistake),
            Err(mistake) => (String::new(), Some(mistake)),
        };
        let size = &self.endpoint.body_size;
        let (content_type, body) = match self.content {
            Content::None => (None, Body::empty()),
            Content::Json(bytes) => (Some(JSON), Bytes::from(bytes).into()),
            Content::Fields(fields) => (Some(JSON), Bytes::from(fields.finish(size)).into()),
            Content::Form(text) => (Some(FORM), text.into()),
            Content::Raw(body) => (None, body),
        };
        let random = &self.service.shared().random;
        let options = self.options.as_deref();
        if let Ok(plan) = &*self.plan {
            prepare::add_headers(&mut self.headers, options, plan, random);
        }
        let framing = || check_framing(&self.headers, ErrorKind::Request).err();
        let mistake = mistake.or_else(|| options?.mistake.clone()).or_else(framing);
        let (service, endpoint, plan) = (self.service, self.endpoint, self.plan);
        let (options, headers) = (self.options, self.headers);
        (
            Prepared {
                service,
                endpoint,
                plan,
                options,
                target,
                headers,
                content_type,
                mistake,
            },
            body,
        )
    }

    /// An address among the overrides of this call alone is another place with the same endpoint.
    fn override_address(&mut self) {
        let Some(url) = self
            .options
            .as_ref()
            .and_then(|options| options.base_url.as_deref())
        else {
            return;
        };
        if !self.service.is_at(url) {
            let (service, endpoint) = self.service.moved(url, &self.endpoint);
            self.plan = endpoint.plan();
            (self.service, self.endpoint) = (service, endpoint);
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("service", &self.service)
            .field("endpoint", &self.endpoint.labels.endpoint)
            .finish_non_exhaustive()
    }
}
