//! What is counted as CloudWatch reads it out of the log of a function: the embedded metric format.

use std::{
    io::{Write, stdout},
    mem::take,
    sync::{PoisonError, atomic::Ordering::Relaxed},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Map, Value, json};

use super::{COUNTERS, Counter, Histogram, QUEUE_WAIT, STAGE, Series};

const NAMESPACE: &str = "Tintype";
const DIMENSION: &str = "FunctionName";

/// Prints one line of what was counted since the last, if anything was. Meant for after each message, and now and then.
pub fn print() {
    // Elsewhere it is the plain worker that prints: a dimension must not be empty.
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_else(|_| "processor".into());
    if let Some(line) = line(&function)
        && let Err(error) = writeln!(stdout(), "{line}")
    {
        tracing::warn!(%error, "metrics were lost");
    }
}

/// Counters in total, since each label's value would be a metric to pay for; the log tells them apart.
/// Requests are left out: API Gateway counts its own.
fn line(function: &str) -> Option<Value> {
    let totals = COUNTERS.iter().map(|counter| (counter.name.to_owned(), json!(drain(counter)), "Count"));
    let totals = totals.filter(|(_, count, _)| *count != 0);
    let durations = [&QUEUE_WAIT, &STAGE].into_iter().flat_map(milliseconds);
    let counted: Vec<_> = totals.chain(durations).collect();
    if counted.is_empty() {
        return None;
    }
    let metrics: Vec<_> = counted.iter().map(|(name, _, unit)| json!({ "Name": name, "Unit": unit })).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": metrics });
    let mut line = Map::new();
    line.insert("_aws".into(), json!({ "Timestamp": now, "CloudWatchMetrics": [directive] }));
    line.insert(DIMENSION.into(), function.into());
    line.extend(counted.into_iter().map(|(name, value, _)| (name, value)));
    Some(line.into())
}

fn drain(counter: &Counter) -> u64 {
    counter.counts.iter().map(|count| count.swap(0, Relaxed)).sum()
}

/// One metric a series: between two lines a message passes each stage once, or so seldom more that the mean will do.
fn milliseconds(histogram: &Histogram) -> Vec<(String, Value, &'static str)> {
    let drained = take(&mut *histogram.series.lock().unwrap_or_else(PoisonError::into_inner));
    let metric = |(values, series): (Vec<String>, Series)| {
        let name = [&[histogram.name.to_owned()], values.as_slice(), &["milliseconds".to_owned()]].concat().join("_");
        (name, json!(1000.0 * series.seconds / series.count as f64), "Milliseconds")
    };
    drained.into_iter().map(metric).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::IMAGES_FAILED;

    #[test]
    fn one_line_holds_what_was_counted_since_the_last() {
        IMAGES_FAILED.add_of("corrupt");
        IMAGES_FAILED.add_of("of a later version");
        STAGE.note(&["develop"], Duration::from_millis(250));
        let told = line("processor").unwrap();
        assert_eq!((&told["images_failed"], &told["stage_develop_milliseconds"]), (&json!(2), &json!(250.0)));
        let [directive] = told["_aws"]["CloudWatchMetrics"].as_array().unwrap().as_slice() else { panic!("{told}") };
        assert_eq!(
            (&directive["Dimensions"], &told["FunctionName"]),
            (&json!([["FunctionName"]]), &json!("processor"))
        );
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!(metrics.iter().all(|metric| told[metric["Name"].as_str().unwrap()].is_number()), "{told}");
        assert_eq!((metrics.len(), line("processor")), (2, None));
    }
}
