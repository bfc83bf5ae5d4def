//! HTTP in and out: the listener, the proxy and the pooled connections to endpoints.
