//! Who is there.

use std::collections::BTreeMap;

use hedgerow_config::EndpointAddr;

use crate::upstream::Share;

/// An endpoint as its source knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its address.
    pub addr: EndpointAddr,
    /// What it is to get of the calls.
    pub share: Share,
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
    /// It is there with another share.
    Assigned(Member),
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

    /// Keeps the first `most` of the best priorities, and says how many there were beyond.
    pub(crate) fn cut(&mut self, most: usize) -> usize {
        let beyond = self.0.len().saturating_sub(most);
        if beyond > 0 {
            let mut ranked: Vec<(u16, String)> = self
                .0
                .iter()
                .map(|(addr, member)| (member.share.priority, addr.clone()))
                .collect();
            ranked.sort_unstable();
            for (_, addr) in ranked.drain(most..) {
                self.0.remove(&addr);
            }
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
                Some(known) if known.share != member.share => {
                    changes.push(Change::Assigned(member.clone()));
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
