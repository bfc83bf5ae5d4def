//! YAML by the events of `saphyr-parser`.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};

use super::{Budget, Entry, Kind, MOST_LEVELS, Node, Scalar, Stop, Value};
use crate::error::{ProblemKind, Problems};
use crate::position::Position;
use crate::{Format, KeyPath};

/// The first document of `text`; reports a second one.
pub(super) fn load(text: &str, budget: &mut Budget, problems: &mut Problems) -> Result<Option<Node>, Stop> {
    let mut builder = Builder {
        end: end_of(text),
        open: Vec::new(),
        root: None,
        anchors: HashMap::new(),
        budget,
    };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| stop(&error, builder.end))?;
        if matches!(event, Event::DocumentStart(_)) && builder.root.is_some() {
            let (what, advice) = (
                "a second document in one file".to_owned(),
                "write one document a file",
            );
            problems.report(
                position(&span.start),
                &KeyPath::root(),
                ProblemKind::Unsupported { what, advice },
            );
            break;
        }
        builder.take(event, span, problems)?;
    }
    if builder.root.is_none() {
        problems.report(Position::START, &KeyPath::root(), ProblemKind::Empty);
    }
    Ok(builder.root)
}

/// What the scanner says of brackets that it does not even want to look into.
const TOO_DEEP: &str = "recursion limit exceeded";

fn stop(error: &ScanError, end: Position) -> Stop {
    let at = position(error.marker()).min(end);
    if error.info() == TOO_DEEP {
        Stop::levels(at)
    } else {
        Stop::syntax(at, Format::Yaml, error.info())
    }
}

/// The position behind the last character; lines end at `\n`, `\r\n` and `\r`.
fn end_of(text: &str) -> Position {
    let breaks = text.matches(['\n', '\r']).count() - text.matches("\r\n").count();
    let last = text.rsplit(['\n', '\r']).next().unwrap_or_default();
    Position::new(breaks + 1, last.chars().count() + 1)
}

fn position(marker: &Marker) -> Position {
    Position::new(marker.line(), marker.col() + 1)
}

/// A map or list whose end has not come yet.
struct Open {
    at: Position,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// The key whose value comes next.
        key: Option<(String, Position)>,
    },
}

struct Builder<'b> {
    /// No position is beyond it: the scanner puts the end of a text without a last line break on a line of its own.
    end: Position,
    open: Vec<Open>,
    root: Option<Node>,
    /// Complete nodes by the number of their anchor; the parser numbers from 1.
    anchors: HashMap<usize, Node>,
    budget: &'b mut Budget,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span, problems: &mut Problems) -> Result<(), Stop> {
        let at = position(&span.start).min(self.end);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                refuse_tag(tag.as_deref(), at, problems);
                self.budget.take(1, text.len(), at)?;
                let text = text.into_owned();
                let scalar = match style {
                    ScalarStyle::Plain => Scalar::plain(text),
                    _ => Scalar::of(text, Kind::Text),
                };
                let value = Value::Scalar(scalar);
                self.put(Node { at, value }, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), at, problems);
                self.begin(at, anchor, Content::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                refuse_tag(tag.as_deref(), at, problems);
                let (entries, key) = (Vec::new(), None);
                self.begin(at, anchor, Content::Map { entries, key })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { at, anchor, content }) = self.open.pop() else {
                    return Ok(());
                };
                let value = match content {
                    Content::List(items) => Value::List(items),
                    Content::Map { entries, .. } => Value::Map(entries),
                };
                self.put(Node { at, value }, anchor)
            }
            Event::Alias(anchor) => self.expand(at, anchor),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(&mut self, at: Position, anchor: usize, content: Content) -> Result<(), Stop> {
        self.budget.take(1, 0, at)?;
        if self.open.len() >= MOST_LEVELS {
            return Err(Stop::levels(at));
        }
        if self.wants_key() {
            return Err(odd_key(at, "a map or a list as a key"));
        }
        self.open.push(Open { at, anchor, content });
        Ok(())
    }

    fn expand(&mut self, at: Position, anchor: usize) -> Result<(), Stop> {
        if self.wants_key() {
            return Err(odd_key(at, "an alias as a key"));
        }
        let Some(node) = self.anchors.get(&anchor) else {
            let kind = ProblemKind::Unsupported {
                what: "an alias inside of what it stands for".to_owned(),
                advice: "write the value out",
            };
            return Err(Stop { at, kind });
        };
        let weight = node.weight();
        self.budget.take(weight.nodes, weight.text, at)?;
        if self.open.len() + weight.levels > MOST_LEVELS {
            return Err(Stop::levels(at));
        }
        let node = node.clone();
        self.put(node, 0)
    }

    fn wants_key(&self) -> bool {
        let innermost = self.open.last().map(|open| &open.content);
        matches!(innermost, Some(Content::Map { key: None, .. }))
    }

    fn put(&mut self, mut node: Node, anchor: usize) -> Result<(), Stop> {
        if anchor > 0 {
            let weight = node.weight();
            self.budget.take(weight.nodes, weight.text, node.at)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key }) => match (key.take(), node.value) {
                (Some((key, at)), value) => {
                    // The place of what is not there is nowhere useful.
                    let nothing = matches!(&value, Value::Scalar(scalar) if scalar.kind == Kind::Nothing);
                    node.at = if nothing { at } else { node.at };
                    let value = Node { at: node.at, value };
                    entries.push(Entry { key, at, value });
                }
                (None, Value::Scalar(scalar)) => *key = Some((scalar.text, node.at)),
                (None, _) => return Err(odd_key(node.at, "a map or a list as a key")),
            },
        }
        Ok(())
    }
}

fn odd_key(at: Position, what: &str) -> Stop {
    let what = what.to_owned();
    let advice = "keys are plain text";
    Stop {
        at,
        kind: ProblemKind::Unsupported { what, advice },
    }
}

fn refuse_tag(tag: Option<&Tag>, at: Position, problems: &mut Problems) {
    if let Some(tag) = tag {
        let what = if tag.is_yaml_core_schema() {
            format!("the tag `!!{}`", tag.suffix)
        } else {
            format!("the tag `{tag}`")
        };
        let advice = "remove it; text that looks like a number is written in quotes";
        problems.report(at, &KeyPath::root(), ProblemKind::Unsupported { what, advice });
    }
}
