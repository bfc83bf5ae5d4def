//! The page in a browser, as the tests see and touch it.

use std::net::SocketAddr;

use hedgerow_tests::patience::until;
use serde_json::{Value, json};

use crate::driver::Browser;
use crate::picture;

pub(crate) const ENTER: char = '\u{e007}';
pub(crate) const ESCAPE: char = '\u{e00c}';
pub(crate) const LEFT: char = '\u{e012}';
pub(crate) const UP: char = '\u{e013}';
pub(crate) const RIGHT: char = '\u{e014}';
pub(crate) const DOWN: char = '\u{e015}';
pub(crate) const END: char = '\u{e010}';
pub(crate) const TAB: char = '\u{e004}';

/// What is run before the page: whatever should not happen is written down.
const WATCH: &str = "
    window.seen = { harm: 0, violations: [], errors: [] };
    window.harm = () => { window.seen.harm += 1; };
    window.alert = window.confirm = window.prompt = window.harm;
    addEventListener('securitypolicyviolation', (event) => window.seen.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
    addEventListener('error', (event) => window.seen.errors.push(event.message));
    addEventListener('unhandledrejection', (event) => window.seen.errors.push(String(event.reason)));
";

/// The page of one mesh.
pub(crate) struct Page {
    browser: Browser,
}

impl Page {
    /// Opens the page of the mesh whose admin side is here, at this place of the page, and waits until it shows the mesh.
    pub(crate) fn open(admin: SocketAddr, place: &str) -> Self {
        Self::open_below(admin, "/", place)
    }

    /// The same of one that is mounted below a path.
    pub(crate) fn open_below(admin: SocketAddr, path: &str, place: &str) -> Self {
        let page = Self {
            browser: Browser::start(),
        };
        page.size(1440, 900);
        page.browser.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": WATCH }),
        );
        page.browser
            .post("url", &json!({ "url": format!("http://{admin}{path}#{place}") }));
        page.shows(
            "the mesh",
            "document.querySelector('#link').dataset.tone === 'good'",
        );
        page
    }

    /// Sets the size of the window, in CSS pixels.
    pub(crate) fn size(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.browser.devtools("Emulation.setDeviceMetricsOverride", size);
    }

    /// Has the system prefer this colour scheme.
    pub(crate) fn system_prefers(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.browser.devtools("Emulation.setEmulatedMedia", features);
    }

    /// What the expression is on the page.
    pub(crate) fn eval(&self, expression: &str) -> Value {
        let script = format!("return {expression};");
        self.browser
            .post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until the expression is true on the page.
    pub(crate) fn shows(&self, what: &str, expression: &str) {
        until(
            what,
            || {
                let seen = format!("[Boolean({expression}), document.body.innerText]");
                self.eval(&seen)
            },
            |seen| seen[0] == true,
        );
    }

    /// Waits until the text of what is selected contains this.
    pub(crate) fn says(&self, selector: &str, text: &str) {
        let (selector, wanted) = (json!(selector), json!(text));
        self.shows(
            text,
            &format!("document.querySelector({selector})?.textContent.includes({wanted})"),
        );
    }

    /// Clicks at what is selected, once it is there, as the mouse would: it must be seen, and nothing may be before it.
    pub(crate) fn click(&self, selector: &str) {
        self.shows(selector, &format!("document.querySelector({})", json!(selector)));
        let found = self
            .browser
            .post("element", &json!({ "using": "css selector", "value": selector }));
        let element = found.as_object().unwrap().values().next().unwrap();
        let command = format!("element/{}/click", element.as_str().unwrap());
        self.browser.post(&command, &json!({}));
    }

    /// Presses these keys, one after the other.
    pub(crate) fn press(&self, keys: impl IntoIterator<Item = char>) {
        let strokes: Vec<Value> = keys
            .into_iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.browser.post("actions", &json!({ "actions": [keyboard] }));
    }

    /// Writes this into a field in place of what it holds, key by key.
    pub(crate) fn write(&self, selector: &str, text: &str) {
        self.click(selector);
        self.eval(&format!("document.querySelector({}).select()", json!(selector)));
        self.press(text.chars());
    }

    /// Clicks at the order, and agrees.
    pub(crate) fn order(&self, action: &str) {
        self.click(&format!("#orders [data-action={action}]"));
        self.click("#ask-yes");
    }

    /// Keeps a picture of it.
    pub(crate) fn keep(&self, name: &str) {
        picture::keep(name, self.browser.get("screenshot").as_str().unwrap());
    }

    /// Checks that nothing went wrong on the page: no script of a stranger's ran, no rule of its policy was broken, no error was
    /// told, and nothing was asked of another place than this one.
    pub(crate) fn is_clean(&self) {
        self.did_no_harm();
        let log = self.browser.post("se/log", &json!({ "type": "browser" }));
        let log: Vec<&Value> = log.as_array().unwrap().iter().collect();
        assert!(log.is_empty(), "{log:#?}");
    }

    /// The same, where the mesh was away: the browser's own word on connections that were refused is no error of the page.
    pub(crate) fn did_no_harm(&self) {
        let nothing = json!({ "harm": 0, "violations": [], "errors": [] });
        assert_eq!(self.eval("window.seen"), nothing);
        let elsewhere = self.eval(
            "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => !name.startsWith(`${location.origin}/`))",
        );
        assert_eq!(elsewhere, json!([]));
    }
}
