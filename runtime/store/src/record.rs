//! The envelope of a record: a format version and a checksum before the payload.
//!
//! | bytes | what |
//! |---|---|
//! | 0 | [`FORMAT`], the version of this layout |
//! | 1..5 | CRC-32 (IEEE), little endian, over version, key length, key and payload |
//! | 5.. | the payload |
//!
//! The key is part of the sum, so that a record found under another key is damage.

use thiserror::Error;

use crate::key::Key;

/// The format version that this build writes, and the newest that it reads.
pub const FORMAT: u8 = 1;

const HEADER: usize = 5;

/// Why a stored record gives no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The checksum, the length or the key does not fit what is stored.
    #[error(
        "store record {key} is damaged ({why}); it is not used, and the next save of its key replaces it"
    )]
    Damaged {
        /// The key in its encoded form.
        key: String,
        /// What was observed.
        why: String,
    },
    /// A newer release wrote the record.
    #[error(
        "store record {key} has format {version}, this release reads up to {FORMAT}; \
         run the newer release, or save the key again to replace it"
    )]
    Newer {
        /// The key in its encoded form.
        key: String,
        /// The format version that was found.
        version: u8,
    },
}

/// Wraps `payload` for storage under `key`.
#[must_use]
pub fn encode(key: &Key, payload: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(HEADER + payload.len());
    record.push(FORMAT);
    record.extend_from_slice(&checksum(key, payload).to_le_bytes());
    record.extend_from_slice(payload);
    record
}

/// Returns the payload of a record that was stored under `key`.
///
/// # Errors
/// [`RecordError::Newer`] for a format that this build does not know,
/// [`RecordError::Damaged`] for everything else that [`encode`] would not have written.
pub fn decode<'a>(key: &Key, record: &'a [u8]) -> Result<&'a [u8], RecordError> {
    let damaged = |why: String| RecordError::Damaged {
        key: key.to_string(),
        why,
    };
    let Some((header, payload)) = record.split_first_chunk::<HEADER>() else {
        return Err(damaged(format!(
            "{} bytes, at least {HEADER} are needed",
            record.len()
        )));
    };
    let [version, sum @ ..] = *header;
    match version {
        FORMAT => {}
        0 => return Err(damaged("format 0 was never written".to_owned())),
        version => {
            return Err(RecordError::Newer {
                key: key.to_string(),
                version,
            });
        }
    }
    let (stored, computed) = (u32::from_le_bytes(sum), checksum(key, payload));
    if stored != computed {
        return Err(damaged(format!(
            "checksum {stored:08x} stored, {computed:08x} computed"
        )));
    }
    Ok(payload)
}

fn checksum(key: &Key, payload: &[u8]) -> u32 {
    let key = key.to_bytes();
    let mut sum = crc32fast::Hasher::new();
    sum.update(&[FORMAT]);
    // The length keeps the border between key and payload from moving unseen.
    sum.update(&(key.len() as u64).to_le_bytes());
    sum.update(&key);
    sum.update(payload);
    sum.finalize()
}

#[cfg(test)]
mod broken_tests;
#[cfg(test)]
mod tests;
