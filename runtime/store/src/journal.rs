//! The journal: the last entries of a stream, with their numbers, across a crash.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{LoadError, SaveError};
use crate::handle::Store;
use crate::key::{Key, KeyError, Prefix};
use crate::record::RecordError;
use crate::reply::Saved;

/// Numbers that are set aside at once, so that a number that may have been seen is never
/// used again after a crash.
pub const RESERVED: u64 = 1_000;

/// More are never kept.
const MOST_ENTRIES: NonZeroU32 = NonZeroU32::new(1_000_000).expect("a million is not zero");

/// The kind of the keys of entries, and of the key that says how the numbers stand.
const ENTRY: &str = "journal";
const MARK: &str = "journalMark";

/// How much a journal keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most entries. Default 1,000; more than 1,000,000 are cut to that.
    pub entries: NonZeroU32,
    /// The most bytes of all payloads. Default 1 MiB. The newest entry is kept whatever its size.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: NonZeroU32::new(1_000).expect("a thousand is not zero"),
            bytes: 1 << 20,
        }
    }
}

impl Limits {
    /// The place after this one, round and round.
    ///
    /// There are two rounds of places. A life that could not read what is there uses the
    /// second one, so that it overwrites nothing that it does not know.
    fn after(&self, place: u32) -> u32 {
        let entries = self.entries.get();
        let begin = if place < entries { 0 } else { entries };
        begin + (place - begin + 1) % entries
    }
}

/// Keeps the last entries of a stream in a [`Store`].
///
/// Appending queues a save and returns: it never waits for the disk. An entry survives
/// `kill -9` once its save was answered [`Saved::Durable`]; one that was not answered yet
/// may or may not. Each entry takes the place of the one [`Limits::entries`] before it, so
/// that a journal never grows, not even in memory while the disk fails.
#[derive(Debug)]
pub struct Journal {
    store: Store,
    name: String,
    limits: Limits,
    standing: Mutex<Standing>,
}

#[derive(Debug)]
struct Standing {
    /// What is kept, oldest first.
    kept: VecDeque<Kept>,
    bytes: usize,
    /// Where the next entry goes. Places are used round and round, whatever the numbers do.
    next_place: u32,
    /// The highest number that was set aside.
    reserved: u64,
}

#[derive(Debug, Clone, Copy)]
struct Kept {
    /// The last part of its key.
    place: u32,
    size: usize,
}

/// What a journal held when it was opened.
#[derive(Debug)]
pub struct Past {
    /// Numbers and payloads, in the order of their numbers.
    pub entries: Vec<(u64, Vec<u8>)>,
    /// Entries that are there and cannot be used.
    pub unusable: Vec<RecordError>,
    /// The number of the next entry: higher than any that was ever used.
    pub next: u64,
    /// How the life before ended.
    pub ended: Ended,
}

/// How the last life of a journal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// There was none.
    Never,
    /// By [`Journal::end`]: nothing is missing.
    InOrder,
    /// By a crash. Entries with numbers after the last that is kept, up to this one, may
    /// have been appended and not have reached the disk.
    Crashed {
        /// The highest number that can have been used.
        last: u64,
    },
    /// It could not be read; nothing is known of it.
    Unread(LoadError),
}

impl Journal {
    /// Opens the journal `name` in `store`, and sets numbers aside.
    ///
    /// Where the store cannot be read now, `unread` gives the next number; it must be
    /// higher than any that a life before can have used, as the Unix time in
    /// milliseconds is.
    ///
    /// # Errors
    /// [`KeyError`] if the name is empty or too long to be part of a key.
    pub async fn open(
        store: &Store,
        name: &str,
        limits: Limits,
        unread: u64,
    ) -> Result<(Self, Past), KeyError> {
        let limits = Limits {
            entries: limits.entries.min(MOST_ENTRIES),
            ..limits
        };
        let mark = Key::new(MARK, name, [""; 0])?;
        // The longest that an entry's key can get, so that none is refused later.
        Key::new(ENTRY, name, [u32::MAX.to_string()])?;
        let (past, kept) = read(store, name, &mark, unread).await;
        let standing = Standing {
            bytes: kept.iter().map(|entry| entry.size).sum(),
            next_place: match past.ended {
                Ended::Unread(_) => limits.entries.get(),
                _ => kept
                    .iter()
                    .rfind(|entry| entry.place < limits.entries.get())
                    .map_or(0, |newest| limits.after(newest.place)),
            },
            kept,
            reserved: past.next + RESERVED,
        };
        let journal = Self {
            store: store.clone(),
            name: name.to_owned(),
            limits,
            standing: Mutex::new(standing),
        };
        journal.trim(&mut journal.standing());
        // Before the first number is seen, it must be certain that it is not used again. A disk
        // that fails is tried again by the store.
        let _ = store
            .save(&mark, Mark::Running(past.next + RESERVED).encode())
            .await;
        Ok((journal, past))
    }

