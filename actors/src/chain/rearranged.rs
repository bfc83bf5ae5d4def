//! Which nodes stand in a chain after a change, pure.

use hedgerow_config::nearest;

/// A node in line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<N> {
    pub(crate) name: String,
    pub(crate) node: N,
    /// Whether no request goes past it.
    pub(crate) is_last: bool,
    pub(crate) enabled: bool,
}

/// One change to the line.
#[derive(Debug, Clone)]
pub(crate) enum Change<N> {
    Insert {
        entry: Entry<N>,
        before: Option<String>,
    },
    Remove {
        name: String,
    },
    Move {
        name: String,
        before: Option<String>,
    },
    /// What comes is enabled only where both are.
    Replace {
        name: String,
        entry: Entry<N>,
    },
    Enable {
        name: String,
    },
    Disable {
        name: String,
    },
}

/// A change does not fit the chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misfit {
    /// No node has this name.
    #[error("there is no node `{name}`{}", hint(.nearest.as_deref()))]
    UnknownNode {
        /// The name.
        name: String,
        /// The name that is nearest to it.
        nearest: Option<String>,
    },
    /// Another node has this name.
    #[error("the name `{name}` is taken by another node: give the new one a name of its own")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// No node can have this name.
    #[error(
        "no node can be called `{name}`: write 1 to 100 characters, no space at the ends and no control characters"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// A node cannot stand before itself.
    #[error("`{name}` cannot be moved before itself: name another node, or none for the end")]
    BeforeItself {
        /// Its name.
        name: String,
    },
    /// A request could pass the last node and lead nowhere.
    #[error(
        "the last enabled node would be {}, and a request that passes it leads nowhere: end the chain in a node that \
         leads on or answers everything, such as a route",
        last.as_ref().map_or_else(|| "none".to_owned(), |last| format!("`{last}`"))
    )]
    NoEnd {
        /// The node that would be the last.
        last: Option<String>,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || ": the chain's view lists them".to_owned(),
        |nearest| format!(": did you mean `{nearest}`?"),
    )
}

/// Whether the last enabled node of a chain must be one that no request goes past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndRule {
    /// As the chain of a gateway.
    Required,
    /// Whoever calls knows what to do with what passes.
    Free,
}

impl EndRule {
    /// That of a chain that is like this now.
    pub(crate) fn of<N>(line: &[Entry<N>]) -> Self {
        match last(line) {
            Some(last) if last.is_last => Self::Required,
            _ => Self::Free,
        }
    }
}

fn last<N>(line: &[Entry<N>]) -> Option<&Entry<N>> {
    line.iter().rfind(|entry| entry.enabled)
}

/// The line after a change. The line before it is untouched.
///
/// # Errors
/// Why the change does not fit.
pub(crate) fn rearranged<N: Clone>(
    line: &[Entry<N>],
    change: Change<N>,
    rule: EndRule,
) -> Result<Vec<Entry<N>>, Misfit> {
    let mut line = line.to_vec();
    match change {
        Change::Insert { entry, before } => {
            is_free(&line, &entry.name)?;
            let at = place(&line, before.as_deref())?;
            line.insert(at, entry);
        }
        Change::Remove { name } => {
            let at = find(&line, &name)?;
            line.remove(at);
        }
        Change::Move { name, before } => {
            let from = find(&line, &name)?;
            if before.as_ref() == Some(&name) {
                return Err(Misfit::BeforeItself { name });
            }
            let entry = line.remove(from);
            let at = place(&line, before.as_deref())?;
            line.insert(at, entry);
        }
        Change::Replace { name, mut entry } => {
            let at = find(&line, &name)?;
            if entry.name != name {
                is_free(&line, &entry.name)?;
            }
            entry.enabled &= line[at].enabled;
            line[at] = entry;
        }
        Change::Enable { name } => {
            let at = find(&line, &name)?;
            line[at].enabled = true;
        }
        Change::Disable { name } => {
            let at = find(&line, &name)?;
            line[at].enabled = false;
        }
    }
    if rule == EndRule::Required && EndRule::of(&line) == EndRule::Free {
        let last = last(&line).map(|entry| entry.name.clone());
        return Err(Misfit::NoEnd { last });
    }
    Ok(line)
}

fn find<N>(line: &[Entry<N>], name: &str) -> Result<usize, Misfit> {
    let at = line.iter().position(|entry| entry.name == name);
    at.ok_or_else(|| Misfit::UnknownNode {
        name: name.to_owned(),
        nearest: nearest(name, line.iter().map(|entry| &*entry.name)).map(str::to_owned),
    })
}

fn place<N>(line: &[Entry<N>], before: Option<&str>) -> Result<usize, Misfit> {
    before.map_or(Ok(line.len()), |before| find(line, before))
}

fn is_free<N>(line: &[Entry<N>], name: &str) -> Result<(), Misfit> {
    let name = name.to_owned();
    if !hedgerow_config::is_name(&name) {
        return Err(Misfit::BadName { name });
    }
    if line.iter().any(|entry| entry.name == name) {
        return Err(Misfit::NameTaken { name });
    }
    Ok(())
}
