//! Pictures of what was seen.

use std::fs;
use std::path::{Path, PathBuf};

/// Keeps a picture, which comes in base64, under this name.
pub(crate) fn keep(name: &str, base64: &str) {
    let folder = folder();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.png")), decoded(base64)).unwrap();
}

/// `target/debug/deps/test-0123` keeps them in `target/screenshots`.
fn folder() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(3).map(Path::to_path_buf);
    target.unwrap().join("screenshots")
}

/// RFC 4648, section 4.
fn decoded(base64: &str) -> Vec<u8> {
    let sixes = base64.bytes().filter_map(|byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    });
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for six in sixes {
        held = (held << 6) | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits).to_be_bytes()[3]);
            held &= (1 << bits) - 1;
        }
    }
    bytes
}

#[test]
fn a_picture_is_decoded() {
    assert_eq!(decoded("aGVkZ2Vyb3c="), b"hedgerow");
    assert_eq!(decoded("/+8A"), [0xff, 0xef, 0x00]);
}
