//! Resources that are leased: connections, devices, whatever is made by waiting and is bounded in number.

mod bound;
mod contract;
mod latency;
mod turn;

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
