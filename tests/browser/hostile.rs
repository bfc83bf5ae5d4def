//! Names and causes that are markup.

use hedgerow::prelude::*;
use hedgerow::supervisor::Persistence;
use hedgerow::view::Path;

use crate::page::Page;
use crate::shop::{Clerk, Shop};

/// What would call `harm` where it is taken for anything but text.
const PAYLOADS: [&str; 30] = [
    "<script>harm()</script>",
    "<img src=x onerror=harm()>",
    "<svg onload=harm()>",
    "<svg><script>harm()</script></svg>",
    "<iframe srcdoc=\"<script>parent.harm()</script>\">",
    "<iframe src=javascript:parent.harm()>",
    "<body onload=harm()>",
    "<details open ontoggle=harm()>",
    "<input autofocus onfocus=harm()>",
    "<select autofocus onfocus=harm()>",
    "<video><source onerror=harm()></video>",
    "<audio src=x onerror=harm()>",
    "<object data=javascript:harm()>",
    "<embed src=javascript:harm()>",
    "<a href=javascript:harm()>click</a>",
    "<form action=javascript:harm()><button autofocus>",
    "<math><mi xlink:href=javascript:harm()>x</mi></math>",
    "<style>@import 'http://evil.example/x.css';</style>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:harm()'>",
    "<base href=http://evil.example/>",
    "<img src=http://evil.example/x.png>",
    "\"><script>harm()</script>",
    "' onmouseover='harm()",
    "\" onfocus=\"harm()\" autofocus=\"",
    "javascript:harm()",
    "${harm()}",
    "{{constructor.constructor('harm()')()}}",
    "</title></style></textarea><script>harm()</script>",
    "\u{202e}%3Cscript%3Eharm()%3C/script%3E<!--",
];

#[test]
#[ignore = "needs chromium"]
fn w3_names_full_of_markup_are_text_in_every_view() {
    let mut tree = Supervisor::one_for_one("<b onmouseover=harm()>shop</b>");
    for (number, payload) in PAYLOADS.into_iter().enumerate() {
        let endpoint = format!("127.0.0.1:{}", 40_000 + number);
        tree = tree
            .child(ChildSpec::actor(format!("a{payload}"), || Clerk).0)
            .child(Breaker::new(format!("b{payload}")))
            .child(
                Upstream::new(format!("u{payload}"))
                    .endpoints([endpoint])
                    .optional(),
            );
    }
    let shop = Shop::start(tree);
    let directory = shop.mesh.directory();
    let root = directory.root().clone();
    for payload in PAYLOADS {
        let (events, path) = (directory.events(), Path::root(payload));
        events.emit("test", &root, None, payload, Persistence::Volatile);
        events.emit("test", &path, None, payload, Persistence::Volatile);
    }
    let page = Page::open(shop.admin(), "overview");
    for view in [
        "overview",
        "tree",
        "breakers",
        "chains",
        "upstreams",
        "pools",
        "events",
    ] {
        page.click(&format!("#to-{view}"));
        page.shows(view, &format!("!document.querySelector('#view-{view}').hidden"));
        page.keep(&format!("hostile-{view}"));
    }
    let shown = page.eval("document.querySelector('#event-rows').textContent");
    for payload in PAYLOADS {
        let shown = shown.as_str().unwrap();
        assert!(shown.contains(payload), "{payload}");
    }
    page.click("#to-tree");
    let actors = page.eval("[...document.querySelectorAll('#tree-rows > *')].map((row) => row.dataset.key)");
    for path in actors.as_array().unwrap().iter().take(60) {
        let script = format!("location.hash = 'tree?at=' + encodeURIComponent({path})");
        page.eval(&format!("({script})"));
        let wanted = format!("decodeURIComponent({path})");
        page.shows(
            "the selection",
            &format!("document.querySelector('#details-path').textContent === {wanted}"),
        );
    }
    // An order says who is meant.
    page.click("#orders [data-action=restart]");
    page.keep("hostile-order");
    page.click("#ask button[value=no]");
    let grown = page.eval(
        "document.querySelectorAll('script, iframe, object, embed, base, meta[http-equiv], img, video, audio, style').length",
    );
    assert_eq!(grown, 1, "there is one script, the page's own");
    page.is_clean();
}
