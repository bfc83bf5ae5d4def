//! What may be asked for: a document is parsed, checked and resolved into a revision.
