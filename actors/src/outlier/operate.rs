//! What the actor can be told from outside: an endpoint that is ejected is put back.

use actix::{Handler, Message};
use hedgerow_config::EndpointAddr;
use hedgerow_supervisor::{ActError, Acting, Arguments, AskError, CellContext, Handle, Operate};
use serde::Deserialize;
use serde_json::Value;

use super::actor::Outlier;
use crate::breaker::LONGEST_AUTHOR;

const READMIT: &str = "readmit";

/// What the order is said with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    endpoint: String,
}

/// An operator has an ejected endpoint called again.
pub(super) struct Readmit {
    pub(super) addr: EndpointAddr,
    pub(super) author: String,
}

impl Message for Readmit {
    type Result = Result<(), NotReadmitted>;
}

/// An endpoint was not put back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotReadmitted {
    /// There is none of this address.
    #[error("`{upstream}` has no endpoint `{addr}`: `/api/upstreams` lists them")]
    Unknown {
        /// The upstream.
        upstream: String,
        /// What was asked for.
        addr: EndpointAddr,
    },
    /// It is not left out for what it did.
    #[error("`{addr}` is not ejected: `excluded` in `/api/upstreams` says why one is left out")]
    NotEjected {
        /// What was asked for.
        addr: EndpointAddr,
    },
}

impl Handler<Readmit> for Outlier {
    type Result = Result<(), NotReadmitted>;

    fn handle(&mut self, order: Readmit, context: &mut CellContext<Self>) -> Self::Result {
        self.readmit(&order, context)
    }
}

/// The actor's place, as those who operate it see it.
pub(super) struct Operated(pub(super) Handle<Outlier>);

impl Operate for Operated {
    fn actions(&self) -> &'static [&'static str] {
        &[READMIT]
    }

    fn act<'a>(&'a self, _: &'a str, arguments: &'a Arguments, by: &'a str) -> Acting<'a> {
        Box::pin(async move {
            let said = serde_json::from_value(Value::Object(arguments.clone()));
            let Said { endpoint } = said.map_err(ActError::arguments)?;
            let addr = endpoint
                .parse()
                .map_err(|error| ActError::arguments(format!("`endpoint`: {error}")))?;
            let author = by.chars().take(LONGEST_AUTHOR).collect();
            let told = self.0.ask(Readmit { addr, author }).await;
            let told = told.map_err(|error: AskError<Readmit>| ActError::unavailable(error.to_string()))?;
            match told {
                Ok(()) => Ok(Value::Null),
                Err(error @ NotReadmitted::Unknown { .. }) => Err(ActError::missing(error)),
                Err(error @ NotReadmitted::NotEjected { .. }) => Err(ActError::not_done(error)),
            }
        })
    }
}
