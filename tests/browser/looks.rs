//! Light and dark, wide and narrow.

use hedgerow_tests::{Endpoint, Gateway, Place, config};

use crate::page::Page;

const BACKGROUND: &str = "getComputedStyle(document.body).backgroundColor";

#[test]
#[ignore = "needs chromium"]
fn it_is_light_or_dark_as_the_system_says_or_as_was_chosen_and_the_choice_is_kept() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &config::in_front_of(&web, "consecutiveFailures: 3"));
    let page = Page::open(gateway.admin(), "breakers");
    page.system_prefers("light");
    let light = page.eval(BACKGROUND);
    page.keep("light");
    page.system_prefers("dark");
    let dark = page.eval(BACKGROUND);
    assert_ne!(light, dark);
    page.keep("dark");
    page.click("#theme");
    page.says("#theme", "light");
    assert_eq!(page.eval(BACKGROUND), light);
    page.click("#theme");
    page.system_prefers("light");
    assert_eq!(page.eval(BACKGROUND), dark);
    page.eval("location.reload()");
    page.says("#theme", "dark");
    assert_eq!(page.eval(BACKGROUND), dark);
    page.is_clean();
}

#[test]
#[ignore = "needs chromium"]
fn nothing_is_wider_than_a_phone() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &config::in_front_of(&web, "consecutiveFailures: 3"));
    let page = Page::open(gateway.admin(), "overview");
    page.size(360, 740);
    for view in [
        "overview",
        "tree",
        "breakers",
        "chains",
        "upstreams",
        "pools",
        "factories",
        "registry",
        "events",
    ] {
        page.eval(&format!("location.hash = '{view}'"));
        page.shows(view, &format!("!document.querySelector('#view-{view}').hidden"));
        let root = "document.documentElement";
        assert_eq!(
            page.eval(&format!("{root}.scrollWidth - {root}.clientWidth")),
            0,
            "{view} is wider"
        );
        page.keep(&format!("narrow-{view}"));
    }
    page.is_clean();
}
