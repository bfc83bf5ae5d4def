//! A copy of a request, whose answer nobody sees.

use std::time::Duration;

use hedgerow_actors::retry::Repeatable;
use hedgerow_actors::upstream::{CallKeys, CopyEnd, Mirror, Mirrored, UpstreamHandle};
use hedgerow_actors::verdict::Outcome;
use hedgerow_supervisor::Context;
use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::attempt::{Begin, Came, Way, attempt};
use super::discard::discard;
use super::outgoing::Outgoing;
use super::traced::Traced;
use crate::body::RequestBody;
use crate::limit::Limit;
use crate::wire::Wire;

/// Says of a request that it is a copy, which is copied no further.
const MIRRORED: HeaderName = HeaderName::from_static("x-hedgerow-mirrored");

/// An answer that is not there as a whole after so long has its connection closed.
const READ_FOR: Duration = Duration::from_secs(1);

/// Where a request is to be copied to: not where it is a copy itself, whoever made it.
pub(super) fn drawn<'a>(upstream: &'a UpstreamHandle, headers: &HeaderMap) -> Option<&'a Mirror> {
    let mirror = upstream.mirror()?;
    (!headers.contains_key(&MIRRORED) && mirror.draws()).then_some(mirror)
}

/// Sends a copy of a request that has been answered, or was given up, and waits for nothing: the copy goes by what it holds
/// itself, within the bounds of its own upstream.
pub(super) fn send(mirror: &Mirror, original: &Way<'_>) {
    let Some(mut outgoing) = original.outgoing.detached() else {
        return mirror.body_not_kept();
    };
    let Some(copy) = original.upstream.copy() else {
        return;
    };
    outgoing.mark(MIRRORED, HeaderValue::from_static("1"));
    let (context, method) = (original.traced.context.clone(), original.traced.method.clone());
    spawn(original.wire.clone(), copy, outgoing, (context, method));
}

#[expect(
    clippy::disallowed_methods,
    reason = "it lives on the worker whose connections it uses, where no actor lives, is waited for by it, and is bounded by its mirror"
)]
fn spawn(wire: Wire, copy: Mirrored, outgoing: Outgoing, traced: (Context, Method)) {
    let under_way = wire.copies().begin();
    drop(tokio::task::spawn_local(async move {
        let end = carry_out(&wire, copy.upstream(), outgoing, traced).await;
        copy.end(end);
        drop(under_way);
    }));
}

/// One attempt, with no other after it. The breakers of its upstream hear of it as of any call.
async fn carry_out(
    wire: &Wire,
    upstream: &UpstreamHandle,
    outgoing: Outgoing,
    (context, method): (Context, Method),
) -> CopyEnd {
    let Ok(mut entered) = upstream.enter(&CallKeys::default()) else {
        return CopyEnd::Refused;
    };
    let Ok(first) = entered.attempt() else {
        return CopyEnd::Refused;
    };
    let timeout = upstream.timeout();
    let of_any = first.limit(entered.limit(timeout));
    let now = Instant::now();
    let traced = Traced {
        context,
        method,
        upstream: upstream.id().name(),
    };
    let mut span = traced.attempt(first.endpoint(), 1, now);
    span.is_copy();
    let way = Way {
        traced,
        wire,
        upstream,
        outgoing,
        repeatable: Repeatable::Unsent,
        underway: RequestBody::none().underway(),
        interim: None,
    };
    let begin = Begin {
        attempt: first,
        traced: span,
        limit: Limit::new(timeout, of_any, None),
        at: now,
        number: None,
    };
    let ended = attempt(&way, begin).await;
    match ended.came {
        Came::Answer(answer) => {
            let is_failure = ended.verdict.outcome != Outcome::Success;
            entered.report(ended.verdict);
            discard(answer, READ_FOR.min(timeout)).await;
            if is_failure {
                CopyEnd::Failed
            } else {
                CopyEnd::Answered
            }
        }
        Came::NoLease(_) => CopyEnd::Refused,
        Came::Fault(..) | Came::Late | Came::ClientLate => {
            entered.report(ended.verdict);
            CopyEnd::Failed
        }
    }
}
