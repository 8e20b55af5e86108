//! Reads the text format of Prometheus, version 0.0.4, and lets nothing pass that a scrape would stumble over.

use std::collections::BTreeMap;

/// Every sample by its series as it is written, such as `a_total{b="c"}`.
pub type Samples = BTreeMap<String, f64>;

/// One family: its head, then its samples.
struct Family<'a> {
    name: &'a str,
    kind: &'a str,
    samples: Vec<(Series, f64)>,
}

struct Series {
    name: String,
    labels: Vec<(String, String)>,
}

pub fn read(text: &str) -> Samples {
    assert!(text.ends_with('\n'), "the last line ends too");
    let mut all = Samples::new();
    let mut names = Vec::new();
    for family in families(text) {
        assert!(!names.contains(&family.name.to_owned()), "{} comes twice", family.name);
        names.push(family.name.to_owned());
        family.check();
        for (series, value) in family.samples {
            let written = series.written();
            assert!(all.insert(written.clone(), value).is_none(), "{written} comes twice");
        }
    }
    all
}

fn families(text: &str) -> Vec<Family<'_>> {
    let (mut families, mut lines) = (Vec::new(), text.lines().peekable());
    while let Some(line) = lines.next() {
        let (name, help) = line.strip_prefix("# HELP ").and_then(|head| head.split_once(' ')).expect(line);
        let kind = lines.next().unwrap().strip_prefix("# TYPE ").and_then(|head| head.split_once(' ')).expect(line);
        assert!(kind.0 == name && !help.is_empty() && is_name(name), "{line}");
        let mut samples = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            samples.push(sample(line));
        }
        families.push(Family { name, kind: kind.1, samples });
    }
    families
}

fn sample(line: &str) -> (Series, f64) {
    let (series, value) = line.rsplit_once(' ').expect(line);
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let labels = labels.strip_suffix('}').expect(line);
    let labels = labels.split(',').filter(|label| !label.is_empty()).map(|label| {
        let (name, value) = label.split_once("=\"").expect(line);
        let value = value.strip_suffix('"').expect(line);
        assert!(is_name(name) && !value.is_empty() && !value.contains(['"', '\\']), "{line}");
        (name.to_owned(), value.to_owned())
    });
    (Series { name: name.to_owned(), labels: labels.collect() }, value.parse().expect(line))
}

fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && name.starts_with(|first: char| first.is_ascii_lowercase())
}

impl Series {
    fn written(&self) -> String {
        let labels: Vec<_> = self.labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        if labels.is_empty() { self.name.clone() } else { format!("{}{{{}}}", self.name, labels.join(",")) }
    }

    /// Without the bound of a bucket.
    fn identity(&self) -> Vec<(String, String)> {
        self.labels.iter().filter(|(name, _)| name != "le").cloned().collect()
    }

    fn bound(&self) -> f64 {
        let bound = self.labels.iter().find(|(name, _)| name == "le").expect("a bucket has a bound");
        bound.1.parse().unwrap()
    }
}

impl Family<'_> {
    fn check(&self) {
        let Self { name, kind, samples } = self;
        assert!(samples.iter().all(|(_, value)| value.is_finite()), "{name}");
        match *kind {
            "gauge" => assert!(samples.iter().all(|(series, _)| series.name == *name), "{name}"),
            "counter" => {
                assert!(name.ends_with("_total") && !samples.is_empty(), "{name}");
                assert!(samples.iter().all(|(series, value)| series.name == *name && *value >= 0.0), "{name}");
            }
            "histogram" => self.check_histogram(),
            other => panic!("{name} is a {other}"),
        }
    }

    /// Of each series its buckets, growing up to `+Inf`, then sum and count, and nothing in between.
    fn check_histogram(&self) {
        let same = |a: &(Series, f64), b: &(Series, f64)| a.0.identity() == b.0.identity();
        for series in self.samples.chunk_by(same) {
            let [buckets @ .., sum, count] = series else { panic!("{}", self.name) };
            let names = [&sum.0.name, &count.0.name].map(|name| name.strip_prefix(self.name).unwrap());
            assert_eq!(names, ["_sum", "_count"]);
            assert!(buckets.iter().all(|(bucket, _)| bucket.name.strip_prefix(self.name) == Some("_bucket")));
            assert!(
                buckets.is_sorted_by(|(a, below), (b, all)| a.bound() < b.bound() && below <= all),
                "{}",
                self.name
            );
            let last = buckets.last().expect("a histogram has buckets");
            assert_eq!((last.0.bound(), last.1), (f64::INFINITY, count.1), "{}", self.name);
            assert!(sum.1 >= 0.0, "{}", self.name);
        }
    }
}

#[test]
fn what_no_scraper_would_take_is_not_taken_here() {
    let good = "# HELP a_seconds A.\n# TYPE a_seconds histogram\na_seconds_bucket{le=\"1\"} 1\na_seconds_bucket{le=\"+Inf\"} 2\na_seconds_sum 3\na_seconds_count 2\n";
    assert_eq!(read(good)["a_seconds_count"], 2.0);
    for (part, instead) in [
        ("# HELP a_seconds A.\n", ""),
        ("} 1\n", "} 3\n"),
        ("+Inf", "2"),
        ("_count 2", "_count 3"),
        ("a_seconds_sum 3\n", ""),
        ("\"1\"", "1"),
        ("histogram", "counter"),
    ] {
        let bad = good.replace(part, instead);
        assert!(std::panic::catch_unwind(|| read(&bad)).is_err(), "{bad}");
    }
}
