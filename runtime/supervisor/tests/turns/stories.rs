//! Stories of one actor, told on whatever context `Ctx` is.

use super::*;

fn nothing(_: &mut Hero, _: &mut Context) {}

/// Notes at the end of so many milliseconds.
fn after(time: u64, what: &'static str) -> impl actix::ActorFuture<Hero, Output = ()> {
    wrap_future::<_, Hero>(sleep(ms(time))).map(move |(), hero, _| hero.log.note(what))
}

/// Notes every time that it is polled.
fn polled(what: &'static str, times: u32) -> impl actix::ActorFuture<Hero, Output = ()> {
    let mut left = times;
    crate::kit::doer::polling(
        move |hero: &mut Hero, _: &mut Context, task: &mut std::task::Context<'_>| {
            hero.log.note(format!("{what} polled"));
            left -= 1;
            if left == 0 {
                return std::task::Poll::Ready(());
            }
            task.waker().wake_by_ref();
            std::task::Poll::Pending
        },
    )
}

pub(crate) const STORIES: &[Story] = &[
    Story {
        name: "waits are taken last first, and messages wait for them in order",
        goes_on: 0,
        at_start: |_, context| {
            context.wait(after(10, "first wait"));
            context.wait(after(10, "second wait"));
            context.spawn(after(1, "spawned"));
        },
        tells: |told| {
            ["one", "two", "three"]
                .into_iter()
                .for_each(|what| told.tell(note(what)))
        },
    },
    Story {
        name: "a wait that is over adds another",
        goes_on: 0,
        at_start: |_, context| {
            context.wait(after(5, "outer").map(|(), _, context| context.wait(after(5, "inner"))));
        },
        tells: |told| told.tell(note("message")),
    },
    Story {
        name: "spawned futures are polled in order, and cancelled by others and twice",
        goes_on: 0,
        at_start: |hero, context| {
            let first = context.spawn(after(10, "first"));
            let second = context.spawn(after(10, "second"));
            hero.handles = vec![first, second];
            context.run_later(ms(5), |hero, context| {
                hero.log.note("cancels");
                context.cancel_future(hero.handles[0]);
                context.cancel_future(hero.handles[0]);
                context.cancel_future(SpawnHandle::default());
            });
        },
        tells: |_| {},
    },
    Story {
        name: "a future that cancels itself is not polled again",
        goes_on: 0,
        at_start: |hero, context| {
            let own = std::sync::Arc::new(std::sync::OnceLock::new());
            let handle = own.clone();
            let itself = crate::kit::doer::polling(
                move |hero: &mut Hero, context: &mut Context, task: &mut std::task::Context<'_>| {
                    hero.log.note("cancels itself");
                    context.cancel_future(*own.get().expect("it was spawned"));
                    task.waker().wake_by_ref();
                    std::task::Poll::Pending
                },
            );
            let spawned = context.spawn(itself);
            handle.set(spawned).expect("it is set once");
            hero.handles.push(spawned);
            context.spawn(after(5, "another"));
        },
        tells: |_| {},
    },
    Story {
        name: "what is cancelled before its first poll is never polled",
        goes_on: 0,
        at_start: |_, context| {
            let handle = context.spawn(polled("cancelled", 1));
            context.cancel_future(handle);
            context.spawn(polled("another", 1));
        },
        tells: |_| {},
    },
    Story {
        name: "stop ends what was spawned and takes no more messages",
        goes_on: 0,
        at_start: |_, context| {
            context.run_later(ms(50), |hero, _| hero.log.note("too late"));
        },
        tells: |told| {
            told.tell(deed(|hero, context| {
                hero.log.note("stops");
                context.stop();
                context.stop();
            }));
            told.tell(note("not taken"));
        },
    },
    Story {
        name: "an actor that does not want to stop goes on with all that it has",
        goes_on: 1,
        at_start: |_, context| {
            context.run_later(ms(5), |hero, _| hero.log.note("timer"));
        },
        tells: |told| {
            told.tell(deed(|_, context| context.stop()));
            told.tell(note("taken all the same"));
        },
    },
    Story {
        name: "terminate asks nobody",
        goes_on: 9,
        at_start: nothing,
        tells: |told| {
            told.tell(deed(|hero, context| {
                hero.log.note("terminates");
                context.terminate();
            }));
            told.tell(note("not taken"));
        },
    },
    Story {
        name: "stop in started",
        goes_on: 0,
        at_start: |_, context| {
            context.wait(after(5, "not waited for"));
            context.spawn(polled("not polled", 1));
            context.stop();
        },
        tells: |told| told.tell(note("not taken")),
    },
    Story {
        name: "a stop while it waits ends the wait",
        goes_on: 0,
        at_start: |_, context| {
            context.wait(crate::kit::doer::polling(
                |hero: &mut Hero, context: &mut Context, _: &mut std::task::Context<'_>| {
                    hero.log.note("waits, and stops");
                    context.stop();
                    std::task::Poll::Pending
                },
            ));
        },
        tells: |told| told.tell(note("not taken")),
    },
    Story {
        name: "intervals tick until they are cancelled",
        goes_on: 0,
        at_start: |hero, context| {
            let ticking = context.run_interval(ms(10), |hero, context| {
                hero.log.note("tick");
                if hero.log.count("tick") == 3 {
                    context.cancel_future(hero.handles[0]);
                }
            });
            hero.handles.push(ticking);
        },
        tells: |told| told.tell(note("message")),
    },
    Story {
        name: "a stream is handled item by item, waits hold it up, and its end is told",
        goes_on: 0,
        at_start: |_, context| {
            context.add_stream(stream(4));
        },
        tells: |_| {},
    },
    Story {
        name: "a stream of its own is mapped",
        goes_on: 0,
        at_start: |_, context| {
            let items = wrap_stream::<_, Hero>(stream(3));
            context.spawn(
                items
                    .map(|item, hero, _| hero.log.note(format!("mapped {item}")))
                    .finish(),
            );
        },
        tells: |_| {},
    },
    Story {
        name: "notify and notify_later reach the handler",
        goes_on: 0,
        at_start: |_, context| {
            context.notify_later(note("later"), ms(10));
            let cancelled = context.notify_later(note("cancelled"), ms(10));
            context.cancel_future(cancelled);
            AsyncContext::notify(context, note("soon"));
        },
        tells: |told| told.tell(note("message")),
    },
    Story {
        name: "asynchronous replies overlap",
        goes_on: 0,
        at_start: nothing,
        tells: |told| {
            told.slow(Slow("first"));
            told.slow(Slow("second"));
            told.tell(note("message"));
        },
    },
    Story {
        name: "atomic replies do not overlap with anything",
        goes_on: 0,
        at_start: nothing,
        tells: |told| {
            told.alone(Alone("first"));
            told.alone(Alone("second"));
            told.tell(note("message"));
        },
    },
    Story {
        name: "replies that need no actor run beside it",
        goes_on: 0,
        at_start: nothing,
        tells: |told| {
            told.apart(Apart("first"));
            told.apart(Apart("second"));
            told.tell(note("message"));
        },
    },
    Story {
        name: "a spawned future that is over at once is over in the turn in which it was spawned",
        goes_on: 0,
        at_start: nothing,
        tells: |told| {
            told.tell(deed(|hero, context| {
                hero.log.note("one");
                context.spawn(
                    ready(())
                        .into_actor(hero)
                        .map(|(), hero, _| hero.log.note("spawned by one")),
                );
            }));
            told.tell(note("two"));
        },
    },
];

/// Where a cell is stricter: once something is waited for, nothing else is polled, and of two waits the later one goes
/// first. On actix's own context a wait begins only after everything else was polled once more, and one that a pending
/// wait adds is not looked at before that is over.
pub(crate) const STRICTER: &[Story] = &[
    Story {
        name: "a message that waits holds up those behind it, and what is spawned",
        goes_on: 0,
        at_start: |_, context| {
            context.spawn(polled("spawned", 2));
        },
        tells: |told| {
            told.tell(deed(|hero, context| {
                hero.log.note("one");
                context.wait(after(5, "waited"));
            }));
            told.tell(note("two"));
        },
    },
    Story {
        name: "a wait that is not over adds another",
        goes_on: 0,
        at_start: |_, context| {
            let mut has_added = false;
            let mut outer = Box::pin(after(10, "outer"));
            context.wait(crate::kit::doer::polling(
                move |hero: &mut Hero, context: &mut Context, task: &mut std::task::Context<'_>| {
                    if !std::mem::replace(&mut has_added, true) {
                        context.wait(after(20, "inner"));
                    }
                    actix::ActorFuture::poll(outer.as_mut(), hero, context, task)
                },
            ));
        },
        tells: |told| told.tell(note("message")),
    },
];
