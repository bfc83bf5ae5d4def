// What the settings of a node look like, by its kind, in the words of the config file. Each is taken as it stands where there is
// an upstream `web`.

export const EXAMPLES = {
  "accessLog": { "kind": "accessLog", "sample": 0.1, "slow": "500ms" },
  "bodyLimit": { "kind": "bodyLimit", "max": 1048576 },
  "concurrency": { "kind": "concurrency", "max": 100, "wait": "100ms", "maxWaiting": 50 },
  "cors": { "kind": "cors", "origins": ["https://shop.example"], "methods": ["GET", "HEAD", "POST"], "headers": ["content-type"], "maxAge": "10m" },
  "deadline": { "kind": "deadline", "default": "15s", "max": "60s" },
  "headers": { "kind": "headers", "request": { "set": { "x-edge": "eu-1" } }, "reply": { "remove": ["server"] } },
  "inject": { "kind": "inject", "header": "x-inject", "allow": ["delay", "abort"] },
  "rateLimit": { "kind": "rateLimit", "perSecond": 500, "burst": 100 },
  "reply": { "kind": "reply", "name": "health", "path": "/health", "body": "well" },
  "requestId": { "kind": "requestId", "keep": "trusted" },
  "rewrite": { "kind": "rewrite", "stripPrefix": "/shop" },
  "route": { "kind": "route", "rules": [{ "path": "/", "upstream": "web" }] },
  "shed": { "kind": "shed", "priority": "header:x-priority", "when": { "inFlight": 200 } },
  "trace": { "kind": "trace", "sample": 0.01 }
};
