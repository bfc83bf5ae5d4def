#![allow(clippy::unwrap_used)]

//! Lives of a supervisor, written so that they can be read: what happens, and what the supervisor then orders.
//!
//! A **tree** is `one-for-all: perm trans temp*, 3 in 10s, any`: the strategy, the children 0, 1, 2 by their restart
//! type, a star where one is significant; then, where they are not the usual `3 in 10s` and `never`, intensity and
//! auto-shutdown. A **story** is `panic 1 -> stop 2 | down 2 -> start 1`: what happens, an arrow, all that is ordered.
//! A story that does not begin with `begin` begins with every child up.
//!
//! What happens: `begin`, `again 1 2` (a new life of the supervisor; those are over), `stop` (all), `waited` (the wait is over), `pass 5s`; of a child `ready`,
//! the name of its exit (`down` for the shutdown that was asked for), `late ...` (of the incarnation before); by hand
//! `stop`, `start`, `restart`, `delete` and `add 3 temp`. What is ordered: `start 1`, `stop 1`, `wait`, `up` (all are),
//! `settled 3`, `refused 3 panic`, `removed 3`, `end shutdown`.

use std::sync::Arc;
use std::time::Duration;

use super::Machine;
use crate::backoff::Curve;
use crate::exit::{Exit, InitFailure, IntensityReached};
use crate::intensity::Intensity;
use crate::panics::PanicRecord;
use crate::supervision::decide::{AutoShutdown, Restart, Strategy};
use crate::supervision::step::{ChildId, ChildRules, Effect, Input, Order, Origin, Policy};

pub(super) fn panic() -> Exit {
    Exit::Panic(Arc::new(PanicRecord {
        message: "boom".into(),
        location: None,
        backtrace: None,
    }))
}

fn exit(name: &str) -> Option<Exit> {
    Some(match name {
        "normal" => Exit::Normal,
        "shutdown" | "down" => Exit::Shutdown,
        "panic" => panic(),
        "lost" => Exit::Lost,
        "initFailed" => Exit::InitFailed(InitFailure::Ended),
        "killed" => Exit::Killed {
            limit: Duration::from_secs(5),
        },
        "intensityReached" => Exit::IntensityReached(Arc::new(IntensityReached {
            child: "below".into(),
            exit: panic(),
            max_restarts: 1,
            period: Duration::from_secs(1),
        })),
        _ => return None,
    })
}

fn rules(word: &str, origin: Origin) -> ChildRules {
    let restart = match word.trim_end_matches('*') {
        "perm" => Restart::Permanent,
        "trans" => Restart::Transient,
        "temp" => Restart::Temporary,
        other => panic!("no restart type: {other}"),
    };
    ChildRules {
        name: word.into(),
        restart,
        significant: word.ends_with('*'),
        origin,
    }
}

fn machine(tree: &str) -> Machine {
    let mut parts = tree.split(", ");
    let (strategy, children) = parts.next().unwrap().split_once(':').unwrap();
    let mut policy = Policy {
        strategy: match strategy {
            "one-for-one" => Strategy::OneForOne,
            "one-for-all" => Strategy::OneForAll,
            "rest-for-one" => Strategy::RestForOne,
            other => panic!("no strategy: {other}"),
        },
        intensity: Intensity {
            max_restarts: 3,
            period: Duration::from_secs(10),
        },
        curve: Curve::default(),
        auto_shutdown: AutoShutdown::Never,
        child_events: crate::ChildEvents::All,
    };
    for part in parts {
        match part {
            "any" => policy.auto_shutdown = AutoShutdown::AnySignificant,
            "all" => policy.auto_shutdown = AutoShutdown::AllSignificant,
            part => {
                let (max_restarts, period) = part.split_once(" in ").unwrap();
                policy.intensity = Intensity {
                    max_restarts: max_restarts.parse().unwrap(),
                    period: seconds(period),
                };
            }
        }
    }
    let declared = children
        .split_whitespace()
        .map(|word| rules(word, Origin::Declared));
    Machine::new(policy, 1, (0..).map(ChildId).zip(declared))
}

fn seconds(text: &str) -> Duration {
    Duration::from_secs_f64(text.trim_end_matches('s').parse().unwrap())
}

/// A supervisor in the middle of its story.
struct Teller {
    machine: Machine,
    now: Duration,
    waits: Vec<u64>,
}

