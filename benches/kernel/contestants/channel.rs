//! The floor: a task that reads a channel of tokio. One message type, nothing boxed, nothing caught.

use tokio::sync::{mpsc, oneshot};

use crate::counter::{Contestant, Counter};
use crate::stage;

/// A task and its channel.
#[derive(Clone, Copy)]
pub(crate) struct Channel;

struct Add {
    amount: u64,
    reply: Option<oneshot::Sender<u64>>,
}

#[derive(Clone)]
pub(crate) struct Sender(mpsc::UnboundedSender<Add>);

impl Sender {
    fn send(&self, amount: u64, reply: Option<oneshot::Sender<u64>>) {
        assert!(self.0.send(Add { amount, reply }).is_ok(), "its task reads");
    }
}

impl Counter for Sender {
    fn tell(&self, amount: u64) {
        self.send(amount, None);
    }

    async fn ask(&self, amount: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        self.send(amount, Some(reply));
        answer.await.expect("its task answers")
    }
}

impl Contestant for Channel {
    type Counter = Sender;

    fn name(&self) -> &'static str {
        "tokio mpsc"
    }

    #[expect(clippy::disallowed_methods, reason = "the floor does not ask for a limit")]
    async fn start(&self) -> Sender {
        let (sender, mut receiver) = mpsc::unbounded_channel::<Add>();
        stage::detach(async move {
            let mut sum = 0;
            while let Some(Add { amount, reply }) = receiver.recv().await {
                sum += amount;
                if let Some(reply) = reply {
                    // Who no longer waits for it needs no answer.
                    let _ = reply.send(sum);
                }
            }
        });
        Sender(sender)
    }
}
