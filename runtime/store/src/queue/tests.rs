#![allow(clippy::unwrap_used)]

use super::*;

fn waiter() -> (Waiter, oneshot::Receiver<Result<Saved, SaveError>>) {
    let (sender, receiver) = oneshot::channel();
    (Waiter::Reply(sender), receiver)
}

fn save(queue: &mut Queue, key: &str, value: &[u8]) -> Result<(), Full> {
    queue.write(key.as_bytes().to_vec(), Some(value.to_vec()), || waiter().0)
}

fn load() -> Read {
    Read::Load(Key::new("k", "n", ["p"]).unwrap(), oneshot::channel().0)
}

fn put(key: &str, value: &[u8]) -> Change {
    Change::Put {
        key: key.as_bytes().to_vec(),
        record: value.to_vec(),
    }
}

fn commit(step: Step) -> Commit {
    match step {
        Step::Write(run) => run.into_commit(),
        Step::Read(read) => panic!("a read where a run was expected: {read:?}"),
    }
}

#[test]
fn the_newest_of_a_key_wins_and_all_who_asked_wait_for_it() {
    let mut queue = Queue::default();
    let (first, _first) = waiter();
    let (second, _second) = waiter();
    queue.write(b"a".to_vec(), Some(b"1".to_vec()), || first).unwrap();
    save(&mut queue, "b", b"1").unwrap();
    queue.write(b"a".to_vec(), None, || second).unwrap();
    let mut steps = queue.take();
    assert_eq!(steps.len(), 1);
    let commit = commit(steps.pop_front().unwrap());
    assert_eq!(
        commit.batch,
        [Change::Remove { key: b"a".to_vec() }, put("b", b"1")]
    );
    assert_eq!((commit.asked, commit.waiters.len()), (3, 3));
}

#[test]
fn a_read_keeps_earlier_and_later_changes_of_a_key_apart() {
    let mut queue = Queue::default();
    save(&mut queue, "a", b"1").unwrap();
    queue.read(load()).unwrap();
    save(&mut queue, "a", b"2").unwrap();
    let steps: Vec<Step> = queue.take().into();
    let [before, Step::Read(_), after] = <[Step; 3]>::try_from(steps).unwrap() else {
        panic!("the read is not in the middle");
    };
    assert_eq!(commit(before).batch, [put("a", b"1")]);
    assert_eq!(commit(after).batch, [put("a", b"2")]);
}

#[test]
fn a_million_saves_of_one_key_whose_savers_gave_up_keep_one_record_and_few_waiters() {
    let mut queue = Queue::default();
    for round in 0..1_000_000_u32 {
        save(&mut queue, "a", &round.to_le_bytes()).unwrap();
    }
    assert_eq!((queue.entries, queue.bytes), (1, 5));
    let commit = commit(queue.take().pop_front().unwrap());
    assert_eq!(commit.batch, [put("a", &999_999_u32.to_le_bytes())]);
    assert_eq!(commit.asked, 1_000_000);
    assert!(commit.waiters.len() <= 8, "{} waiters", commit.waiters.len());
}

#[test]
fn a_full_queue_refuses_new_keys_and_reads_but_takes_newer_values() {
    let mut queue = Queue::default();
    for key in 0..MAX_QUEUED {
        save(&mut queue, &key.to_string(), b"x").unwrap();
    }
    let full = save(&mut queue, "one more", b"x").unwrap_err();
    assert_eq!(full.entries, MAX_QUEUED);
    assert_eq!(queue.read(load()).unwrap_err().entries, MAX_QUEUED);
    save(&mut queue, "0", b"y").unwrap();
    queue.take();
    assert!(queue.is_empty());
    save(&mut queue, "one more", b"x").unwrap();
}

#[test]
fn a_queue_full_of_bytes_refuses_growth_and_takes_smaller_values() {
    let mut queue = Queue::default();
    let half = vec![0; MAX_QUEUED_BYTES / 2 - 1];
    save(&mut queue, "a", &half).unwrap();
    save(&mut queue, "b", &half).unwrap();
    assert_eq!(save(&mut queue, "c", b"").unwrap_err().bytes, MAX_QUEUED_BYTES);
    assert!(save(&mut queue, "a", &vec![0; half.len() + 1]).is_err());
    save(&mut queue, "a", b"small").unwrap();
    save(&mut queue, "c", b"").unwrap();
}
