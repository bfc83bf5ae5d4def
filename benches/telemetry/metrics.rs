//! What a request pays for being counted and timed, beside bound instruments of OpenTelemetry.

use std::hint::black_box;
use std::time::Duration;

use hedgerow_actors::histogram::{Histogram, buckets};
use hedgerow_benches::Contest;
use hedgerow_gate::Tally;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, MeterProvider as _};
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};

/// As the times of endpoints are counted: four buckets for each doubling.
const BUCKETS: usize = buckets(2, 21);
type Times = Histogram<64_000, 2, BUCKETS>;

/// How long a request took, another one each time.
fn took(number: u64) -> Duration {
    Duration::from_micros(black_box(100 + number % 5_000))
}

/// A counter and a histogram, on a line of each thread's own.
#[derive(Default)]
pub(crate) struct Ours {
    requests: Tally<1>,
    times: Tally<BUCKETS>,
}

impl Ours {
    fn count(&self, number: u64) {
        self.requests.add(0);
        self.times.add(Times::bucket(took(number)));
    }
}

/// The same by the SDK, with attributes that were bound before.
pub(crate) struct Theirs {
    requests: BoundCounter<u64>,
    times: BoundHistogram<f64>,
    _provider: SdkMeterProvider,
}

impl Theirs {
    pub(crate) fn new() -> Self {
        let provider = SdkMeterProvider::builder()
            .with_reader(ManualReader::builder().build())
            .build();
        let meter = provider.meter("bench");
        let upstream = [KeyValue::new("hedgerow.upstream", "payments")];
        let requests = meter.u64_counter("requests").build().bind(&upstream);
        let times = meter
            .f64_histogram("http.server.request.duration")
            .build()
            .bind(&upstream);
        Self {
            requests,
            times,
            _provider: provider,
        }
    }

    fn count(&self, number: u64) {
        self.requests.add(1);
        self.times.record(took(number).as_secs_f64());
    }
}

/// Both, beside what makes up the time that they are told.
pub(crate) fn contest<'a>(contest: Contest<'a>, ours: &'a Ours, theirs: &'a Theirs) -> Contest<'a> {
    contest
        .contestant("no metrics", |count| {
            (0..count).for_each(|number| {
                black_box(took(number));
            });
        })
        .contestant("with metrics", |count| {
            (0..count).for_each(|number| ours.count(number))
        })
        .contestant("the SDK's bound counter and histogram", |count| {
            (0..count).for_each(|number| theirs.count(number));
        })
}
