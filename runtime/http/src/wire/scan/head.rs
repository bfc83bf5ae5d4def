//! An answer's head, line by line as it comes.

use super::status::{self, Status};
use crate::guard::{Framed, Framing, Grounds, Refused, lines};

/// Bytes of all field lines together, with their ends.
const FIELDS: usize = 64 * 1024;
/// Field lines: as many as the client's side of hyper takes.
pub(super) const COUNT: usize = 100;

/// The place in a head, in bytes from its start.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Bytes that have been looked at.
    at: usize,
    /// Where the present line begins.
    start: usize,
    /// The status, and where its line ends.
    status: Option<(Status, usize)>,
    framed: Framed,
    count: usize,
}

/// What a whole head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) bytes: usize,
    pub(super) code: u16,
    /// `None` where the fields do not say it.
    pub(super) framing: Option<Framing>,
}

impl Head {
    /// Reads on. `bytes` begins with the head each time. `None` where more must come.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<Option<Whole>, Refused> {
        loop {
            self.at += lines::text(&bytes[self.at..]);
            // Before the end is looked at: the verdict must not depend on how much has come.
            self.check_start(bytes)?;
            if !lines::is_end(&bytes[self.at..])? {
                return Ok(None);
            }
            let line = &bytes[self.start..self.at];
            self.at += "\r\n".len();
            self.start = self.at;
            match &self.status {
                None => self.status = Some((status::read(line)?, self.at)),
                Some((status, _)) if line.is_empty() => {
                    return Ok(Some(Whole {
                        bytes: self.at,
                        code: status.code,
                        framing: self.framed.told()?,
                    }));
                }
                Some((status, _)) => {
                    let (name, value) = lines::name_and_value(line)?;
                    self.framed.take(name, value, status.version)?;
                    self.count += 1;
                    if self.count > COUNT {
                        return Err(large(format!("{COUNT} fields")));
                    }
                }
            }
        }
    }

    fn check_start(&self, bytes: &[u8]) -> Result<(), Refused> {
        match &self.status {
            None => status::check_start(&bytes[self.start..self.at]),
            Some((_, fields)) if self.at - fields > FIELDS => Err(large(format!("{FIELDS} bytes of fields"))),
            Some(_) => Ok(()),
        }
    }
}

#[cold]
fn large(limit: String) -> Refused {
    Refused::new(Grounds::FieldsTooLarge, "answer", limit, "more")
}
