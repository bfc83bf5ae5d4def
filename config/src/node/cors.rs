//! Requests from pages of other origins.

use std::time::Duration;

/// Says which pages of other origins a browser lets call (the CORS protocol of the Fetch standard), and answers preflights.
///
/// ```
/// use hedgerow_config::Cors;
///
/// let cors = Cors::new(["https://shop.example", "https://*.shop.example"]).method("PUT").header("x-tenant").credentials();
/// # let _ = cors;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cors {
    /// The origins (`origins`): `https://shop.example`, `https://*.shop.example` for all below, or `*` alone for all.
    pub origins: Vec<String>,
    /// The methods (`methods`). Default `GET`, `HEAD` and `POST`.
    pub methods: Vec<String>,
    /// Headers of requests beyond those that are always allowed (`headers`). Default: none.
    pub headers: Vec<String>,
    /// Headers of replies that pages may read beyond those that they always may (`exposeHeaders`). Default: none.
    pub expose_headers: Vec<String>,
    /// Whether requests may carry cookies and the like (`credentials`); never together with `*`. Default: they may not.
    pub credentials: bool,
    /// How long a browser keeps the answer to a preflight (`maxAge`), in whole seconds. Default: as the browser likes.
    pub max_age: Option<Duration>,
}

impl Cors {
    /// One for pages of these origins, and otherwise the defaults.
    pub fn new<O: Into<String>>(origins: impl IntoIterator<Item = O>) -> Self {
        Self {
            origins: origins.into_iter().map(Into::into).collect(),
            methods: ["GET", "HEAD", "POST"].map(str::to_owned).into(),
            headers: Vec::new(),
            expose_headers: Vec::new(),
            credentials: false,
            max_age: None,
        }
    }

    /// The same, with one method more.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.methods.push(method.into());
        self
    }

    /// The same, with one header of requests more.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>) -> Self {
        self.headers.push(name.into());
        self
    }

    /// The same, with one header of replies more that pages may read.
    #[must_use]
    pub fn expose_header(mut self, name: impl Into<String>) -> Self {
        self.expose_headers.push(name.into());
        self
    }

    /// The same, for requests that carry cookies and the like, too.
    #[must_use]
    pub fn credentials(mut self) -> Self {
        self.credentials = true;
        self
    }

    /// The same, and a browser may keep the answer to a preflight for so long.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }
}
