//! Who is there.

use std::collections::BTreeMap;

use hedgerow_config::EndpointAddr;

/// An endpoint as its source knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its address.
    pub addr: EndpointAddr,
    /// How much of the calls it is to get, beside the others; at least 1.
    pub weight: u32,
}

/// All that a source knows of, each address once, in the order of their texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members(BTreeMap<String, Member>);

/// One difference between two sets of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// It was not there before.
    Joined(Member),
    /// It is not there any more.
    Left(EndpointAddr),
    /// It is there with another weight.
    Weighed(Member),
}

impl Members {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.0.values()
    }

    /// The one with this address.
    pub fn get(&self, addr: &EndpointAddr) -> Option<&Member> {
        self.0.get(addr.as_str())
    }

    /// Adds one, in place of the one with its address.
    pub(crate) fn insert(&mut self, member: Member) {
        self.0.insert(member.addr.as_str().to_owned(), member);
    }

    /// Keeps the first `most`, and says how many there were beyond.
    pub(crate) fn cut(&mut self, most: usize) -> usize {
        let beyond = self.0.len().saturating_sub(most);
        for _ in 0..beyond {
            self.0.pop_last();
        }
        beyond
    }

    /// What has to happen for these to become `next`: who joins comes before who leaves, so that an upstream whose
    /// endpoints are all replaced is never without one.
    pub(crate) fn changes_to(&self, next: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for member in next.iter() {
            match self.get(&member.addr) {
                None => changes.push(Change::Joined(member.clone())),
                Some(known) if known.weight != member.weight => {
                    changes.push(Change::Weighed(member.clone()));
                }
                Some(_) => {}
            }
        }
        let gone = self.iter().filter(|member| next.get(&member.addr).is_none());
        changes.extend(gone.map(|member| Change::Left(member.addr.clone())));
        changes
    }
}

impl FromIterator<Member> for Members {
    /// Of two with one address, the later counts.
    fn from_iter<I: IntoIterator<Item = Member>>(members: I) -> Self {
        let mut all = Self::default();
        members.into_iter().for_each(|member| all.insert(member));
        all
    }
}
