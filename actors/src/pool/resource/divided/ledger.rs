//! Which parts of which device are out, and who is next. Pure: asks and returns in, grants out.

use std::collections::VecDeque;

/// Devices of so many parts each, of which some are out.
///
/// A device is opened for the first part that is wanted of it and closed when the last one is back. Parts are taken of the open
/// device that has the fewest left and enough, so that whole devices stay free for those who want much. Who waits is served
/// first come, first served: one who wants much is not passed by those who want little.
#[derive(Debug)]
pub(super) struct Ledger {
    parts: u32,
    most_waiting: usize,
    devices: Vec<Device>,
    line: VecDeque<(Number, u32)>,
    numbers: u64,
}

/// The number of one who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number(u64);

impl Number {
    pub(super) fn get(self) -> u64 {
        self.0
    }
}

/// The place of a device.
pub(super) type Place = usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Device {
    Closed,
    /// With so many parts left.
    Open(u32),
    /// Broken: nothing is taken of it any more; so many parts are out.
    Retired(u32),
}

/// What became of one who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Given(Place),
    Waits(Number),
    /// Too many wait.
    Refused,
}

/// What became of parts that came back.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Back {
    /// Whether the device is closed: none of its parts is out.
    pub(super) is_closed: bool,
    /// Whether it is broken.
    pub(super) is_retired: bool,
    /// Who has been given parts, and of which device.
    pub(super) given: Vec<(Number, Place)>,
}

impl Ledger {
    pub(super) fn new(devices: u32, parts: u32, most_waiting: u32) -> Self {
        Self {
            parts,
            most_waiting: most_waiting as usize,
            devices: vec![Device::Closed; devices as usize],
            line: VecDeque::new(),
            numbers: 0,
        }
    }

    /// Somebody wants so many parts of one device, at most as many as it has.
    pub(super) fn ask(&mut self, parts: u32) -> Asked {
        if self.line.is_empty()
            && let Some(place) = self.give(parts)
        {
            return Asked::Given(place);
        }
        if self.line.len() >= self.most_waiting {
            return Asked::Refused;
        }
        self.numbers += 1;
        let number = Number(self.numbers);
        self.line.push_back((number, parts));
        Asked::Waits(number)
    }

    /// Takes parts of the open device that has the fewest left and enough, else of a fresh one.
    fn give(&mut self, parts: u32) -> Option<Place> {
        let open = |device: &Device| match device {
            Device::Open(left) if *left >= parts => Some(*left),
            _ => None,
        };
        let places = self.devices.iter().enumerate();
        let fitting = places.filter_map(|(place, device)| Some((open(device)?, place)));
        let place = match fitting.min() {
            Some((_, place)) => place,
            None => self.devices.iter().position(|device| *device == Device::Closed)?,
        };
        self.devices[place] = match self.devices[place] {
            Device::Open(left) => Device::Open(left - parts),
            _ => Device::Open(self.parts - parts),
        };
        Some(place)
    }

    /// So many parts of a device come back.
    pub(super) fn back(&mut self, place: Place, parts: u32) -> Back {
        let is_retired = matches!(self.devices[place], Device::Retired(_));
        let device = match self.devices[place] {
            Device::Open(left) if left + parts == self.parts => Device::Closed,
            Device::Open(left) => Device::Open(left + parts),
            Device::Retired(out) if out == parts => Device::Closed,
            Device::Retired(out) => Device::Retired(out - parts),
            Device::Closed => Device::Closed,
        };
        self.devices[place] = device;
        Back {
            is_closed: device == Device::Closed,
            is_retired,
            given: self.serve(),
        }
    }

    fn serve(&mut self) -> Vec<(Number, Place)> {
        let mut given = Vec::new();
        while let Some((number, parts)) = self.line.front().copied() {
            let Some(place) = self.give(parts) else { break };
            self.line.pop_front();
            given.push((number, place));
        }
        given
    }

    /// Nothing is taken of a device any more, of which parts are out.
    pub(super) fn retire(&mut self, place: Place) {
        if let Device::Open(left) = self.devices[place] {
            self.devices[place] = Device::Retired(self.parts - left);
        }
    }

    /// One goes away who waits. Those behind it may be served then.
    pub(super) fn withdraw(&mut self, number: Number) -> Vec<(Number, Place)> {
        self.line.retain(|(other, _)| *other != number);
        self.serve()
    }

