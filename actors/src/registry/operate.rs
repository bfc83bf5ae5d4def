//! Registrations as the API says them.

use std::time::Duration;

use actix::{Handler, Message};
use hedgerow_config::{EndpointAddr, is_name};
use hedgerow_supervisor::{ActError, Acting, Arguments, AskError, Operate};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::actor::Registry;
use super::book::{DEFAULT_TTL, LONGEST_TTL, MOST_WEIGHT, Refused, Registration, SHORTEST_TTL};
use super::handle::RegistryHandle;
use super::messages::{Heartbeat, Leave, Made, NotMade, Register};
use super::version::Version;

const REGISTER: &str = "register";
const HEARTBEAT: &str = "heartbeat";
const DEREGISTER: &str = "deregister";

/// What a registration is said with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Said {
    service: String,
    id: String,
    addr: String,
    weight: Option<u32>,
    ttl_ms: Option<u64>,
    version: Option<String>,
}

/// What a heartbeat or a leave is said with.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Named {
    service: String,
    id: String,
    version: Option<String>,
}

impl Operate for RegistryHandle {
    fn actions(&self) -> &'static [&'static str] {
        &[REGISTER, HEARTBEAT, DEREGISTER]
    }

    fn act<'a>(&'a self, action: &'a str, arguments: &'a Arguments, _: &'a str) -> Acting<'a> {
        Box::pin(async move {
            match action {
                REGISTER => self.register(read(arguments)?).await,
                HEARTBEAT => self.heartbeat(read(arguments)?).await,
                _ => self.deregister(read(arguments)?).await,
            }
        })
    }
}

impl RegistryHandle {
    async fn register(&self, said: Said) -> Result<Value, ActError> {
        let mut mistakes = named_well(&said.service, &said.id);
        let addr: Result<EndpointAddr, _> = said.addr.parse();
        let weight = said.weight.unwrap_or(1);
        let ttl = said.ttl_ms.map_or(DEFAULT_TTL, Duration::from_millis);
        if !(1..=MOST_WEIGHT).contains(&weight) {
            mistakes.push(format!("`weight`: expected 1 to {MOST_WEIGHT}, found {weight}"));
        }
        if !(SHORTEST_TTL..=LONGEST_TTL).contains(&ttl) {
            let (least, most) = (SHORTEST_TTL.as_millis(), LONGEST_TTL.as_millis());
            mistakes.push(format!(
                "`ttlMs`: expected {least} to {most}, found {}",
                ttl.as_millis()
            ));
        }
        let shown = shown(said.version.as_deref(), &mut mistakes);
        let addr = match addr {
            Ok(addr) if mistakes.is_empty() => addr,
            Ok(_) => return Err(ActError::arguments(mistakes.join("\n"))),
            Err(error) => {
                mistakes.insert(0, format!("`addr`: {error}"));
                return Err(ActError::arguments(mistakes.join("\n")));
            }
        };
        let order = Register {
            service: said.service,
            id: said.id,
            registration: Registration { addr, weight, ttl },
            shown,
        };
        let Made { version, persisted } = self.ask(order).await?.map_err(not_made)?;
        Ok(json!({
            "version": version.map(|version| version.to_string()),
            "ttlMs": millis(ttl),
            "heartbeatEveryMs": millis(ttl / 3),
            "persisted": persisted,
        }))
    }

    async fn heartbeat(&self, said: Named) -> Result<Value, ActError> {
        let mut mistakes = named_well(&said.service, &said.id);
        let shown = shown(said.version.as_deref(), &mut mistakes);
        let shown = match shown {
            Some(shown) if mistakes.is_empty() => shown,
            _ => {
                if said.version.is_none() {
                    mistakes.push("`version` is missing: it is what the last answer gave".to_owned());
                }
                return Err(ActError::arguments(mistakes.join("\n")));
            }
        };
        let order = Heartbeat {
            service: said.service,
            id: said.id,
            shown,
        };
        let version = self.ask(order).await?.map_err(told)?;
        Ok(json!({ "version": version.to_string() }))
    }

    async fn deregister(&self, said: Named) -> Result<Value, ActError> {
        let mut mistakes = named_well(&said.service, &said.id);
        let shown = shown(said.version.as_deref(), &mut mistakes);
        if !mistakes.is_empty() {
            return Err(ActError::arguments(mistakes.join("\n")));
        }
        let order = Leave {
            service: said.service,
            id: said.id,
            shown,
        };
        let Made { persisted, .. } = self.ask(order).await?.map_err(not_made)?;
        Ok(json!({ "persisted": persisted }))
    }

    async fn ask<M>(&self, order: M) -> Result<M::Result, ActError>
    where
        Registry: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        let answered = self.actor.ask(order).await;
        answered.map_err(|error: AskError<M>| ActError::unavailable(error.to_string()))
    }
}

fn read<T: DeserializeOwned>(arguments: &Arguments) -> Result<T, ActError> {
    serde_json::from_value(Value::Object(arguments.clone())).map_err(ActError::arguments)
}

fn named_well(service: &str, id: &str) -> Vec<String> {
    let odd = [("service", service), ("id", id)]
        .into_iter()
        .filter(|(_, name)| !is_name(name));
    odd.map(|(key, _)| {
        format!("`{key}`: expected a name of 1 to 100 characters without control characters and without blanks at its ends")
    })
    .collect()
}

fn shown(version: Option<&str>, mistakes: &mut Vec<String>) -> Option<Version> {
    match version?.parse() {
        Ok(version) => Some(version),
        Err(error) => {
            mistakes.push(format!("`version`: {error}"));
            None
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn not_made(error: NotMade) -> ActError {
    match error {
        NotMade::Refused(refused) => told(refused),
        NotMade::Key(error) => ActError::arguments(error),
    }
}

fn told(refused: Refused) -> ActError {
    match refused {
        Refused::Unknown { .. } => ActError::missing(refused),
        Refused::Full { .. } => ActError::full(refused),
        Refused::Taken { .. } | Refused::Overtaken { .. } | Refused::Late { .. } => {
            ActError::not_done(refused)
        }
    }
}
