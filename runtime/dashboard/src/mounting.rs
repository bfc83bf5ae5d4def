//! How a route is mounted, and that it is known: what is served is what the document names.

use actix_web::dev::Handler;
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::from_fn;
use actix_web::{
    FromRequest, HttpRequest, HttpResponse, Responder, ResponseError as _, Route, Scope, guard, web,
};

use crate::access;
use crate::problem::NotDone;

/// The routes of a scope, as they are mounted.
pub(crate) struct Mounting {
    scope: Scope,
    known: Vec<Known>,
}

/// A path that is served, and the methods that it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// As the document writes it: `/api/breakers/{id}`.
    pub(crate) path: String,
    pub(crate) methods: Vec<Method>,
}

/// One thing that can be done at a path.
pub(crate) struct Verb {
    methods: Vec<Method>,
    route: Route,
}

/// Answers `GET`, and `HEAD`.
pub(crate) fn read<F, Args>(handler: F) -> Verb
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Verb {
        methods: vec![Method::GET, Method::HEAD],
        route: web::route()
            .guard(guard::Any(guard::Get()).or(guard::Head()))
            .to(handler),
    }
}

/// Answers `GET` alone, with what has no end.
pub(crate) fn follow<F, Args>(handler: F) -> Verb
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Verb {
        methods: vec![Method::GET],
        route: web::get().to(handler),
    }
}

/// Takes an order by this method, as JSON. A page of another site cannot send `DELETE` without being asked for leave first, and
/// it says nothing in a body.
pub(crate) fn order<F, Args>(method: Method, handler: F) -> Verb
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let route = web::method(method.clone()).to(handler);
    let route = if method == Method::DELETE {
        route
    } else {
        route.wrap(from_fn(access::json_alone))
    };
    Verb {
        methods: vec![method],
        route,
    }
}

impl Mounting {
    /// None yet, in the scope where all of it is mounted.
    pub(crate) fn new() -> Self {
        Self {
            scope: web::scope(""),
            known: Vec::new(),
        }
    }

    /// Serves this path. What it does not take is answered 405, with what it does.
    pub(crate) fn at<const N: usize>(mut self, path: &str, verbs: [Verb; N]) -> Self {
        let mut resource = web::resource(path.to_owned());
        let mut methods = Vec::new();
        for verb in verbs {
            resource = resource.route(verb.route);
            methods.extend(verb.methods);
        }
        let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        let allowed = names.join(", ");
        let otherwise = move |request: HttpRequest| {
            let refused = not_allowed(&request, &allowed);
            async { refused }
        };
        self.scope = self.scope.service(resource.default_service(web::to(otherwise)));
        self.known.push(Known {
            path: path.replace(TAIL, "}"),
            methods,
        });
        self
    }

    /// The scope, and what is served there.
    pub(crate) fn done(self) -> (Scope, Vec<Known>) {
        (self.scope, self.known)
    }
}

/// Ends a parameter that takes the rest of the path, its slashes too.
const TAIL: &str = ":.*}";

fn not_allowed(request: &HttpRequest, allowed: &str) -> HttpResponse {
    NotDone::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method not allowed",
        format!("`{}` takes {allowed}, not {}", request.path(), request.method()),
    )
    .with(header::ALLOW, allowed)
    .error_response()
}
