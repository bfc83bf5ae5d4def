//! A breaker's actions: what can be told it by name, from outside.

use hedgerow_supervisor::{Acting, Operate};

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

    fn act<'a>(&'a self, action: &'a str, by: &'a str) -> Acting<'a> {
        Box::pin(async move {
            let named = Instruction::ALL.into_iter().find(|known| known.name() == action);
            let instruction = named.ok_or("a breaker knows no such action")?;
            let done = self.instruct(instruction, by).await;
            done.map(drop).map_err(|error| error.to_string().into())
        })
    }
}
