//! Where an actor lives today.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::escape::{escaped, segments};

/// Where an actor lives in the tree: the names from the root down.
///
/// Cheap to clone, and a child's path shares its parent's: a tree of many actors keeps each name once.
///
/// ```
/// use hedgerow_view::Path;
///
/// let path = Path::root("gateway").child("upstreams").child("pay/ments");
/// assert_eq!(path.to_string(), "gateway/upstreams/pay%2Fments");
/// assert_eq!(Path::parse("gateway/upstreams/pay%2Fments"), Some(path));
/// ```
#[derive(Clone)]
pub struct Path(Arc<Step>);

struct Step {
    above: Option<Path>,
    name: Arc<str>,
}

impl Path {
    /// The path of a root.
    pub fn root(name: impl Into<Arc<str>>) -> Self {
        Self::below(None, name.into())
    }

    /// The path of a child with this name.
    #[must_use]
    pub fn child(&self, name: impl Into<Arc<str>>) -> Self {
        Self::below(Some(self.clone()), name.into())
    }

    fn below(above: Option<Self>, name: Arc<str>) -> Self {
        Self(Arc::new(Step { above, name }))
    }

    /// Reads a path as the API shows it. `None` where a segment of it is empty, or is not UTF-8 when it is unescaped.
    pub fn parse(text: &str) -> Option<Self> {
        let mut names = segments(text)?.into_iter();
        names
            .next()
            .map(Self::root)
            .map(|root| names.fold(root, |above, name| above.child(name)))
    }

    /// The names from the root down, unescaped.
    pub fn segments(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.upwards().collect();
        names.reverse();
        names
    }

    /// The names from the last one up to the root.
    fn upwards(&self) -> impl Iterator<Item = &str> {
        let steps = std::iter::successors(Some(self), |path| path.0.above.as_ref());
        steps.map(Self::name)
    }

    /// The root above it; itself, if it is one.
    pub fn top(&self) -> &Self {
        let mut top = self;
        while let Some(above) = &top.0.above {
            top = above;
        }
        top
    }

    /// The last name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The last name, shared with this path.
    pub fn shared_name(&self) -> Arc<str> {
        self.0.name.clone()
    }

    /// Where its last name is kept in memory: the same for every clone, and for no other path while one of them lives.
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Whether `other` is this path, or lies above it.
    pub fn starts_with(&self, other: &Self) -> bool {
        self.segments().starts_with(&other.segments())
    }
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.upwards().eq(other.upwards())
    }
}

impl Eq for Path {}

impl Hash for Path {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.segments().hash(state);
    }
}

impl PartialOrd for Path {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Path {
    /// As the names from the root down.
    fn cmp(&self, other: &Self) -> Ordering {
        self.segments().cmp(&other.segments())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = &self.0.above {
            write!(f, "{above}/")?;
        }
        write!(f, "{}", escaped(self.name()))
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Path({self})")
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).expect("it has a segment")
    }

    #[test]
    fn paths_are_compared_by_their_names_from_the_root_down() {
        assert_eq!(path("a/b"), Path::root("a").child("b"));
        assert_ne!(path("a/b"), path("b"));
        assert!(path("a/z") < path("b/a") && path("a") < path("a/b"));
        assert!(path("a/b/c").starts_with(&path("a/b")) && !path("a/bc").starts_with(&path("a/b")));
        assert!(path("a").starts_with(&path("a")) && !path("b/a").starts_with(&path("a")));
    }

    #[test]
    fn a_text_with_a_segment_that_is_no_name_is_no_path() {
        for text in ["", "/", "//", "a//b", "/a", "a/", "a/%ff", "%fe"] {
            assert_eq!(Path::parse(text), None, "{text:?}");
        }
    }
}
