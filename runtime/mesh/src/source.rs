//! Reads the config file.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use hedgerow_config::{Format, Revision, Source};

use crate::error::{Error, UnreadableConfig};

/// A config may be this large, in bytes; the parser refuses more.
const LIMIT: u64 = 1024 * 1024;

/// Reads and checks the file at `path`.
///
/// # Errors
/// Where it cannot be read, or has mistakes: all of them.
pub(crate) fn read(path: &Path) -> Result<Revision, Error> {
    let text = text(path).map_err(|why| Error::ConfigFile {
        path: path.to_owned(),
        why,
    })?;
    parse(&path.display().to_string(), &text)
}

/// Checks a config. Its name says the format, and stands in its errors.
///
/// # Errors
/// Where it has mistakes: all of them.
pub(crate) fn parse(name: &str, text: &str) -> Result<Revision, Error> {
    let source = Source {
        name,
        text,
        format: Format::guess(name),
    };
    Revision::parse(&source, &|variable| std::env::var(variable).ok()).map_err(Error::Config)
}

fn text(path: &Path) -> Result<String, UnreadableConfig> {
    // Asked before it is opened: opening a pipe would wait for its writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(UnreadableConfig::NoFile);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(UnreadableConfig::TooLarge { limit: LIMIT });
    }
    String::from_utf8(bytes).map_err(|error| UnreadableConfig::NoText {
        at: error.utf8_error().valid_up_to(),
    })
}
