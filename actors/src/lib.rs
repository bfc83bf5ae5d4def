//! What lives in the tree: breakers, endpoints, upstreams, chains.
