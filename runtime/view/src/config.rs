//! What the mesh was asked for, as `GET /api/config` shows it.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The revision in force.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigView {
    /// Where it came from.
    pub source: ConfigSource,
    /// What errors call the document: the path of the file as it was given. Absent where the mesh was declared in code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The highest revision that requests of a chain run under: 1 until a chain is edited.
    pub revision: u64,
    /// The chains with edits that are kept, which the document does not have: `/api/chains` shows their nodes as they are.
    pub edited: Vec<String>,
    /// The document as it was read, in the shape of the file: what flags replace is replaced, each default is said, and what may be a
    /// secret is `***`. Absent where the mesh was declared in code: `/api/tree` shows what it is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub config: Option<Value>,
}

impl ConfigView {
    /// A document as it was read.
    pub fn read(source: ConfigSource, name: impl Into<String>, config: Value) -> Self {
        Self {
            source,
            name: Some(name.into()),
            revision: 1,
            edited: Vec::new(),
            config: Some(config),
        }
    }

    /// A mesh that was declared in code.
    pub fn code() -> Self {
        Self {
            source: ConfigSource::Code,
            name: None,
            revision: 1,
            edited: Vec::new(),
            config: None,
        }
    }
}

/// Where a config came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ConfigSource {
    /// From a file.
    File,
    /// From a text that the program had in memory.
    Text,
    /// It was declared in code.
    Code,
}
