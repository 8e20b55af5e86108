//! What is counted as Prometheus scrapes it: the text format, version 0.0.4.

use std::{
    fmt::Write,
    sync::{PoisonError, atomic::Ordering::Relaxed},
};

use super::{BOUNDS, COUNTERS, Counter, HISTOGRAMS, Histogram, OTHER, Series};

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is looked up when it is asked for.
pub struct Gauge {
    /// With its unit, and without the prefix.
    pub name: &'static str,
    pub help: &'static str,
    pub value: f64,
}

/// All that is counted, and these.
pub fn text(gauges: &[Gauge]) -> String {
    let mut text = String::new();
    for counter in COUNTERS {
        write_counter(&mut text, counter);
    }
    for histogram in HISTOGRAMS {
        write_histogram(&mut text, histogram);
    }
    for Gauge { name, help, value } in gauges {
        head(&mut text, name, "gauge", help);
        line(&mut text, name, "", *value);
    }
    text
}

fn write_counter(text: &mut String, counter: &Counter) {
    let name = format!("{}_total", counter.name);
    head(text, &name, "counter", counter.help);
    for (value, count) in counter.values() {
        let count = count.load(Relaxed);
        if value != OTHER || count > 0 {
            line(text, &name, &pairs(&[(counter.label, value)]), count as f64);
        }
    }
}

fn write_histogram(text: &mut String, histogram: &Histogram) {
    let name = format!("{}_seconds", histogram.name);
    head(text, &name, "histogram", histogram.help);
    let mut all = histogram.series.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if histogram.labels.is_empty() {
        all.entry(Vec::new()).or_default();
    }
    for (values, series) in all {
        let labels: Vec<_> = histogram.labels.iter().copied().zip(values.iter().map(String::as_str)).collect();
        write_series(text, &name, &labels, &series);
    }
}

fn write_series(text: &mut String, name: &str, labels: &[(&str, &str)], series: &Series) {
    let mut below = 0;
    let bounds = BOUNDS.iter().zip(series.buckets).map(|(bound, count)| {
        below += count;
        (bound.to_string(), below)
    });
    for (bound, count) in bounds.chain([("+Inf".to_owned(), series.count)]) {
        let labels = [labels, &[("le", &bound)]].concat();
        line(text, &format!("{name}_bucket"), &pairs(&labels), count as f64);
    }
    line(text, &format!("{name}_sum"), &pairs(labels), series.seconds);
    line(text, &format!("{name}_count"), &pairs(labels), series.count as f64);
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = write!(text, "# HELP tintype_{name} {help}\n# TYPE tintype_{name} {kind}\n");
}

fn line(text: &mut String, name: &str, labels: &str, value: f64) {
    let _ = writeln!(text, "tintype_{name}{labels} {value}");
}

/// The labels in braces. Their values are ours: there is nothing to escape.
fn pairs(labels: &[(&str, &str)]) -> String {
    let pairs: Vec<_> =
        labels.iter().filter(|(name, _)| !name.is_empty()).map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn buckets_hold_their_bound_and_all_below_it() {
        let histogram = Histogram::new("wait", "Waits.", &["stage"]);
        for seconds in [0.005, 0.0051, 300.0, 301.0] {
            histogram.note(&["claim"], Duration::from_secs_f64(seconds));
        }
        let mut text = String::new();
        write_histogram(&mut text, &histogram);
        for (bound, count) in [("0.005", 1), ("0.01", 2), ("60", 2), ("300", 3), ("+Inf", 4)] {
            let line = format!("tintype_wait_seconds_bucket{{stage=\"claim\",le=\"{bound}\"}} {count}\n");
            assert!(text.contains(&line), "{line}{text}");
        }
        assert!(
            text.ends_with("_sum{stage=\"claim\"} 601.0101\ntintype_wait_seconds_count{stage=\"claim\"} 4\n"),
            "{text}"
        );
    }

    #[test]
    fn each_known_value_is_there_from_the_start_and_any_other_under_one_name() {
        let counter = Counter::by("cats", "Cats.", "colour", &["black", "grey"]);
        counter.add_of("grey");
        let mut text = String::new();
        write_counter(&mut text, &counter);
        assert!(text.ends_with("{colour=\"black\"} 0\ntintype_cats_total{colour=\"grey\"} 1\n"), "{text}");
        for colour in ["a client's", "another client's"] {
            counter.add_of(colour);
        }
        write_counter(&mut text, &counter);
        assert!(text.ends_with("{colour=\"other\"} 2\n"), "{text}");
    }
}
