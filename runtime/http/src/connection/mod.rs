//! A client's connection: what comes is guarded, what goes is timed, and its end is a proper one.
//!
//! Below the server lies a [`Client`](client::Client). The server reads what the guard lets through, one request at a
//! time. Where a head is refused, it is given a stand-in, whose answer is the refusal: so refusals stand behind the
//! answers of the requests before them, and are written like every other answer. Where a body is refused, it breaks off.
//!
//! | file | subject |
//! |---|---|
//! | `serve` | a connection's life |
//! | `client` | what a client sends, as the server gets to see it |
//! | `input` | bytes that came, and how many of them may be seen |
//! | `output` | what goes out to a client, and whether it takes it |
//! | `interim` | interim answers on their way to a client |
//! | `stream` | what the server reads and writes by |
//! | `cool_off` | how long a client that was refused for want of a berth is not listened to |
//! | `times` | how long a client may take |
//! | `pace` | whether the other side keeps up |

mod client;
mod cool_off;
mod input;
mod interim;
mod output;
mod pace;
mod serve;
mod stream;
mod times;

pub(crate) use client::Client;
pub(crate) use interim::Interim;
pub(crate) use serve::serve;
pub(crate) use times::Times;