impl Teller {
    /// What is ordered after this happened.
    fn tell(&mut self, event: &str) -> String {
        let (event, late) = match event.strip_prefix("late ") {
            Some(event) => (event, 1),
            None => (event, 0),
        };
        let mut words = event.split_whitespace();
        let verb = words.next().unwrap();
        let arguments: Vec<&str> = words.collect();
        let ids = || arguments.iter().map(|word| ChildId(word.parse().unwrap()));
        let child = || ids().next().unwrap();
        // Of one that was taken off the list, there was an incarnation 1.
        let incarnation = || self.machine.incarnation(child()).unwrap_or(1) - late;
        let operate = |order| Input::Operate {
            child: child(),
            order,
        };
        let input = match verb {
            "begin" | "again" => Input::Begin {
                over: ids().collect(),
            },
            "stop" if arguments.is_empty() => Input::Stop,
            "waited" => Input::WaitOver {
                token: self.waits[self.waits.len() - 1 - late as usize],
            },
            "pass" => {
                self.now += seconds(arguments[0]);
                return String::new();
            }
            "ready" => Input::Ready {
                child: child(),
                incarnation: incarnation(),
            },
            "stop" => operate(Order::Stop),
            "start" => operate(Order::Start),
            "restart" => operate(Order::Restart),
            "delete" => Input::Delete { child: child() },
            "add" => Input::Add {
                child: ChildId(arguments[0].parse().unwrap()),
                rules: rules(arguments[1], Origin::Added),
            },
            verb => Input::Exited {
                child: child(),
                incarnation: incarnation(),
                exit: exit(verb).unwrap_or_else(|| panic!("no event: {verb}")),
            },
        };
        let effects = self.machine.on(input, self.now);
        let orders: Vec<String> = effects
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Start { child, .. } => Some(format!("start {}", child.0)),
                Effect::Stop { child, .. } => Some(format!("stop {}", child.0)),
                Effect::Wait { token, .. } => {
                    self.waits.push(token);
                    Some("wait".into())
                }
                Effect::AllUp => Some("up".into()),
                Effect::FirstStartOver { child, exit: None } => Some(format!("settled {}", child.0)),
                Effect::FirstStartOver {
                    child,
                    exit: Some(exit),
                } => Some(format!("refused {} {}", child.0, exit.name())),
                Effect::Removed { child } => Some(format!("removed {}", child.0)),
                Effect::Finished(exit) => Some(format!("end {}", exit.name())),
                Effect::Mark { .. } | Effect::Restarting { .. } => None,
            })
            .collect();
        orders.join(", ")
    }
}

/// Checks every case of a list. A case is `- its claim`, and on the lines below its tree, a semicolon and its story.
///
/// # Panics
/// With all that is ordered otherwise than the stories say.
pub(super) fn check_all(list: &str) {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for case in list.split("\n        - ").skip(1) {
        let (claim, text) = case.split_once('\n').unwrap();
        let (tree, story) = text.split_once(';').unwrap();
        wrong.extend(check(claim, tree.trim(), story).err());
        cases += 1;
    }
    assert!(cases > 0, "no case was found");
    assert!(
        wrong.is_empty(),
        "{} of {cases} cases\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// # Errors
/// The first step after which the supervisor ordered anything else than the story says.
pub(super) fn check(claim: &str, tree: &str, story: &str) -> Result<(), String> {
    let mut teller = Teller {
        machine: machine(tree),
        now: Duration::from_secs(100),
        waits: Vec::new(),
    };
    if !story.trim().starts_with("begin") {
        teller.tell("begin");
        for child in 0.. {
            if !teller.machine.contains(ChildId(child)) {
                break;
            }
            teller.tell(&format!("ready {child}"));
        }
    }
    for (number, step) in story.split('|').enumerate() {
        let (event, orders) = step.split_once("->").unwrap_or((step, ""));
        let (event, orders) = (
            event.trim(),
            orders.split_whitespace().collect::<Vec<_>>().join(" "),
        );
        let ordered = teller.tell(event);
        if ordered != orders {
            return Err(format!(
                "`{claim}`, {tree}: after `{event}` (step {}) it ordered `{ordered}`, not `{orders}`",
                number + 1,
            ));
        }
    }
    Ok(())
}