    /// Keeps `payload` as the entry `seq`, in place of the oldest ones where a limit is
    /// reached. Numbers are given in ascending order; some may be left out.
    ///
    /// `answered` is called once, on the store's thread, with whether the entry is on the disk.
    ///
    /// # Errors
    /// [`SaveError`] if the store took nothing; then `answered` is dropped without being called.
    pub fn append(
        &self,
        seq: u64,
        payload: &[u8],
        answered: impl FnOnce(Result<Saved, SaveError>) + Send + 'static,
    ) -> Result<(), SaveError> {
        let mut standing = self.standing();
        if seq + RESERVED / 2 > standing.reserved {
            standing.reserved = seq + RESERVED;
            self.say(Mark::Running(standing.reserved));
        }
        let mut entry = Vec::with_capacity(SEQ + payload.len());
        entry.extend_from_slice(&seq.to_le_bytes());
        entry.extend_from_slice(payload);
        let (place, size) = (standing.next_place, payload.len());
        self.store.save_then(&self.key(place), &entry, answered)?;
        // When the journal is full, this is the oldest.
        if let Some(at) = standing.kept.iter().position(|entry| entry.place == place)
            && let Some(replaced) = standing.kept.remove(at)
        {
            standing.bytes -= replaced.size;
        }
        standing.kept.push_back(Kept { place, size });
        standing.bytes += size;
        standing.next_place = self.limits.after(place);
        self.trim(&mut standing);
        Ok(())
    }

    /// Says that `last` was the last number and that nothing is missing. Call it before the
    /// store is closed.
    pub fn end(&self, last: u64) {
        self.say(Mark::Ended(last));
    }

    /// Removes the oldest entries until the limits hold.
    fn trim(&self, standing: &mut Standing) {
        let entries = self.limits.entries.get() as usize;
        while standing.kept.len() > 1 && (standing.kept.len() > entries || standing.bytes > self.limits.bytes)
        {
            let Some(oldest) = standing.kept.pop_front() else {
                return;
            };
            standing.bytes -= oldest.size;
            // One that stays because of a full queue is overwritten in its turn.
            drop(self.store.delete(&self.key(oldest.place)));
        }
    }

    fn key(&self, place: u32) -> Key {
        let place = place.to_string();
        Key::new(ENTRY, &self.name, [place]).expect("the longest of these was tried when it was opened")
    }

    fn say(&self, mark: Mark) {
        let key = Key::new(MARK, &self.name, [""; 0]).expect("it was made when it was opened");
        drop(self.store.save(&key, mark.encode()));
    }

    /// A panic under this lock leaves a count that is wrong by one entry at most.
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of a number before its payload.
const SEQ: usize = 8;

/// How the numbers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// In use; numbers up to this one may have been.
    Running(u64),
    /// The last number.
    Ended(u64),
}

impl Mark {
    fn encode(self) -> [u8; 9] {
        let (what, seq) = match self {
            Self::Running(reserved) => (0, reserved),
            Self::Ended(last) => (1, last),
        };
        let mut bytes = [what; 9];
        bytes[1..].copy_from_slice(&seq.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (what, seq) = bytes.split_first()?;
        let seq = u64::from_le_bytes(seq.try_into().ok()?);
        match what {
            0 => Some(Self::Running(seq)),
            1 => Some(Self::Ended(seq)),
            _ => None,
        }
    }
}

async fn read(store: &Store, name: &str, mark: &Key, unread: u64) -> (Past, VecDeque<Kept>) {
    let found = match store.scan(&Prefix::name(ENTRY, name)).await {
        Ok(found) => found,
        Err(error) => return (nothing(unread, error), VecDeque::new()),
    };
    let mut placed = Vec::with_capacity(found.records.len());
    for (key, record) in found.records {
        let place = key.parts().first().and_then(|place| place.parse().ok());
        // The store has checked the sum: what has no place or no number was not written here.
        if let (Some(place), Some((seq, payload))) = (place, record.split_first_chunk::<SEQ>()) {
            let size = payload.len();
            placed.push((u64::from_le_bytes(*seq), payload.to_vec(), Kept { place, size }));
        }
    }
    placed.sort_unstable_by_key(|(seq, _, _)| *seq);
    let kept = placed.iter().map(|(_, _, kept)| *kept).collect();
    let entries: Vec<_> = placed
        .into_iter()
        .map(|(seq, payload, _)| (seq, payload))
        .collect();
    let newest = entries.last().map_or(0, |(seq, _)| *seq);
    let (last, ended) = match store.load(mark).await {
        Ok(None) if entries.is_empty() && found.unusable.is_empty() => (0, Ended::Never),
        Ok(Some(bytes)) => match Mark::decode(&bytes) {
            Some(Mark::Ended(last)) if last >= newest => (last, Ended::InOrder),
            Some(Mark::Running(last) | Mark::Ended(last)) => {
                let last = last.max(newest);
                (last, Ended::Crashed { last })
            }
            None => crashed_unmarked(newest),
        },
        // A mark that is damaged or gone says nothing; what is there still tells the order.
        Ok(None) | Err(LoadError::Record(_)) => crashed_unmarked(newest),
        Err(error) => return (nothing(unread, error), VecDeque::new()),
    };
    let past = Past {
        entries,
        unusable: found.unusable,
        next: last + 1,
        ended,
    };
    (past, kept)
}

fn crashed_unmarked(newest: u64) -> (u64, Ended) {
    let last = newest + RESERVED;
    (last, Ended::Crashed { last })
}

fn nothing(unread: u64, error: LoadError) -> Past {
    Past {
        entries: Vec::new(),
        unusable: Vec::new(),
        next: unread,
        ended: Ended::Unread(error),
    }
}
