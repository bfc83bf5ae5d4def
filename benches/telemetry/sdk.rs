//! The SDK of OpenTelemetry, as a program calls it that records a span for each request.

use std::future::{self, Future};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{Span as _, SpanKind, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, Span, SpanData,
    SpanExporter,
};

/// Takes batches, counts what is in them, and lets go of them.
#[derive(Debug)]
struct Nowhere(Arc<AtomicU64>);

impl SpanExporter for Nowhere {
    fn export(&self, spans: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        self.0.fetch_add(spans.len() as u64, Ordering::Relaxed);
        future::ready(Ok(()))
    }
}

/// A tracer with a batch processor that has room for as many spans as a ring of ours, and is woken when it is half full, too.
pub(crate) struct Sdk {
    tracer: SdkTracer,
    provider: SdkTracerProvider,
    exported: Arc<AtomicU64>,
}

impl Sdk {
    pub(crate) fn new(sampler: Sampler, room: usize) -> Self {
        let exported = Arc::default();
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(room)
            .with_max_export_batch_size(room / 2)
            .build();
        let processor = BatchSpanProcessor::builder(Nowhere(Arc::clone(&exported)))
            .with_batch_config(config)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_span_processor(processor)
            .build();
        Self {
            tracer: provider.tracer("bench"),
            provider,
            exported,
        }
    }

    /// How many spans have reached the exporter, now that no more come.
    pub(crate) fn exported(&self) -> u64 {
        if let Err(error) = self.provider.shutdown() {
            println!("the SDK did not shut down: {error}");
        }
        self.exported.load(Ordering::Relaxed)
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
