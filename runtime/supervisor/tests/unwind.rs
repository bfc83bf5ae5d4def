//! Under `panic = "abort"` the crate does not compile, and says why.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

fn compile(strategy: &str) -> Output {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src/unwind.rs");
    Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()))
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata"])
        .args(["-C", &format!("panic={strategy}"), "-o", "-", source])
        .output()
        .unwrap()
}

#[test]
fn panic_abort_is_refused_with_a_sentence_and_unwind_is_not() {
    let refused = compile("abort");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    assert!(
        said.contains("remove it from the profile in your workspace's Cargo.toml"),
        "{said}"
    );
    let taken = compile("unwind");
    assert!(
        taken.status.success(),
        "{}",
        String::from_utf8_lossy(&taken.stderr)
    );
}
