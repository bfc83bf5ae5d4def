//! TOML by the spans of the `toml` crate.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Budget, Entry, Kind, MOST_LEVELS, Node, Scalar, Stop, Value};
use crate::error::{ProblemKind, Problems};
use crate::position::{Lines, Position};
use crate::{Format, KeyPath};

/// Longest piece of the text, in bytes, that is quoted in an error.
const MOST_QUOTED: usize = 60;

/// The document; reports every mistake of syntax that the parser can step over.
pub(super) fn load(text: &str, budget: &mut Budget, problems: &mut Problems) -> Result<Option<Node>, Stop> {
    let lines = Lines::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        let at = lines.position(span.start);
        let found = text.get(span).map(str::trim).unwrap_or_default();
        let detail = if found.is_empty() || found.contains('\n') || found.len() > MOST_QUOTED {
            error.message().to_owned()
        } else {
            format!("{} (at `{found}`)", error.message())
        };
        let format = Format::Toml;
        problems.report(at, &KeyPath::root(), ProblemKind::Syntax { format, detail });
    }
    if !errors.is_empty() {
        return Ok(None);
    }
    if table.get_ref().is_empty() {
        problems.report(Position::START, &KeyPath::root(), ProblemKind::Empty);
        return Ok(None);
    }
    let value = Converter { lines, budget }.map(table.get_ref(), 1)?;
    let at = Position::START;
    Ok(Some(Node { at, value }))
}

struct Converter<'t, 'b> {
    lines: Lines<'t>,
    budget: &'b mut Budget,
}

impl Converter<'_, '_> {
    fn map(&mut self, table: &DeTable<'_>, level: usize) -> Result<Value, Stop> {
        let mut entries = Vec::with_capacity(table.len());
        let mut in_order: Vec<_> = table.iter().collect();
        in_order.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in in_order {
            let at = self.lines.position(key.span().start);
            let key = key.get_ref().as_ref().to_owned();
            self.budget.take(1, key.len(), at)?;
            let value = self.node(value, level)?;
            entries.push(Entry { key, at, value });
        }
        Ok(Value::Map(entries))
    }

    fn node(&mut self, node: &Spanned<DeValue<'_>>, level: usize) -> Result<Node, Stop> {
        let at = self.lines.position(node.span().start);
        if level > MOST_LEVELS {
            return Err(Stop::levels(at));
        }
        let scalar = |text: String, kind| Value::Scalar(Scalar::of(text, kind));
        let value = match node.get_ref() {
            DeValue::Table(table) => self.map(table, level + 1)?,
            DeValue::Array(items) => {
                let items = items.iter().map(|item| self.node(item, level + 1));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            DeValue::String(text) => scalar(text.as_ref().to_owned(), Kind::Text),
            DeValue::Boolean(value) => scalar(value.to_string(), Kind::Bool),
            DeValue::Integer(number) => {
                let decimal = i128::from_str_radix(number.as_str(), number.radix());
                let text = decimal.map_or_else(|_| number.to_string(), |number| number.to_string());
                scalar(text, Kind::Number)
            }
            DeValue::Float(number) => scalar(number.as_str().to_owned(), Kind::Number),
            DeValue::Datetime(date) => scalar(date.to_string(), Kind::Date),
        };
        if let Value::Scalar(scalar) = &value {
            self.budget.take(1, scalar.text.len(), at)?;
        }
        Ok(Node { at, value })
    }
}
