//! Dates for people.

/// `2026-11-22 08:30 UTC`. The calendar is Gregorian, counted in eras of 400 years that begin in March, so that leap
/// days come last (Howard Hinnant, "chrono-compatible low-level date algorithms").
pub fn utc(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", second / 3_600, second % 3_600 / 60)
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates() {
        let check = |seconds, expected| assert_eq!(super::utc(seconds), expected);
        check(0, "1970-01-01 00:00 UTC");
        check(-1, "1969-12-31 23:59 UTC");
        check(951_782_399, "2000-02-28 23:59 UTC");
        check(951_782_400, "2000-02-29 00:00 UTC");
        check(1_735_689_600, "2025-01-01 00:00 UTC");
        check(1_798_761_599, "2026-12-31 23:59 UTC");
        check(4_107_542_400, "2100-03-01 00:00 UTC");
    }
}
