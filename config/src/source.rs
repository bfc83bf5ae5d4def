//! The text of a document and what is known about it.

use std::fmt;
use std::path::Path;

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// YAML 1.2.
    Yaml,
    /// JSON as in RFC 8259.
    Json,
    /// TOML 1.
    Toml,
}

impl Format {
    /// The format that the extension stands for: `.json` and `.toml`, in any case; everything else is read as
    /// YAML, which nearly all JSON is too.
    ///
    /// ```
    /// use hedgerow_config::Format;
    ///
    /// assert_eq!(Format::guess("mesh.toml"), Format::Toml);
    /// assert_eq!(Format::guess("mesh.yml"), Format::Yaml);
    /// assert_eq!(Format::guess("/etc/mesh"), Format::Yaml);
    /// ```
    pub fn guess(path: impl AsRef<Path>) -> Self {
        match path.as_ref().extension().and_then(|extension| extension.to_str()) {
            Some(extension) if extension.eq_ignore_ascii_case("json") => Self::Json,
            Some(extension) if extension.eq_ignore_ascii_case("toml") => Self::Toml,
            _ => Self::Yaml,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yaml => "YAML",
            Self::Json => "JSON",
            Self::Toml => "TOML",
        })
    }
}

/// A document that somebody has read already.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// What errors call it; most often the path of the file as the user wrote it.
    pub name: &'a str,
    /// All of it.
    pub text: &'a str,
    /// How it is written.
    pub format: Format,
}
