//! Without a mouse.

use hedgerow_tests::{Endpoint, Gateway, Place, config};

use crate::page::{DOWN, END, ENTER, ESCAPE, LEFT, Page, RIGHT, TAB, UP};

#[test]
#[ignore = "needs chromium"]
fn everything_is_reached_by_keys_alone() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &config::in_front_of(&web, "consecutiveFailures: 3"));
    let page = Page::open(gateway.admin(), "");
    // The digits are the views.
    page.press(['2']);
    page.says("#tree-rows", "registry");
    // The first stop leads past the header, to the first actor.
    page.press([TAB]);
    page.shows("the way past", "document.activeElement.id === 'skip'");
    page.press([ENTER]);
    let focused = "document.activeElement.dataset.key";
    page.shows(
        "the root",
        &format!("{focused} === 'gateway' || document.activeElement.closest('#view-tree')"),
    );
    page.eval("document.querySelector('#tree-rows [tabindex=\"0\"]').focus()");
    page.press([DOWN, DOWN]);
    page.shows("the third row", &format!("{focused} === 'gateway/registry'"));
    page.press([UP, UP, LEFT]);
    page.shows(
        "a folded root",
        "document.querySelectorAll('#tree-rows > *').length === 1",
    );
    page.press([RIGHT, END]);
    page.shows("the last row", &format!("{focused} === 'gateway/readiness'"));
    // What is selected is ordered to restart, with keys alone.
    page.press([UP, UP, ENTER]);
    page.says("#details-path", "gateway/listeners");
    page.press(['/']);
    page.shows("the filter", "document.activeElement.id === 'find'");
    page.press("registry".chars());
    page.says("#tree-count", "1 of");
    page.press([ESCAPE, ESCAPE, ESCAPE]);
    page.shows(
        "nothing filtered or selected",
        "location.hash === '#tree' && document.querySelector('#details').hidden",
    );
    page.press(['?']);
    page.shows("the help", "document.querySelector('#help').open");
    page.keep("help");
    page.press([ESCAPE]);
    page.shows("no help", "!document.querySelector('#help').open");
    page.is_clean();
}

#[test]
#[ignore = "needs chromium"]
fn the_address_holds_the_view_the_selection_and_the_filter() {
    let (place, web) = (Place::new(), Endpoint::start("web"));
    let gateway = Gateway::serve(&place, &config::in_front_of(&web, "consecutiveFailures: 3"));
    let page = Page::open(gateway.admin(), "tree?at=gateway%2Fregistry&find=regist");
    page.says("#details-path", "gateway/registry");
    page.says("#tree-count", "1 of");
    assert_eq!(page.eval("document.querySelector('#find').value"), "regist");
    page.click("#to-events");
    page.says("#view-events", "childStarted");
    page.eval("history.back()");
    page.shows(
        "the tree again",
        "!document.querySelector('#view-tree').hidden && document.querySelector('#find').value === 'regist'",
    );
    page.is_clean();
}
