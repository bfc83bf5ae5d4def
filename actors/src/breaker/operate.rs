//! A breaker's actions: what can be told it by name, from outside.

use hedgerow_supervisor::{ActError, Acting, Arguments, Operate};
use serde_json::Value;

use super::{BreakerHandle, Instruction};

/// The names of [`Instruction::ALL`].
const ACTIONS: [&str; 5] = {
    let [force_open, close, disable, metrics_only, release] = Instruction::ALL;
    [
        force_open.name(),
        close.name(),
        disable.name(),
        metrics_only.name(),
        release.name(),
    ]
};

impl Operate for BreakerHandle {
    fn actions(&self) -> &'static [&'static str] {
        &ACTIONS
    }

    fn act<'a>(&'a self, action: &'a str, arguments: &'a Arguments, by: &'a str) -> Acting<'a> {
        Box::pin(async move {
            ActError::unless_plain(action, arguments)?;
            let named = Instruction::ALL.into_iter().find(|known| known.name() == action);
            let instruction = named.ok_or_else(|| ActError::not_done("a breaker knows no such action"))?;
            let done = self.instruct(instruction, by).await;
            done.map(|_| Value::Null)
                .map_err(|error| ActError::not_done(error.to_string()))
        })
    }
}
