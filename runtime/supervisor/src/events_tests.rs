//! The stream: what is kept, who follows it, and what waits for the journal.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn the_oldest_events_make_room_and_the_numbers_go_on() {
    let events = Events::new(Clock::start());
    let path = Path::root("root");
    for _ in 0..KEPT + 5 {
        events.emit("test", &path, None, "because", Persistence::Volatile);
    }
    let kept = events.since(0);
    assert_eq!((kept.len(), kept[0].seq), (KEPT, 6));
    assert_eq!(events.since(KEPT as u64 + 3).len(), 2);
}

#[test]
fn a_follower_misses_nothing_and_sees_nothing_twice() {
    let events = Events::new(Clock::start());
    let path = Path::root("root");
    events.emit("test", &path, None, "1", Persistence::Volatile);
    let (past, mut live) = events.follow(0);
    events.emit("test", &path, None, "2", Persistence::Durable);
    assert_eq!(past.iter().map(|event| event.seq).collect::<Vec<_>>(), [1]);
    let next = live.try_recv().expect("the second was sent");
    assert_eq!((next.seq, next.persisted), (2, true));
}

type Answer = Box<dyn FnOnce(bool) + Send>;

/// A journal that answers when the test says so.
#[derive(Default)]
struct Held {
    answers: Mutex<VecDeque<(u64, Answer)>>,
    ended: Mutex<Option<u64>>,
}

impl Journal for Held {
    fn append(&self, event: &Event, kept: Answer) -> bool {
        let taken = event.cause != "refused";
        if taken {
            self.answers.lock().unwrap().push_back((event.seq, kept));
        }
        taken
    }

    fn end(&self, last: u64) {
        *self.ended.lock().unwrap() = Some(last);
    }
}

impl Held {
    fn answer(&self, seq: u64, durable: bool) {
        let mut answers = self.answers.lock().unwrap();
        let at = answers.iter().position(|(of, _)| *of == seq).unwrap();
        let (_, kept) = answers.remove(at).unwrap();
        drop(answers);
        kept(durable);
    }
}

fn journaled(past: Vec<Event>, next: u64) -> (Events, Arc<Held>) {
    let (events, journal) = (Events::new(Clock::start()), Arc::new(Held::default()));
    events.resume(journal.clone(), past, next);
    (events, journal)
}

fn emit(events: &Events, cause: &str, persistence: Persistence) {
    events.emit("test", &Path::root("root"), None, cause, persistence);
}

fn told(events: &Events) -> Vec<(u64, bool)> {
    events
        .since(0)
        .iter()
        .map(|event| (event.seq, event.persisted))
        .collect()
}

#[test]
fn an_event_is_told_as_persisted_when_the_journal_has_it_and_those_after_it_wait_for_their_turn() {
    let (events, journal) = journaled(Vec::new(), 1);
    let (_, mut live) = events.follow(0);
    emit(&events, "1", Persistence::Volatile);
    emit(&events, "2", Persistence::Durable);
    emit(&events, "3", Persistence::Volatile);
    emit(&events, "4", Persistence::Durable);
    assert_eq!(told(&events), [(1, false)]);
    journal.answer(4, true);
    assert_eq!(told(&events), [(1, false)], "the second goes first");
    journal.answer(2, true);
    assert_eq!(told(&events), [(1, false), (2, true), (3, false), (4, true)]);
    let live: Vec<u64> = std::iter::from_fn(|| live.try_recv().ok())
        .map(|event| event.seq)
        .collect();
    assert_eq!(live, [1, 2, 3, 4]);
    assert_eq!(events.emitted(), 4);
}

#[test]
fn an_event_that_the_journal_could_not_keep_or_did_not_take_is_told_as_not_persisted() {
    let (events, journal) = journaled(Vec::new(), 1);
    emit(&events, "1", Persistence::Durable);
    emit(&events, "refused", Persistence::Durable);
    journal.answer(1, false);
    assert_eq!(told(&events), [(1, false), (2, false)]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_waits_too_long_for_the_journal_is_told_without_it() {
    let (events, journal) = journaled(Vec::new(), 1);
    emit(&events, "1", Persistence::Durable);
    events.hurry();
    assert_eq!(told(&events), []);
    tokio::time::advance(KEPT_WITHIN).await;
    events.hurry();
    assert_eq!(told(&events), [(1, false)]);
    journal.answer(1, true);
    assert_eq!(told(&events), [(1, false)], "told once");
}

#[test]
fn no_more_events_wait_for_the_journal_than_are_kept() {
    let (events, _journal) = journaled(Vec::new(), 1);
    for _ in 0..KEPT + 3 {
        emit(&events, "1", Persistence::Durable);
    }
    assert_eq!(told(&events), [(1, false), (2, false), (3, false)]);
}

#[test]
fn the_stream_goes_on_with_the_events_and_the_numbers_of_the_life_before() {
    let (before, _) = journaled(Vec::new(), 1);
    for _ in 0..KEPT {
        emit(&before, "before", Persistence::Volatile);
    }
    let mut past: Vec<Event> = before.since(0).iter().map(|event| Event::clone(event)).collect();
    past.insert(0, past[0].clone());
    let (events, journal) = journaled(past, 5_000);
    assert_eq!((events.since(0).len(), events.emitted()), (KEPT, 0));
    emit(&events, "after", Persistence::Volatile);
    let told = events.since(KEPT as u64 - 1);
    let seqs: Vec<u64> = told.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [KEPT as u64, 5_000]);
    events.end();
    assert_eq!(*journal.ended.lock().unwrap(), Some(5_000));
}
