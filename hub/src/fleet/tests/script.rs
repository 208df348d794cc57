//! What happens to a fleet, in seconds since the beginning.

/// Everything happens at multiples of this, so that what the hub must find is exact.
pub const STEP_S: i64 = 10;
/// Each station makes readings this often, in its own second.
pub const READING_S: i64 = 600;
/// The listener ends a session whose link is gone after one and a half keep-alives of 60 s.
pub const KEEP_ALIVE_S: i64 = 90;
pub const HOUR_S: i64 = 3_600;
pub const DAY_S: i64 = 24 * HOUR_S;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No power: no reading is made.
    Power,
    /// No link: readings wait in the outbox, if there is one, and come when the link is back.
    Link,
    /// No link, and for a part of that time no power either.
    LinkAndPower { off_s: i64, on_s: i64 },
    /// Two clients with the station's name, each taking over from the other every ten seconds.
    TakeOvers,
    /// The gateway's clock is off.
    Clock { offset_ms: i64 },
}

#[derive(Debug, Clone, Copy)]
pub struct Happening {
    pub station: usize,
    pub trouble: Trouble,
    pub from_s: i64,
    pub to_s: i64,
}

/// The hub does not run.
#[derive(Debug, Clone, Copy)]
pub struct HubStop {
    pub from_s: i64,
    pub to_s: i64,
    /// By kill -9: nothing after the last save is in `state.db`.
    pub killed: bool,
}

/// All that happens. Nothing overlaps for one station, except with a stop of the hub.
#[derive(Debug, Clone, Default)]
pub struct Script {
    pub stations: usize,
    pub length_s: i64,
    pub happenings: Vec<Happening>,
    /// Stations `from..to` behind one link that is cut.
    pub shared: Vec<(std::ops::Range<usize>, i64, i64)>,
    pub hub_stops: Vec<HubStop>,
    /// Windows of planned work at one station.
    pub planned: Vec<(usize, i64, i64)>,
}

/// Whether the station keeps what it cannot send. One in ten is another maker's and does not.
pub fn has_outbox(station: usize) -> bool {
    station % 10 != 9
}

/// When the station makes its readings: the second within [`READING_S`].
pub fn phase_s(station: usize) -> i64 {
    station as i64 % (READING_S / STEP_S) * STEP_S
}

/// How long the station takes to be back after a stop of the hub.
pub fn reconnect_s(station: usize) -> i64 {
    STEP_S + station as i64 * 7 % 12 * STEP_S
}

impl Script {
    pub fn new(stations: usize, length_s: i64) -> Self {
        Self { stations, length_s, ..Self::default() }
    }

    /// A month of a district: each station has a power cut or two, link cuts short and long, and some more.
    pub fn month(stations: usize, seed: u64) -> Self {
        let mut script = Self::new(stations, 30 * DAY_S);
        script.hub_stops = vec![
            HubStop { from_s: 5 * DAY_S, to_s: 5 * DAY_S + 20 * 60, killed: false },
            HubStop { from_s: 12 * DAY_S + 30, to_s: 12 * DAY_S + 50, killed: true },
            HubStop { from_s: 19 * DAY_S, to_s: 19 * DAY_S + 20 * 60, killed: true },
        ];
        script.shared = vec![(20..60, 9 * DAY_S + 2 * HOUR_S, 9 * DAY_S + 5 * HOUR_S)];
        let mut dice = Dice(seed | 1);
        for station in 0..stations {
            script.add_troubles(station, &mut dice);
        }
        script
    }

    /// One or two troubles in each part of three days, which are kept apart from each other, from the stops of the hub and from the
    /// shared cut.
    fn add_troubles(&mut self, station: usize, dice: &mut Dice) {
        for day in (0..self.length_s / DAY_S).step_by(3) {
            let from_s = day * DAY_S + 8 * HOUR_S + dice.below(30 * HOUR_S / STEP_S) * STEP_S;
            let length_s = match dice.below(4) {
                0 => dice.below(15) * STEP_S + STEP_S,
                1 => 200 + dice.below(60) * STEP_S,
                _ => 920 + dice.below(10 * HOUR_S / STEP_S) * STEP_S,
            };
            let trouble = match dice.below(8) {
                0..=2 => Trouble::Power,
                3..=5 => Trouble::Link,
                6 if length_s > 2 * HOUR_S => {
                    Trouble::LinkAndPower { off_s: HOUR_S / 2, on_s: length_s - HOUR_S / 2 }
                }
                _ if station % 20 == 7 => Trouble::TakeOvers,
                _ if station % 20 == 3 => Trouble::Clock { offset_ms: -3 * HOUR_S * 1_000 },
                _ => continue,
            };
            let to_s = from_s + if trouble == Trouble::TakeOvers { 20 * 60 } else { length_s };
            if !self.is_disturbed(from_s - 2 * HOUR_S, to_s + 2 * HOUR_S) {
                self.happenings.push(Happening { station, trouble, from_s, to_s });
            }
        }
    }

    fn is_disturbed(&self, from_s: i64, to_s: i64) -> bool {
        let stops = self.hub_stops.iter().map(|stop| (stop.from_s, stop.to_s));
        let cuts = self.shared.iter().map(|(_, from, to)| (*from, *to));
        stops.chain(cuts).any(|(from, to)| from < to_s && from_s < to)
    }

    /// The address range from which a station connects: of its shared link, or one of its own.
    pub fn range(&self, station: usize) -> u8 {
        let shared = self.shared.iter().position(|(stations, ..)| stations.contains(&station));
        shared.map_or(station as u8, |link| 255 - link as u8)
    }

    /// Everything that happens to one station, the shared cuts included, by time.
    pub fn of(&self, station: usize) -> Vec<Happening> {
        let shared = self.shared.iter().filter(|(stations, ..)| stations.contains(&station));
        let shared = shared.map(|(_, from_s, to_s)| Happening {
            station,
            trouble: Trouble::Link,
            from_s: *from_s,
            to_s: *to_s,
        });
        let own = self.happenings.iter().filter(|happening| happening.station == station).copied();
        let mut all: Vec<Happening> = own.chain(shared).collect();
        all.sort_by_key(|happening| happening.from_s);
        all
    }
}

impl Happening {
    pub fn during(&self, at_s: i64) -> bool {
        (self.from_s..self.to_s).contains(&at_s)
    }

    /// Whether there is no power at this time.
    pub fn is_dark(&self, at_s: i64) -> bool {
        match self.trouble {
            Trouble::Power => self.during(at_s),
            Trouble::LinkAndPower { off_s, on_s } => {
                (self.from_s + off_s..self.from_s + on_s).contains(&at_s)
            }
            _ => false,
        }
    }

    pub fn clock_offset_ms(&self, at_s: i64) -> Option<i64> {
        match self.trouble {
            Trouble::Clock { offset_ms } if self.during(at_s) => Some(offset_ms),
            _ => None,
        }
    }

    /// Whether the hub cannot be reached at this time.
    pub fn cuts_off(&self, at_s: i64) -> bool {
        let cuts = matches!(self.trouble, Trouble::Power | Trouble::Link | Trouble::LinkAndPower { .. });
        cuts && self.during(at_s)
    }
}

/// Xorshift64 (Marsaglia 2003).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.unsigned_abs()) as i64
    }
}
