//! All keys of one name.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use arc_swap::ArcSwap;
use hedgerow_config::{BreakerPolicy, KeyLimits};
use hedgerow_gate::{Bell as _, Rules, Shut, Tally};
use hedgerow_supervisor::Clock;
use hedgerow_view::{Identity, Refusal};

use super::place::{CallsForHelp, KeyGate, Place};
use crate::breaker::{CallMeter, by_fence, rules};

/// The longest key, in bytes. Calls with a longer one share the breaker of those without.
pub const LONGEST_KEY: usize = 256;

/// The scope in the id of the breaker that the rest share; its key is the scope of the others.
const OTHERS: &str = "others";

/// The name of that breaker among the others in the tree. A key that is the same shares it.
const OTHERS_NAME: &str = "(others)";

/// The keys that have a place, the one that the rest share, and the rules of all.
pub(super) struct Family {
    name: String,
    scope: String,
    pub(super) policy: ArcSwap<BreakerPolicy>,
    pub(super) limits: KeyLimits,
    pub(super) meter: CallMeter,
    clock: Clock,
    /// The same for all gates.
    time: hedgerow_gate::Clock,
    pub(super) places: papaya::HashMap<ByKey, ()>,
    /// Places that are in the map, or about to be.
    count: AtomicU32,
    others: Arc<Place>,
    /// Whether the records of the life before have been read. Until then any key may have one.
    pub(super) is_remembered: AtomicBool,
    /// Whether a key has found no room since the keeper last looked for some.
    pub(super) is_crowded: AtomicBool,
    /// Calls that had a key and found no place for it.
    pub(super) turned_away: Tally<1>,
    pub(super) calls_for_help: Arc<CallsForHelp>,
}

/// A place, found by its key.
pub(super) struct ByKey(pub(super) Arc<Place>);

impl Borrow<str> for ByKey {
    fn borrow(&self) -> &str {
        &self.0.key
    }
}

impl Hash for ByKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.key.hash(state);
    }
}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for ByKey {}

