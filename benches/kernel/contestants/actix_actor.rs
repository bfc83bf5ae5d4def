//! Plain actix: an actor that nobody supervises.

use actix::{Actor, Addr, Handler, Message};

use crate::counter::{Contestant, Counter, ROOM};

/// How messages are sent that want no answer.
#[derive(Clone, Copy)]
pub(crate) enum Actix {
    /// By `do_send`, which has no limit.
    DoSend,
    /// By `try_send`, which has one.
    TrySend,
}

struct Sum(u64);

impl Actor for Sum {
    #[expect(
        clippy::disallowed_types,
        reason = "what is compared with ours has no supervisor"
    )]
    type Context = actix::Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(ROOM);
    }
}

struct Add(u64);

impl Message for Add {
    type Result = u64;
}

impl Handler<Add> for Sum {
    type Result = u64;

    fn handle(&mut self, Add(amount): Add, _: &mut Self::Context) -> u64 {
        self.0 += amount;
        self.0
    }
}

#[derive(Clone)]
pub(crate) struct ActixCounter {
    address: Addr<Sum>,
    send: Actix,
}

impl Counter for ActixCounter {
    #[expect(clippy::disallowed_methods, reason = "they are what is compared with ours")]
    fn tell(&self, amount: u64) {
        match self.send {
            Actix::DoSend => self.address.do_send(Add(amount)),
            Actix::TrySend => assert!(self.address.try_send(Add(amount)).is_ok(), "there is room"),
        }
    }

    async fn ask(&self, amount: u64) -> u64 {
        self.address.send(Add(amount)).await.expect("it lives")
    }
}

impl Contestant for Actix {
    type Counter = ActixCounter;

    fn name(&self) -> &'static str {
        match self {
            Self::DoSend => "actix",
            Self::TrySend => "actix, try_send",
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "what is compared with ours has no supervisor"
    )]
    async fn start(&self) -> ActixCounter {
        ActixCounter {
            address: Sum(0).start(),
            send: *self,
        }
    }
}
