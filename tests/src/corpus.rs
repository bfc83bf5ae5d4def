//! Requests that strangers send, and what is to become of them: `tests/corpus`.

/// What one stranger sends.
#[derive(Debug)]
pub struct Case {
    /// What it is about.
    pub name: &'static str,
    /// The reason for its verdict.
    pub why: &'static str,
    /// What is sent.
    pub bytes: Vec<u8>,
    /// The requests that come out, in order.
    pub requests: Vec<Request>,
    /// Whether behind those a head comes out whose body is never whole.
    pub begins: bool,
    /// What becomes of the connection.
    pub end: End,
}

/// A request that comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its target, in origin-form or `*`.
    pub target: String,
    /// Its content.
    pub body: Vec<u8>,
}

/// What becomes of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The next request is awaited.
    Open,
    /// It is closed behind the last answer.
    Closed,
    /// More of a request is awaited.
    Waits,
    /// An answer of the gateway's own, and then closed.
    Refused {
        /// Its status.
        status: u16,
        /// The rule that it names.
        rule: &'static str,
    },
}

const FILES: [&str; 6] = [
    include_str!("../corpus/request-line.txt"),
    include_str!("../corpus/target.txt"),
    include_str!("../corpus/host.txt"),
    include_str!("../corpus/fields.txt"),
    include_str!("../corpus/length.txt"),
    include_str!("../corpus/chunked.txt"),
];

const SHORT: [(&str, &str); 4] = [
    ("$G", "GET /a HTTP/1.1\\r\\nHost: shop\\r\\n"),
    ("$P", "POST /a HTTP/1.1\\r\\nHost: shop\\r\\n"),
    ("$C", "Transfer-Encoding: chunked\\r\\n"),
    ("$S", "GET /secret HTTP/1.1\\r\\nHost: shop\\r\\n\\r\\n"),
];

/// All cases.
///
/// # Panics
/// Where the corpus is not written as its README says.
pub fn cases() -> Vec<Case> {
    FILES
        .iter()
        .flat_map(|file| file.split("\n\n"))
        .map(case)
        .collect()
}

fn case(text: &'static str) -> Case {
    let lines: Vec<_> = text.trim_end_matches('\n').split('\n').collect();
    let [name, why, bytes, verdict] = lines[..] else {
        panic!("a case has four lines: {text}");
    };
    let (requests, end) = verdict.rsplit_once("; ").unwrap_or(("", verdict));
    let parts = requests.split("; ").filter(|part| !part.is_empty());
    Case {
        name: name.trim_matches(['[', ']']),
        why,
        bytes: unescaped(bytes),
        begins: requests.ends_with("begins"),
        requests: parts.filter(|part| *part != "begins").map(request).collect(),
        end: match end.split(' ').collect::<Vec<_>>()[..] {
            ["open"] => End::Open,
            ["closed"] => End::Closed,
            ["waits"] => End::Waits,
            ["refused", status, rule] => End::Refused {
                status: status.parse().unwrap(),
                rule,
            },
            _ => panic!("no verdict: {end}"),
        },
    }
}

fn request(text: &str) -> Request {
    let mut parts = text.splitn(3, ' ').map(unescaped);
    let mut word = || String::from_utf8(parts.next().unwrap_or_default()).unwrap();
    let (method, target) = (word(), word());
    Request {
        method,
        target,
        body: parts.next().unwrap_or_default(),
    }
}

/// The bytes that a text stands for.
fn unescaped(text: &str) -> Vec<u8> {
    let text = SHORT
        .iter()
        .fold(text.to_owned(), |text, (short, long)| text.replace(short, long));
    let mut rest = text.as_str();
    let mut bytes = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (taken, read) = match first {
            '\\' => escape(rest),
            '{' => repeated(rest).unwrap_or((1, b"{".to_vec())),
            other => (other.len_utf8(), other.to_string().into_bytes()),
        };
        bytes.extend(read);
        rest = &rest[taken..];
    }
    bytes
}

/// An escape at the beginning, and how long it is.
fn escape(text: &str) -> (usize, Vec<u8>) {
    let byte = match &text[1..2] {
        "r" => b'\r',
        "n" => b'\n',
        "t" => b'\t',
        "0" => 0,
        "\\" => b'\\',
        "x" => return (4, vec![u8::from_str_radix(&text[2..4], 16).unwrap()]),
        other => panic!("no escape: \\{other}"),
    };
    (2, vec![byte])
}

/// `{what*times}` at the beginning, and how long it is.
fn repeated(text: &str) -> Option<(usize, Vec<u8>)> {
    let end = text.find('}')?;
    let (what, times) = text[1..end].rsplit_once('*')?;
    Some((end + 1, unescaped(what).repeat(times.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_is_large_its_names_are_unique_and_each_case_has_a_reason() {
        let cases = cases();
        assert!(cases.len() >= 300, "{}", cases.len());
        let mut names: Vec<_> = cases.iter().map(|case| case.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), cases.len());
        for case in cases {
            assert!(case.why.len() > 10 && !case.bytes.is_empty(), "{}", case.name);
        }
    }

    #[test]
    fn a_text_stands_for_its_bytes() {
        assert_eq!(
            unescaped(r"a\r\n\t\0\\\xff{b\n*3}{c}"),
            b"a\r\n\t\0\\\xffb\nb\nb\n{c}"
        );
        let request = request("POST /a hello world");
        assert_eq!(
            (request.target.as_str(), &*request.body),
            ("/a", &b"hello world"[..])
        );
    }
}