    /// Parts of open devices that are left, those who wait, and devices that are closed.
    pub(super) fn census(&self) -> (u32, usize, usize) {
        let left = self.devices.iter().map(|device| match device {
            Device::Open(left) => *left,
            _ => 0,
        });
        let closed = self.devices.iter().filter(|device| **device == Device::Closed);
        (left.sum(), self.line.len(), closed.count())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_taken_of_the_fullest_device_that_has_enough() {
        let mut ledger = Ledger::new(3, 4, 10);
        let asks = [1, 3, 2, 1, 1, 4].map(|parts| ledger.ask(parts));
        let places = [0, 0, 1, 1, 1, 2].map(Asked::Given);
        assert_eq!(asks, places);
        assert_eq!(ledger.census(), (0, 0, 0));
        assert!(matches!(ledger.ask(1), Asked::Waits(_)));
    }

    #[test]
    fn who_wants_much_is_not_passed_by_who_wants_little() {
        let mut ledger = Ledger::new(1, 4, 10);
        assert_eq!(ledger.ask(3), Asked::Given(0));
        let Asked::Waits(much) = ledger.ask(4) else {
            panic!("one is left")
        };
        let Asked::Waits(little) = ledger.ask(1) else {
            panic!("it would pass by")
        };
        assert_eq!(ledger.back(0, 3).given, [(much, 0)]);
        assert_eq!(ledger.back(0, 4).given, [(little, 0)]);
    }

    #[test]
    fn who_goes_away_lets_those_behind_in() {
        let mut ledger = Ledger::new(1, 4, 10);
        assert_eq!(ledger.ask(3), Asked::Given(0));
        let Asked::Waits(much) = ledger.ask(4) else {
            panic!("one is left")
        };
        let Asked::Waits(little) = ledger.ask(1) else {
            panic!("it would pass by")
        };
        assert_eq!(ledger.withdraw(much), [(little, 0)]);
    }

    #[test]
    fn a_retired_device_is_opened_afresh_when_all_of_it_is_back() {
        let mut ledger = Ledger::new(1, 4, 1);
        assert_eq!((ledger.ask(1), ledger.ask(1)), (Asked::Given(0), Asked::Given(0)));
        ledger.retire(0);
        let Asked::Waits(next) = ledger.ask(1) else {
            panic!("it is retired")
        };
        assert_eq!(ledger.ask(1), Asked::Refused);
        assert!(!ledger.back(0, 1).is_closed);
        let back = ledger.back(0, 1);
        assert_eq!(
            (back.is_closed, back.is_retired, back.given),
            (true, true, vec![(next, 0)])
        );
    }

    proptest! {
        /// However parts are asked for, given back and not wanted any more: no device gives more than it has, nobody waits
        /// who could be served, and in the end all is back.
        #[test]
        fn no_part_is_given_twice_and_none_is_lost(steps in prop::collection::vec((1_u32..=4, 0_u8..4, any::<prop::sample::Index>()), 1..200)) {
            let mut ledger = Ledger::new(3, 4, 50);
            let mut out: Vec<(Place, u32)> = Vec::new();
            let mut waiting: Vec<(Number, u32)> = Vec::new();
            for (parts, what, index) in steps {
                let mut served = Vec::new();
                match what {
                    0 | 1 => match ledger.ask(parts) {
                        Asked::Given(place) => out.push((place, parts)),
                        Asked::Waits(number) => waiting.push((number, parts)),
                        Asked::Refused => prop_assert_eq!(waiting.len(), 50),
                    },
                    2 if !out.is_empty() => {
                        let (place, parts) = out.swap_remove(index.index(out.len()));
                        served = ledger.back(place, parts).given;
                    }
                    3 if !waiting.is_empty() => {
                        let (number, _) = waiting.remove(index.index(waiting.len()));
                        served = ledger.withdraw(number);
                    }
                    _ => {}
                }
                for (number, place) in served {
                    prop_assert_eq!(waiting[0].0, number, "in order");
                    out.push((place, waiting.remove(0).1));
                }
                for place in 0..3 {
                    let of_it: u32 = out.iter().filter(|(at, _)| *at == place).map(|(_, parts)| parts).sum();
                    prop_assert!(of_it <= 4);
                }
                let fits = |wanted: u32| (0..3).any(|place| {
                    let of_it: u32 = out.iter().filter(|(at, _)| *at == place).map(|(_, parts)| parts).sum();
                    4 - of_it >= wanted
                });
                prop_assert!(waiting.first().is_none_or(|(_, wanted)| !fits(*wanted)));
            }
            while let Some((place, parts)) = out.pop() {
                for (number, place) in ledger.back(place, parts).given {
                    prop_assert_eq!(waiting[0].0, number);
                    out.push((place, waiting.remove(0).1));
                }
            }
            prop_assert_eq!(ledger.census(), (0, 0, 3));
        }
    }
}