impl Family {
    pub(super) fn new(
        name: String,
        scope: String,
        policy: BreakerPolicy,
        limits: KeyLimits,
        clock: Clock,
    ) -> Self {
        let calls_for_help = Arc::new(CallsForHelp::default());
        let time: hedgerow_gate::Clock = Arc::new(move || clock.now());
        let others = Place::new(
            "",
            &rules(&policy),
            Arc::clone(&time),
            Arc::clone(&calls_for_help),
        );
        Self {
            name,
            scope,
            limits,
            meter: CallMeter::new(&policy, clock),
            policy: ArcSwap::from_pointee(policy),
            clock,
            time,
            places: papaya::HashMap::new(),
            count: AtomicU32::new(0),
            others,
            is_remembered: AtomicBool::new(false),
            is_crowded: AtomicBool::new(false),
            turned_away: Tally::default(),
            calls_for_help,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn scope(&self) -> &str {
        &self.scope
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// How many keys have a place.
    pub(super) fn len(&self) -> u32 {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn id(&self, place: &Place) -> Identity {
        if place.key.is_empty() {
            Identity::keyed("breaker", &self.name, OTHERS, &self.scope)
        } else {
            Identity::keyed("breaker", &self.name, &self.scope, &*place.key)
        }
    }

    /// Its name among its siblings in the tree.
    pub(super) fn child_name(place: &Place) -> String {
        if place.key.is_empty() {
            OTHERS_NAME.to_owned()
        } else {
            place.key.to_string()
        }
    }

    /// The place that has these as the last parts of its id, made where there is none; `None` where there is no room, or
    /// they are not of this family.
    pub(super) fn place_of(&self, scope: &str, key: &str) -> Option<Arc<Place>> {
        if scope == OTHERS && key == self.scope {
            return Some(Arc::clone(&self.others));
        }
        if scope != self.scope {
            return None;
        }
        self.find(key).or_else(|| self.make(key))
    }

    /// The place of a key, made where there is none and room for it; else the one that the rest share.
    pub(super) fn place(&self, key: &str) -> Arc<Place> {
        // The last would have the id of the others.
        let is_theirs = key == OTHERS_NAME || key == OTHERS && self.scope == OTHERS;
        if key.is_empty() || key.len() > LONGEST_KEY || is_theirs {
            return Arc::clone(&self.others);
        }
        if let Some(place) = self.find(key) {
            return place;
        }
        self.make(key).unwrap_or_else(|| {
            self.turned_away.add(0);
            if !self.is_crowded.swap(true, Ordering::AcqRel) {
                // The keeper makes room, if it can.
                self.calls_for_help.keeper.ring();
            }
            Arc::clone(&self.others)
        })
    }

    fn find(&self, key: &str) -> Option<Arc<Place>> {
        let places = self.places.pin();
        places
            .get_key_value(key)
            .map(|(ByKey(place), ())| Arc::clone(place))
    }

    /// Makes a place for a key, unless there is no room.
    #[cold]
    fn make(&self, key: &str) -> Option<Arc<Place>> {
        let rules = rules(&self.policy.load());
        let (time, calls_for_help) = (Arc::clone(&self.time), Arc::clone(&self.calls_for_help));
        self.reserve()?;
        Some(self.settle_down(Place::new(key, &rules, time, calls_for_help)))
    }

    /// Puts a place back that a sweep took away under a caller, unless there is another by now, or no room.
    pub(super) fn take_back(&self, place: &Arc<Place>) -> bool {
        if self.is_known(place) {
            return true;
        }
        self.reserve().is_some() && Arc::ptr_eq(&self.settle_down(Arc::clone(place)), place)
    }

    fn is_known(&self, place: &Arc<Place>) -> bool {
        Arc::ptr_eq(place, &self.others)
            || self
                .find(&place.key)
                .is_some_and(|known| Arc::ptr_eq(&known, place))
    }

    /// Room for one place more.
    fn reserve(&self) -> Option<()> {
        let most = self.limits.max_keys;
        let one_more = |count: u32| (count < most).then_some(count + 1);
        self.count
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, one_more)
            .ok()
            .map(drop)
    }

    /// Puts a place in the map, for which there is room; answers the one that has its key then.
    fn settle_down(&self, place: Arc<Place>) -> Arc<Place> {
        let places = self.places.pin();
        match places.try_insert(ByKey(Arc::clone(&place)), ()) {
            Ok(_) => place,
            Err(_) => {
                self.count.fetch_sub(1, Ordering::AcqRel);
                // A sweep may have taken it away in between: then this call is the last that knows its gate.
                self.find(&place.key).unwrap_or(place)
            }
        }
    }

    /// Takes a place away.
    pub(super) fn drop_place(&self, key: &str) {
        if self.places.pin().remove(key).is_some() {
            self.count.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Those in the map, and the one that the rest share.
    pub(super) fn all(&self) -> Vec<Arc<Place>> {
        let places = self.places.pin();
        let known = places.keys().map(|ByKey(place)| Arc::clone(place));
        known.chain([Arc::clone(&self.others)]).collect()
    }

    /// Why a call was refused.
    pub(super) fn refusal(&self, gate: &KeyGate, shut: Shut) -> Refusal {
        let KeyGate(place) = gate;
        if let Some(breaker) = place.breaker() {
            return breaker.handle.refusal(shut);
        }
        // Without a breaker there is only the fence.
        self.meter.retry_after(by_fence(self.id(place).to_string()), shut)
    }

    /// Has all gates go by another policy which no breaker looks after; what they have counted stays.
    pub(super) fn post(&self, policy: BreakerPolicy) {
        self.meter.set(&policy);
        let rules: Rules = rules(&policy);
        self.policy.store(Arc::new(policy));
        for place in self.all() {
            if place.breaker().is_none() {
                place.owner.set_rules(&rules);
            }
        }
    }
}
