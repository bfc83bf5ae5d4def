//! The SDK of OpenTelemetry, as a program calls it that records a span for each request.

use std::future::{self, Future};

use opentelemetry::trace::{Span as _, SpanKind, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider, Span, SpanData, SpanExporter};

/// Takes batches, and lets go of them.
#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    fn export(&self, _: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        future::ready(Ok(()))
    }
}

/// A tracer with a batch processor, as it comes.
pub(crate) struct Sdk {
    tracer: SdkTracer,
    _provider: SdkTracerProvider,
}

impl Sdk {
    fn with(sampler: Sampler) -> Self {
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_batch_exporter(Nowhere)
            .build();
        Self {
            tracer: provider.tracer("bench"),
            _provider: provider,
        }
    }

    pub(crate) fn sampling_nothing() -> Self {
        Self::with(Sampler::AlwaysOff)
    }

    pub(crate) fn sampling_all() -> Self {
        Self::with(Sampler::AlwaysOn)
    }

    /// A span with what a chain says of the same request, which ends where it is dropped.
    pub(crate) fn span(&self) -> Ended {
        let builder = self.tracer.span_builder("GET").with_kind(SpanKind::Server);
        let mut span = self.tracer.build_with_context(builder, &Context::new());
        if span.is_recording() {
            span.set_attribute(KeyValue::new("server.address", "shop.example"));
            span.set_attribute(KeyValue::new("server.port", 8_080));
            span.set_attribute(KeyValue::new("network.protocol.version", "1.1"));
            span.set_attribute(KeyValue::new("http.request.method", "GET"));
            span.set_attribute(KeyValue::new("url.path", "/pay/orders/4711".to_owned()));
            span.set_attribute(KeyValue::new("http.response.status_code", 200));
            span.set_attribute(KeyValue::new("hedgerow.revision", 1));
        }
        Ended(span)
    }
}

/// A span that is ended where this is dropped.
pub(crate) struct Ended(Span);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.end();
    }
}
