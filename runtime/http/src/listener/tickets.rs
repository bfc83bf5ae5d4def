//! How many connections there may be, of all clients and of one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hedgerow_config::Network;
use tokio::sync::Notify;

use super::Options;

/// The tickets of a listener. Taken and given back once a connection, so a lock does no harm.
pub(super) struct Tickets {
    shared: Arc<Shared>,
    most: usize,
    most_of_one: Option<usize>,
    exempt: Vec<Network>,
}

#[derive(Default)]
struct Shared {
    taken: AtomicUsize,
    freed: Notify,
    by_origin: Mutex<HashMap<IpAddr, usize>>,
}

/// The right to a connection. Dropped, it is free again.
pub(super) struct Ticket {
    shared: Arc<Shared>,
    /// Whom it is counted for.
    origin: Option<IpAddr>,
}

/// A client has as many connections as it may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Crowded {
    pub(super) most: usize,
}

impl Tickets {
    pub(super) fn new(options: &Options) -> Self {
        let limits = &options.limits;
        Self {
            shared: Arc::default(),
            most: limits.connections as usize,
            most_of_one: limits.connections_per_address.map(|most| most as usize),
            exempt: options.trusted_hops.clone(),
        }
    }

    /// How many there are.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Whether none is free.
    pub(super) fn are_taken(&self) -> bool {
        self.shared.taken.load(Ordering::Acquire) >= self.most
    }

    /// Waits until one is free. One waits at a time.
    pub(super) async fn free(&self) {
        // A ticket that is freed between the look and the wait leaves a permit.
        while self.are_taken() {
            self.shared.freed.notified().await;
        }
    }

    /// Takes one for a client; and says where the client has too many, whose answer needs one, too.
    pub(super) fn take(&self, client: IpAddr) -> (Ticket, Result<(), Crowded>) {
        self.shared.taken.fetch_add(1, Ordering::AcqRel);
        let mut ticket = Ticket {
            shared: self.shared.clone(),
            origin: None,
        };
        let Some(most) = self.most_of_one else {
            return (ticket, Ok(()));
        };
        if self.exempt.iter().any(|network| network.contains(client)) {
            return (ticket, Ok(()));
        }
        let origin = origin(client);
        let mut by_origin = ticket
            .shared
            .by_origin
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = by_origin.entry(origin).or_default();
        if *count >= most {
            drop(by_origin);
            return (ticket, Err(Crowded { most }));
        }
        *count += 1;
        drop(by_origin);
        ticket.origin = Some(origin);
        (ticket, Ok(()))
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(origin) = self.origin {
            let mut by_origin = self
                .shared
                .by_origin
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(count) = by_origin.get_mut(&origin) {
                *count -= 1;
                if *count == 0 {
                    by_origin.remove(&origin);
                }
            }
        }
        self.shared.taken.fetch_sub(1, Ordering::AcqRel);
        self.shared.freed.notify_one();
    }
}

/// Who a client is, as far as its address tells: whoever has one address of IPv6 has its /64.
fn origin(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use hedgerow_config::ListenerLimits;

    use super::*;

    fn tickets(connections: u32, of_one: Option<u32>) -> Tickets {
        Tickets::new(&Options {
            limits: ListenerLimits {
                connections,
                connections_per_address: of_one,
                ..ListenerLimits::default()
            },
            trusted_hops: vec!["10.0.0.0/8".parse().unwrap()],
            ..Options::default()
        })
    }

    fn at(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_client_has_so_many_and_gets_another_where_one_is_given_back() {
        let tickets = tickets(100, Some(2));
        let (one, _) = tickets.take(at("192.0.2.1"));
        let (_two, second) = tickets.take(at("::ffff:192.0.2.1"));
        assert_eq!(second, Ok(()));
        assert_eq!(tickets.take(at("192.0.2.1")).1, Err(Crowded { most: 2 }));
        assert_eq!(tickets.take(at("192.0.2.2")).1, Ok(()), "another client");
        drop(one);
        assert_eq!(tickets.take(at("192.0.2.1")).1, Ok(()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_client_and_a_trusted_hop_is_many() {
        let tickets = tickets(100, Some(1));
        let _one = tickets.take(at("2001:db8::1"));
        assert_eq!(tickets.take(at("2001:db8::2")).1, Err(Crowded { most: 1 }));
        assert_eq!(tickets.take(at("2001:db8:0:1::2")).1, Ok(()));
        let _hop = tickets.take(at("10.1.2.3"));
        assert_eq!(tickets.take(at("10.1.2.3")).1, Ok(()));
    }

    #[tokio::test]
    async fn who_waits_for_a_berth_gets_the_one_that_is_given_back() {
        let tickets = tickets(1, None);
        tickets.free().await;
        let (ticket, _) = tickets.take(at("192.0.2.1"));
        assert!(tickets.are_taken());
        let mut free = std::pin::pin!(tickets.free());
        std::future::poll_fn(|task| {
            assert!(free.as_mut().poll(task).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        drop(ticket);
        free.await;
        assert!(!tickets.are_taken());
    }
}
