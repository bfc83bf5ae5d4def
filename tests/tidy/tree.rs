//! The files that the rules look at.

use std::fs;
use std::path::Path;

/// The text files of the project, or of an invented one.
pub(crate) struct Tree {
    /// All files, sorted by path.
    pub(crate) files: Vec<File>,
}

/// One text file.
pub(crate) struct File {
    /// Where it is, from the root of the workspace, with `/` between folders.
    pub(crate) path: String,
    /// All of it.
    pub(crate) text: String,
}

/// What is made by building and running, and what belongs to other tools.
const SKIPPED: [&str; 3] = ["target", "state", ".git"];

impl Tree {
    /// The work tree that this test was built from.
    pub(crate) fn real() -> Self {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        gather(package.parent().unwrap(), "", &mut files);
        assert!(
            files.len() > 20,
            "the work tree was not found: only {} files",
            files.len()
        );
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    /// An invented tree, to see a rule fail.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File {
            path: (*path).into(),
            text: (*text).into(),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
    }

    /// The file at `path`.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The text of the file at `path`; empty when there is none, which the rules then report.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.file(path).map_or("", |file| file.text.as_str())
    }

    /// The Rust files.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The Rust files that are shipped: the sources of the crates that users build on, without their tests.
    pub(crate) fn shipped(&self) -> impl Iterator<Item = &File> {
        self.sources().filter(|file| {
            let inside = ["config/", "actors/", "runtime/"]
                .iter()
                .any(|room| file.path.starts_with(room));
            inside && !file.is_test()
        })
    }

    /// The manifests of the members, parsed, with the folder of each.
    pub(crate) fn manifests(&self) -> Vec<(&str, toml::Table)> {
        let members = self.files.iter().filter_map(|file| {
            let folder = file.path.strip_suffix("/Cargo.toml")?;
            let manifest = file
                .text
                .parse()
                .unwrap_or_else(|error| panic!("{}: {error}", file.path));
            Some((folder, manifest))
        });
        members.collect()
    }
}

impl File {
    /// Whether the whole file is a test or a bench of its crate.
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        let named = self.path.ends_with("/tests.rs") || self.path.ends_with("_tests.rs");
        named || parts.any(|part| part == "tests" || part == "benches")
    }

    /// The lines of code with their numbers from 1: no comments, and nothing behind an inline test module.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = inline_tests(&self.text).unwrap_or(usize::MAX);
        let lines = self.text.lines().enumerate().take(end);
        lines.map(|(index, line)| (index + 1, without_comment(line)))
    }

    /// `path:line`.
    pub(crate) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

/// The index of the line where `#[cfg(test)] mod tests {` begins.
fn inline_tests(text: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().enumerate().position(|(index, line)| {
        let opens = |next: &&str| next.starts_with("mod ") && next.ends_with('{');
        let next = lines
            .get(index + 1..)
            .unwrap_or_default()
            .iter()
            .find(|next| !next.starts_with('#'));
        line.starts_with("#[cfg(") && line.contains("test") && next.is_some_and(opens)
    })
}

/// The part of `line` before a comment. A `//` behind a colon belongs to an address.
fn without_comment(line: &str) -> &str {
    let mut from = 0;
    while let Some(found) = line[from..].find("//") {
        let at = from + found;
        if !line[..at].ends_with(':') {
            return &line[..at];
        }
        from = at + 2;
    }
    line
}

/// Whether `line` has `word` with no letter, digit or underscore touching it.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

fn gather(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            gather(&entry.path(), &format!("{path}/"), files);
        } else if kind.is_file() {
            // What is not text (a picture) has no words to check; what is gone again (an editor's file) neither.
            if let Ok(text) = fs::read_to_string(entry.path()) {
                files.push(File { path, text });
            }
        }
    }
}

#[test]
fn code_has_no_comments_and_no_inline_tests() {
    let text =
        "//! doc\nlet a = \"http://x\"; // why\n#[cfg(test)]\n#[allow(x)]\nmod tests {\n    let b;\n}\n";
    let tree = Tree::of(&[("config/src/lib.rs", text)]);
    let code: Vec<_> = tree.files[0].code().collect();
    assert_eq!(code, [(1, ""), (2, "let a = \"http://x\"; ")]);
}

#[test]
fn a_test_module_in_a_file_of_its_own_hides_no_code() {
    let tree = Tree::of(&[("config/src/lib.rs", "#[cfg(test)]\nmod tests;\nlet a;\n")]);
    assert_eq!(tree.files[0].code().count(), 3);
}

#[test]
fn tests_and_members_beside_the_product_are_not_shipped() {
    let paths = [
        "config/src/lib.rs",
        "config/src/parse/tests.rs",
        "runtime/gate/tests/loom.rs",
        "examples/gateway/main.rs",
    ];
    let tree = Tree::of(&paths.map(|path| (path, "")));
    let shipped: Vec<_> = tree.shipped().map(|file| file.path.as_str()).collect();
    assert_eq!(shipped, ["config/src/lib.rs"]);
}

#[test]
fn a_word_is_not_found_inside_another() {
    assert!(has_word("let x = Arbiter::new();", "Arbiter"));
    assert!(!has_word("let x: ArbiterHandle;", "Arbiter"));
    assert!(!has_word("my_fs::writes()", "fs::write"));
}
