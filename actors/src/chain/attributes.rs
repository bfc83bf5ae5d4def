//! What the nodes of a chain tell each other about one request.

use std::fmt::{Display, Write as _};

/// Names and values that go with one request from node to node: its id, its tenant, what was found out about it.
///
/// ```
/// use hedgerow_actors::chain::Attributes;
///
/// let mut attributes = Attributes::default();
/// attributes.set("tenant", "acme");
/// attributes.set("weight", 95);
/// assert_eq!(attributes.get("weight"), Some("95"));
/// ```
#[derive(Debug, Default)]
pub struct Attributes {
    /// Those from `used` on are left over from earlier requests, for their memory.
    slots: Vec<(&'static str, String)>,
    used: usize,
}

impl Attributes {
    /// Gives an attribute a value, in place of the one that it has.
    pub fn set(&mut self, name: &'static str, value: impl Display) {
        let at = self.slots[..self.used]
            .iter()
            .position(|(known, _)| *known == name)
            .unwrap_or_else(|| self.fresh(name));
        let text = &mut self.slots[at].1;
        text.clear();
        // A display that fails says less; a request must not fail over it.
        let _ = write!(text, "{value}");
    }

    fn fresh(&mut self, name: &'static str) -> usize {
        let at = self.used;
        match self.slots.get_mut(at) {
            Some(slot) => slot.0 = name,
            None => self.slots.push((name, String::new())),
        }
        self.used += 1;
        at
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        let known = self.iter().find(|(known, _)| *known == name);
        known.map(|(_, value)| value)
    }

    /// All of them, in the order in which they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.slots[..self.used]
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// Forgets all, and keeps their memory.
    pub(super) fn clear(&mut self) {
        self.used = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.used == 0
    }

    pub(super) fn kept_bytes(&self) -> usize {
        let slots = self.slots.capacity() * size_of::<(&str, String)>();
        self.slots
            .iter()
            .fold(slots, |sum, (_, text)| sum + text.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_finds_nothing_of_the_one_before_though_its_memory_is_used_again() {
        let mut attributes = Attributes::default();
        attributes.set("tenant", "acme");
        attributes.set("id", 7);
        attributes.set("tenant", "other");
        assert!(attributes.iter().eq([("tenant", "other"), ("id", "7")]));
        let kept = attributes.kept_bytes();
        attributes.clear();
        assert_eq!((attributes.get("tenant"), attributes.iter().count()), (None, 0));
        attributes.set("id", "8");
        assert!(attributes.iter().eq([("id", "8")]));
        assert_eq!(attributes.kept_bytes(), kept);
    }
}
