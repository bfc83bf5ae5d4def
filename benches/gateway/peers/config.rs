//! What each of them is told to do.

use std::net::SocketAddr;

use hedgerow_benches::peers::EnvoyConfig;

use super::contestant::Contestant;

/// Ours as it comes.
pub(crate) fn hedgerow(upstream: SocketAddr) -> String {
    format!(
        "version: 1\n\
         listeners: [ {{ bind: \"127.0.0.1:0\", chain: edge }} ]\n\
         chains: {{ edge: {{ nodes: [ {{ kind: route, rules: [ {{ path: /, upstream: target }} ] }} ] }} }}\n\
         upstreams: {{ target: {{ endpoints: [ \"{upstream}\" ] }} }}\n"
    )
}

/// Ours with all that keeps endpoints and clients from each other, with limits that this load does not reach.
pub(crate) fn hedgerow_all(upstream: SocketAddr) -> String {
    format!(
        r#"version: 1
listeners: [ {{ bind: "127.0.0.1:0", chain: edge }} ]
chains:
  edge:
    nodes:
      - {{ kind: accessLog, sample: 0, to: stderr }}
      - {{ kind: trace, sample: 0 }}
      - {{ kind: requestId }}
      - {{ kind: rateLimit, perSecond: 1000000, key: address }}
      - {{ kind: shed, priority: "header:x-priority", when: {{ inFlight: 10000, latency: 5s }} }}
      - {{ kind: concurrency, max: 10000 }}
      - {{ kind: bodyLimit, max: 1048576 }}
      - {{ kind: deadline, default: 15s }}
      - {{ kind: headers, request: {{ set: {{ x-edge: bench }} }}, reply: {{ set: {{ x-served-by: bench }} }} }}
      - {{ kind: route, rules: [ {{ path: /, upstream: target }} ] }}
upstreams:
  target:
    endpoints: [ "{upstream}" ]
    retry: {{ maxRetries: 1, budget: {{ ratio: 0.2, min: 3 }} }}
    breaker: {{ per: endpoint, slowCall: {{ over: 1s, rate: 0.5 }} }}
    pool: {{ slo: {{ p95Latency: 1s, errorRate: 0.1 }} }}
    outlier: {{ consecutive: 5, successRate: {{ factor: 1.9 }}, latency: {{ factor: 3 }} }}
    healthChecks: [ {{ kind: http, path: /bench, every: 2s }} ]
"#
    )
}

/// That of a peer; ours have theirs.
pub(super) fn of_peer(contestant: Contestant, listen: SocketAddr, upstream: SocketAddr) -> String {
    match contestant {
        Contestant::HaproxyResilient => {
            haproxy(listen, upstream, HAPROXY_FRONT, HAPROXY_BACK, HAPROXY_SERVER)
        }
        Contestant::NginxPlain => nginx(listen, upstream, "", "", ""),
        Contestant::NginxLimits => nginx(
            listen,
            upstream,
            NGINX_ZONES,
            NGINX_LIMITS,
            " max_fails=5 fail_timeout=1s max_conns=1000",
        ),
        Contestant::EnvoyPlain => envoy(listen, upstream, &[], "", ""),
        Contestant::EnvoyResilient => envoy(listen, upstream, ENVOY_ROUTE, ENVOY_FILTERS, ENVOY_CLUSTER),
        _ => haproxy(listen, upstream, "", "", ""),
    }
}

/// A rate for each address, and an id for each request.
const HAPROXY_FRONT: &str = "  stick-table type ip size 100k expire 30s store http_req_rate(10s)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000000 }
  unique-id-format %{+X}o\\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid
  unique-id-header x-request-id
  http-request set-header x-edge bench
  http-response set-header x-served-by bench
";
const HAPROXY_BACK: &str = "  option forwardfor
  option httpchk
  http-check send meth GET uri /bench ver HTTP/1.1 hdr host target.test
  retries 1
  option redispatch
  retry-on conn-failure empty-response response-timeout 500 502 503 504
";
const HAPROXY_SERVER: &str = " maxconn 1000 check inter 2s observe layer7 error-limit 5 on-error mark-down";

fn haproxy(listen: SocketAddr, upstream: SocketAddr, front: &str, back: &str, server: &str) -> String {
    format!(
        "global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 1s
  timeout client 75s
  timeout server 15s
  timeout queue 5s
  timeout http-request 10s
frontend edge
  bind {listen}
{front}  default_backend target
backend target
  http-reuse always
{back}  server one {upstream}{server}
"
    )
}

/// A rate and a number of connections for each address.
const NGINX_ZONES: &str = "limit_req_zone $binary_remote_addr zone=rate:10m rate=1000000r/s;
  limit_conn_zone $binary_remote_addr zone=connections:10m;
";
const NGINX_LIMITS: &str = "limit_req zone=rate burst=100000 nodelay;
      limit_conn connections 10000;
      client_max_body_size 1m;
      proxy_next_upstream error timeout http_500 http_502 http_503 http_504;
      proxy_next_upstream_tries 2;
      proxy_connect_timeout 1s;
      proxy_read_timeout 15s;
      proxy_set_header x-forwarded-for $proxy_add_x_forwarded_for;
      proxy_set_header x-request-id $request_id;
      proxy_set_header x-edge bench;
      add_header x-served-by bench;
";

fn nginx(listen: SocketAddr, upstream: SocketAddr, zones: &str, limits: &str, server: &str) -> String {
    format!(
        "daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
events {{ worker_connections 10000; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path client;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  {zones}upstream target {{
    zone target 256k;
    server {upstream}{server};
    keepalive 128;
    keepalive_requests 1000000000;
  }}
  server {{
    listen {listen};
    location / {{
      proxy_pass http://target;
      proxy_http_version 1.1;
      proxy_set_header connection \"\";
      proxy_set_header host $host;
      {limits}    }}
  }}
}}
"
    )
}

const ENVOY_ROUTE: &[&str] = &[
    "timeout: 15s",
    "retry_policy: { retry_on: \"5xx,reset,connect-failure\", num_retries: 1 }",
];

/// A rate for all.
const ENVOY_FILTERS: &str = r#"          - name: envoy.filters.http.local_ratelimit
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
              stat_prefix: rate
              token_bucket: { max_tokens: 100000000, tokens_per_fill: 100000000, fill_interval: 1s }
              filter_enabled: { default_value: { numerator: 100 } }
              filter_enforced: { default_value: { numerator: 100 } }
"#;
const ENVOY_CLUSTER: &str = "    circuit_breakers: { thresholds: [ { max_connections: 1000, max_pending_requests: 1024, max_requests: 10000, retry_budget: { budget_percent: { value: 20 }, min_retry_concurrency: 3 } } ] }
    outlier_detection: { consecutive_5xx: 5, max_ejection_percent: 100 }
    health_checks: [ { timeout: 1s, interval: 2s, unhealthy_threshold: 3, healthy_threshold: 2, http_health_check: { path: /bench } } ]
";

fn envoy(listen: SocketAddr, upstream: SocketAddr, route: &[&str], filters: &str, cluster: &str) -> String {
    let config = EnvoyConfig {
        listen,
        endpoints: &[upstream],
        route,
        filters,
        cluster: &format!("    connect_timeout: 1s\n{cluster}"),
    };
    config.to_string()
}
