//! How figures are summed up and shown.

use std::{fmt::Display, time::Duration};

/// Many measurements of one thing, the shortest first; at least one.
pub struct Durations(Vec<Duration>);

impl Durations {
    pub fn new(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    /// The smallest that `percent` of all do not exceed (the nearest rank: always one that was measured).
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100);
        self.0[rank.max(1) - 1]
    }

    pub fn median(&self) -> Duration {
        self.percentile(50)
    }

    pub fn worst(&self) -> Duration {
        self.percentile(100)
    }
}

/// One row of the table.
pub fn row(name: impl Display, figure: impl Display) {
    println!("| {name} | {figure} |");
}

pub fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

pub fn megabytes(megabytes: f64) -> String {
    format!("{megabytes:.0} MB")
}

/// With the thousands set apart: these numbers are read by people.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_that_was_measured() {
        let all = Durations::new((1..=200).rev().map(Duration::from_millis).collect());
        assert_eq!([50, 99, 100].map(|percent| all.percentile(percent)), [100, 198, 200].map(Duration::from_millis));
        assert_eq!(Durations::new(vec![Duration::from_millis(7)]).median(), Duration::from_millis(7));
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([7, 999, 1000, 1_234_567].map(grouped), ["7", "999", "1,000", "1,234,567"]);
    }
}
