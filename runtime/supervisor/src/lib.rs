//! The kernel: supervised actors in a tree, kept alive after a panic.
