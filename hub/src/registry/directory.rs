//! The snapshot that the hot path asks: immutable, sorted by station id, no lock.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use waystation_protocol::StationId;

use super::{Principal, Station, TokenHash};

/// The current [`Directory`]; `load()` it for each use, so that a change is seen.
pub type SharedDirectory = Arc<ArcSwap<Directory>>;

/// All stations and tokens as of one moment.
#[derive(Debug)]
pub struct Directory {
    /// Sorted by id.
    stations: Vec<Arc<Station>>,
    /// Of the station at the same place.
    station_hashes: Vec<TokenHash>,
    /// Second tokens, good beside the first until they are used.
    successors: HashMap<StationId, TokenHash>,
    /// Place of a station.
    places: HashMap<StationId, u32>,
    owners: HashMap<TokenHash, Principal>,
    /// Compared with when a station is unknown, so that this takes as long as a wrong token.
    decoy: TokenHash,
}

impl Default for Directory {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new())
    }
}

impl Directory {
    /// A snapshot of these stations and tokens. A later one of the same id wins.
    #[must_use]
    pub fn new(mut stations: Vec<(Station, TokenHash)>, tokens: Vec<(Principal, TokenHash)>) -> Self {
        if !stations.is_sorted_by(|(left, _), (right, _)| left.id < right.id) {
            let by_id: std::collections::BTreeMap<StationId, (Station, TokenHash)> =
                stations.into_iter().map(|entry| (entry.0.id.clone(), entry)).collect();
            stations = by_id.into_values().collect();
        }
        let places =
            stations.iter().zip(0..).map(|((station, _), place)| (station.id.clone(), place)).collect();
        let (stations, station_hashes) =
            stations.into_iter().map(|(station, hash)| (Arc::new(station), hash)).unzip();
        Self {
            stations,
            station_hashes,
            successors: HashMap::new(),
            places,
            owners: tokens.into_iter().map(|(owner, hash)| (hash, owner)).collect(),
            decoy: TokenHash::of(b"no token hashes to this by any means but this text"),
        }
    }

    /// The same with these second tokens.
    #[must_use]
    pub fn with_successors(mut self, successors: HashMap<StationId, TokenHash>) -> Self {
        self.successors = successors;
        self
    }

    /// Ready to be shared and swapped.
    #[must_use]
    pub fn shared(self) -> SharedDirectory {
        Arc::new(ArcSwap::from_pointee(self))
    }

    #[must_use]
    pub fn station(&self, id: &str) -> Option<&Arc<Station>> {
        self.stations.get(self.place(id)?)
    }

    /// All of them, sorted by id.
    #[must_use]
    pub fn stations(&self) -> &[Arc<Station>] {
        &self.stations
    }

    /// Those with an id greater than this one, sorted: what follows a page that ended with it.
    #[must_use]
    pub fn stations_after(&self, id: &str) -> &[Arc<Station>] {
        &self.stations[self.stations.partition_point(|station| station.id.as_str() <= id)..]
    }

    /// Number of stations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.stations.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stations.is_empty()
    }

    /// Whether this is a token of this station. An unknown station takes the same work as a wrong token.
    #[must_use]
    pub fn login_station(&self, id: &str, token: &[u8]) -> bool {
        let presented = TokenHash::of(token);
        let place = self.place(id);
        let stored = place.and_then(|place| self.station_hashes.get(place)).unwrap_or(&self.decoy);
        let successor = self.successors.get(id).unwrap_or(&self.decoy);
        // `&` and `|`, not `&&` and `||`: all sides are always worked out.
        (presented.matches(stored) | presented.matches(successor)) & place.is_some()
    }

    /// Who owns this token; with a name, only if it is the token of that name.
    ///
    /// It is found by its hash, of which a guesser controls nothing, so that the look-up's time tells nothing.
    #[must_use]
    pub fn login_token(&self, name: Option<&str>, token: &[u8]) -> Option<Principal> {
        let owner = self.owners.get(&TokenHash::of(token))?;
        name.is_none_or(|name| name == owner.name.as_str()).then(|| owner.clone())
    }

    /// Whether this is still a token of somebody: asked of streams, which outlive the request that began them.
    #[must_use]
    pub fn is_login_token(&self, hash: &TokenHash) -> bool {
        self.owners.contains_key(hash)
    }

    /// Whether this is still a token of this station: asked of connections when the registry has changed.
    #[must_use]
    pub fn is_station_token(&self, id: &str, hash: &TokenHash) -> bool {
        self.place(id)
            .and_then(|place| self.station_hashes.get(place))
            .is_some_and(|stored| stored.matches(hash) | self.is_successor(id, hash))
    }

    /// Whether this is the second token of this station: with its first use it becomes the only one.
    #[must_use]
    pub fn is_successor(&self, id: &str, hash: &TokenHash) -> bool {
        self.successors.get(id).is_some_and(|successor| successor.matches(hash))
    }

    /// The second tokens.
    #[must_use]
    pub fn successors(&self) -> &HashMap<StationId, TokenHash> {
        &self.successors
    }

    /// Who owns the token of this hash.
    #[must_use]
    pub fn owner_of(&self, hash: &TokenHash) -> Option<&Principal> {
        self.owners.get(hash)
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).map(|place| *place as usize)
    }
}
