//! The actor of the stories, on whatever context `Ctx` is.

use actix::fut::{ready, wrap_future, wrap_stream};
use actix::{
    Actor, ActorContext as _, ActorFutureExt as _, ActorStreamExt as _, AsyncContext, AtomicResponse,
    Handler, Message, ResponseActFuture, ResponseFuture, Running, SpawnHandle, StreamHandler,
    WrapFuture as _,
};
use tokio::time::sleep;

use super::Ctx;
use crate::{Log, ms, stream};

#[path = "stories.rs"]
mod stories;

pub(crate) use stories::*;

type Context = Ctx<Hero>;

/// Notes what it lives through.
pub(crate) struct Hero {
    log: Log,
    /// Said by `stopping` to so many calls, one by one; after that it stops.
    goes_on: u32,
    at_start: Option<Deed>,
    handles: Vec<SpawnHandle>,
}

type Deed = Box<dyn FnOnce(&mut Hero, &mut Context) + Send>;

/// Something to do.
pub(crate) struct Do(pub(crate) Deed);

impl Message for Do {
    type Result = ();
}

fn deed(deed: impl FnOnce(&mut Hero, &mut Context) + Send + 'static) -> Do {
    Do(Box::new(deed))
}

fn note(what: &'static str) -> Do {
    deed(move |hero, _| hero.log.note(what))
}

impl Actor for Hero {
    type Context = Context;

    fn started(&mut self, context: &mut Context) {
        self.log.note("started");
        if let Some(deed) = self.at_start.take() {
            deed(self, context);
        }
    }

    fn stopping(&mut self, _: &mut Context) -> Running {
        self.log.note("stopping");
        match self.goes_on.checked_sub(1) {
            Some(left) => {
                self.goes_on = left;
                Running::Continue
            }
            None => Running::Stop,
        }
    }

    fn stopped(&mut self, _: &mut Context) {
        self.log.note("stopped");
    }
}

impl Handler<Do> for Hero {
    type Result = ();

    fn handle(&mut self, deed: Do, context: &mut Context) {
        (deed.0)(self, context);
    }
}

impl StreamHandler<u32> for Hero {
    fn started(&mut self, _: &mut Context) {
        self.log.note("stream started");
    }

    fn handle(&mut self, item: u32, context: &mut Context) {
        self.log.note(format!("item {item}"));
        if item == 2 {
            context.wait(
                sleep(ms(5))
                    .into_actor(self)
                    .map(|(), hero, _| hero.log.note("waited")),
            );
        }
    }

    fn finished(&mut self, context: &mut Context) {
        self.log.note("stream finished");
        context.stop();
    }
}

/// Answered in three ways, each later.
pub(crate) struct Slow(&'static str);
pub(crate) struct Alone(&'static str);
pub(crate) struct Apart(&'static str);

impl Message for Slow {
    type Result = ();
}

impl Message for Alone {
    type Result = ();
}

impl Message for Apart {
    type Result = u32;
}

impl Handler<Slow> for Hero {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, slow: Slow, _: &mut Context) -> Self::Result {
        self.log.note(format!("{} begun", slow.0));
        let end = move |(), hero: &mut Self, _: &mut Context| hero.log.note(format!("{} ended", slow.0));
        Box::pin(sleep(ms(10)).into_actor(self).map(end))
    }
}

impl Handler<Alone> for Hero {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, alone: Alone, _: &mut Context) -> Self::Result {
        self.log.note(format!("{} begun", alone.0));
        let end = move |(), hero: &mut Self, _: &mut Context| hero.log.note(format!("{} ended", alone.0));
        AtomicResponse::new(Box::pin(sleep(ms(10)).into_actor(self).map(end)))
    }
}

impl Handler<Apart> for Hero {
    type Result = ResponseFuture<u32>;

    fn handle(&mut self, apart: Apart, _: &mut Context) -> Self::Result {
        let log = self.log.clone();
        Box::pin(async move {
            log.note(format!("{} begun", apart.0));
            sleep(ms(10)).await;
            log.note(format!("{} ended", apart.0));
            7
        })
    }
}

/// A hero, and what is to be told to it before its first turn.
pub(crate) struct Story {
    pub(crate) name: &'static str,
    pub(crate) goes_on: u32,
    pub(crate) at_start: fn(&mut Hero, &mut Context),
    pub(crate) tells: fn(&dyn Told),
}

impl Story {
    pub(crate) fn hero(&self, log: &Log) -> Hero {
        Hero {
            log: log.clone(),
            goes_on: self.goes_on,
            at_start: Some(Box::new(self.at_start)),
            handles: Vec::new(),
        }
    }
}

/// Where a story's messages go.
pub(crate) trait Told {
    fn tell(&self, deed: Do);
    fn slow(&self, slow: Slow);
    fn alone(&self, alone: Alone);
    fn apart(&self, apart: Apart);
}
