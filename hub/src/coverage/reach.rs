//! What lies within a radius of any station: positions in bands of latitude as high as the radius, each sorted by
//! longitude, so that a look takes three short searches.

use std::collections::BTreeMap;
use std::f64::consts::{FRAC_PI_2, PI};

/// The Earth's mean radius, m (IUGG).
const EARTH_M: f64 = 6_371_008.8;
/// More than rounding can take away from an angle, radians: less than a tenth of a millimetre.
const ROUNDING: f64 = 1e-11;

/// Positions, and how far they reach.
pub struct Reach {
    radius_m: f64,
    /// The radius as an angle at the Earth's centre.
    angle: f64,
    /// (longitude, latitude) in radians by band, sorted.
    bands: BTreeMap<i64, Vec<(f64, f64)>>,
}

impl Reach {
    /// `positions`: latitude and longitude, WGS-84 degrees; `radius_m` above 0 and below a quarter of the Earth.
    #[must_use]
    pub fn new(positions: impl IntoIterator<Item = (f64, f64)>, radius_m: f64) -> Self {
        let angle = radius_m / EARTH_M;
        let mut bands: BTreeMap<i64, Vec<(f64, f64)>> = BTreeMap::new();
        for (latitude, longitude) in positions {
            let (latitude, longitude) = (latitude.to_radians(), longitude.to_radians());
            bands.entry(band(latitude, angle)).or_default().push((longitude, latitude));
        }
        bands.values_mut().for_each(|band| band.sort_by(|left, right| left.0.total_cmp(&right.0)));
        Self { radius_m, angle, bands }
    }

    /// Whether a position is near to this place, WGS-84 degrees.
    #[must_use]
    pub fn covers(&self, latitude: f64, longitude: f64) -> bool {
        let (latitude, longitude) = (latitude.to_radians(), longitude.to_radians());
        let middle = band(latitude, self.angle);
        let half = self.half_width(latitude);
        let mut bands = self.bands.range(middle - 1..=middle + 1);
        bands.any(|(_, band)| {
            // East and west meet at 180°.
            [-2.0 * PI, 0.0, 2.0 * PI].into_iter().any(|turn| {
                let (from, to) = (longitude + turn - half, longitude + turn + half);
                let first = band.partition_point(|(east, _)| *east < from);
                let within = band[first..].iter().take_while(|(east, _)| *east <= to);
                within
                    .into_iter()
                    .any(|(east, north)| arc_m((latitude, longitude), (*north, *east)) <= self.radius_m)
            })
        })
    }

    /// How far east and west anything within the radius can be: a circle's widest, where a meridian touches it.
    fn half_width(&self, latitude: f64) -> f64 {
        let angle = self.angle + ROUNDING;
        if latitude.abs() + angle >= FRAC_PI_2 {
            return PI; // a pole lies within
        }
        (angle.sin() / latitude.cos()).min(1.0).asin() + ROUNDING
    }
}

#[allow(clippy::cast_possible_truncation)] // bands are at most some 10^8
fn band(latitude: f64, angle: f64) -> i64 {
    (latitude / (angle + ROUNDING)).floor() as i64
}

/// The distance of two places on a sphere (haversine), m; latitude and longitude in degrees.
#[must_use]
pub fn distance_m(left: (f64, f64), right: (f64, f64)) -> f64 {
    let radians = |place: (f64, f64)| (place.0.to_radians(), place.1.to_radians());
    arc_m(radians(left), radians(right))
}

fn arc_m((north, east): (f64, f64), (other_north, other_east): (f64, f64)) -> f64 {
    let half_sine = |angle: f64| (angle / 2.0).sin().powi(2);
    let chord =
        half_sine(north - other_north) + north.cos() * other_north.cos() * half_sine(east - other_east);
    2.0 * EARTH_M * chord.sqrt().min(1.0).asin()
}
