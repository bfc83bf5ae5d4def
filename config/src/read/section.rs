//! A map with a fixed set of keys.

use super::{Field, Keys};
use crate::KeyPath;
use crate::document::{Entry, Value, without_unit};
use crate::error::{ProblemKind, Problems};
use crate::nearest::nearest;
use crate::position::Position;

/// A map whose keys have been checked.
pub(super) struct Section<'t> {
    path: KeyPath,
    at: Position,
    entries: &'t [Entry],
}

impl<'t> Section<'t> {
    /// The map in `field`; reports keys that do not exist, or that this version does not act on.
    pub(super) fn open(
        field: &Field<'t>,
        keys: &Keys,
        example: &str,
        problems: &mut Problems,
    ) -> Option<Self> {
        let section = Self::peek(field, example, problems)?;
        section.check_keys(keys, problems);
        Some(section)
    }

    /// The map in `field`, its keys unchecked.
    pub(super) fn peek(field: &Field<'t>, example: &str, problems: &mut Problems) -> Option<Self> {
        let section = Self::opened(field);
        if section.is_none() {
            field.unexpected("a map", format!("write for example `{example}`"), problems);
        }
        section
    }

    /// The map in `field`, if it is one, its keys unchecked.
    pub(super) fn opened(field: &Field<'t>) -> Option<Self> {
        let Value::Map(entries) = &field.node.value else {
            return None;
        };
        Some(Self {
            path: field.path.clone(),
            at: field.at,
            entries,
        })
    }

    pub(super) fn check_keys(&self, keys: &Keys, problems: &mut Problems) {
        for entry in self.entries {
            let key = entry.key.as_str();
            if keys.built().any(|built| built == key) {
                continue;
            }
            let kind = if keys.planned().any(|planned| planned == without_unit(key)) {
                let (what, advice) = (key.to_owned(), "remove it".to_owned());
                ProblemKind::NotBuilt { what, advice }
            } else {
                let nearest = if problems.is_full() {
                    None
                } else {
                    nearest(key, keys.built())
                };
                ProblemKind::UnknownKey {
                    key: super::field::shortened(key),
                    nearest: nearest.map(str::to_owned),
                    known: keys.built().collect(),
                }
            };
            problems.report(entry.at, &self.path.key(key), kind);
        }
    }

    /// The value of `key`, if it is there.
    pub(super) fn field(&self, key: &str) -> Option<Field<'t>> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Field {
            path: self.path.key(key),
            at: entry.at,
            node: &entry.value,
        })
    }

    /// The value of `key`; reports that it is missing.
    pub(super) fn require(
        &self,
        key: &'static str,
        example: &'static str,
        problems: &mut Problems,
    ) -> Option<Field<'t>> {
        let field = self.field(key);
        if field.is_none() {
            problems.report(
                self.at,
                &self.path.key(key),
                ProblemKind::Missing { key, example },
            );
        }
        field
    }

    /// The value of `key` or of `key` with its unit at the end, and which of the two it is; reports both.
    pub(super) fn either(&self, key: &str, unit: &str, problems: &mut Problems) -> Option<Either<'t>> {
        let with_unit = format!("{key}{unit}");
        match (self.field(key), self.field(&with_unit)) {
            (None, None) => None,
            (Some(field), None) => Some(Either::Plain(field)),
            (None, Some(field)) => Some(Either::WithUnit(field)),
            (Some(plain), Some(other)) => {
                let (key, with_unit) = (key.to_owned(), with_unit);
                let (at, path, first, second) = if plain.at < other.at {
                    (other.at, &other.path, key, with_unit)
                } else {
                    (plain.at, &plain.path, with_unit, key)
                };
                problems.report(at, path, ProblemKind::BothForms { first, second });
                None
            }
        }
    }

    pub(super) fn path(&self) -> &KeyPath {
        &self.path
    }
}

/// A quantity in one of its two forms.
pub(super) enum Either<'t> {
    /// With the unit in the value, or without one.
    Plain(Field<'t>),
    /// With the unit in the key.
    WithUnit(Field<'t>),
}
