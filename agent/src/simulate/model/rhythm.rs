//! The day and the year in a Chinese city: when people come, and how warm it is outside.

/// UTC+8, all year.
const CHINA_OFFSET_MS: i64 = 8 * 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// Hour of the local day, 0.0 to 24.0.
pub fn local_hour(simulated_ms: i64) -> f64 {
    (simulated_ms + CHINA_OFFSET_MS).rem_euclid(DAY_MS) as f64 / 3_600_000.0
}

/// How many people come now, relative to the mean of the day (the mean over 24 h is 1): couriers rest after the
/// lunch and the dinner rush, sanitation workers come early in the morning, and the night is quiet.
pub fn demand(simulated_ms: i64) -> f64 {
    let hour = local_hour(simulated_ms);
    let raw = 0.15
        + 0.9 * bump(hour, 6.5, 0.9)
        + 3.0 * bump(hour, 12.2, 1.1)
        + 0.8 * bump(hour, 15.0, 1.2)
        + 2.4 * bump(hour, 18.6, 1.5);
    raw / MEAN_OF_DAY
}

/// The mean of the curve above over 24 hours: 0.15 + √(2π)/24 · Σ height · width.
const MEAN_OF_DAY: f64 = 0.15 + 2.506_628 / 24.0 * (0.9 * 0.9 + 3.0 * 1.1 + 0.8 * 1.2 + 2.4 * 1.5);

/// Outdoor air, °C: a temperate Chinese city, warmest in late July and at 15:00.
pub fn outdoor_c(simulated_ms: i64) -> f64 {
    let day_of_year = simulated_ms.rem_euclid((365.25 * DAY_MS as f64) as i64) as f64 / DAY_MS as f64;
    let season = (std::f64::consts::TAU * (day_of_year - 205.0) / 365.25).cos();
    let hour = (std::f64::consts::TAU * (local_hour(simulated_ms) - 15.0) / 24.0).cos();
    14.0 + 13.0 * season + 4.5 * hour
}

/// A bell of height 1 around `centre`, in hours of a day that wraps.
fn bump(hour: f64, centre: f64, width: f64) -> f64 {
    let distance = (hour - centre).abs();
    let distance = distance.min(24.0 - distance) / width;
    (-0.5 * distance * distance).exp()
}
