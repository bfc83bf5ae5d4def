"""Takes what is exported over OTLP/HTTP, decodes it by the official protocol buffers, and prints each export as a line of JSON.

With a number as its argument it says of each export that it has rejected so many.
"""

import base64
import http.server
import json
import sys
import threading

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

TAKEN = {
    "/v1/logs": ("logs", logs.ExportLogsServiceRequest, logs.ExportLogsServiceResponse),
    "/v1/metrics": ("metrics", metrics.ExportMetricsServiceRequest, metrics.ExportMetricsServiceResponse),
    "/v1/traces": ("traces", traces.ExportTraceServiceRequest, traces.ExportTraceServiceResponse),
}
REJECTED = {"logs": "rejected_log_records", "metrics": "rejected_data_points", "traces": "rejected_spans"}
REJECTS = int(sys.argv[1]) if len(sys.argv) > 1 else 0
IDS = {"traceId", "spanId", "parentSpanId"}

# Exports come at once, and a line is one of them.
ALONE = threading.Lock()


def readable(value):
    """Ids as hexadecimal digits, as everybody writes them."""
    if isinstance(value, list):
        return [readable(item) for item in value]
    if isinstance(value, dict):
        return {
            key: base64.b64decode(item).hex() if key in IDS else readable(item)
            for key, item in value.items()
        }
    return value


class Collector(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path not in TAKEN or self.headers["content-type"] != "application/x-protobuf":
            self.send_error(404)
            return
        signal, request, response = TAKEN[self.path]
        decoded = readable(MessageToDict(request.FromString(body)))
        with ALONE:
            print(json.dumps({"signal": signal, "export": decoded}), flush=True)
        said = response()
        if REJECTS:
            setattr(said.partial_success, REJECTED[signal], REJECTS)
            said.partial_success.error_message = "no room for more"
        answer = said.SerializeToString()
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Says nothing: the output is for what was decoded."""


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
print(server.server_address[1], flush=True)
server.serve_forever()
