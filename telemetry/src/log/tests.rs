use std::{
    io,
    panic::{catch_unwind, take_hook},
    sync::{Arc, Mutex},
};

use serde_json::Value;

use super::*;

/// What was written, for a test to read.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn log(&self, format: Format, filter: &str) -> Dispatch {
        let paper = self.clone();
        dispatch(format, EnvFilter::new(filter), BoxMakeWriter::new(move || paper.clone()), false)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Each line is one object, or this fails.
    fn objects(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Paper {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const HOSTILE: &str = "a\r\n{\"level\":\"ERROR\"}\u{1b}[31m\0\u{202e}";

#[test]
fn json_is_one_flat_object_a_line_whatever_a_name_holds() {
    let paper = Paper::default();
    tracing::dispatcher::with_default(&paper.log(Format::Json, "info"), || {
        let _in = tracing::error_span!("request", request_id = "abc").entered();
        tracing::info!(filename = HOSTILE, "granted");
    });
    let [line] = paper.objects().try_into().unwrap();
    assert_eq!((&line["message"], &line["filename"]), (&"granted".into(), &HOSTILE.into()));
    assert_eq!(line["span"]["request_id"], "abc");
}

#[test]
fn text_is_one_line_an_event_whatever_a_name_holds() {
    let paper = Paper::default();
    tracing::dispatcher::with_default(&paper.log(Format::Text, "info"), || {
        let _in = tracing::error_span!("request", filename = HOSTILE).entered();
        tracing::info!(filename = HOSTILE, "granted");
    });
    let text = paper.text();
    assert!(text.lines().count() == 1 && !text.contains(['\r', '\u{1b}', '\0']), "{text:?}");
}

#[test]
fn sdk_and_http_never_tell_whole_requests() {
    let paper = Paper::default();
    tracing::dispatcher::with_default(&paper.log(Format::Text, "trace,aws_sigv4=trace,hyper::proto=debug"), || {
        tracing::debug!(target: "aws_sigv4::http_request::sign", "secret");
        tracing::debug!(target: "aws_smithy_runtime::client", "secret");
        tracing::trace!(target: "hyper::proto::h1::io", "secret");
        tracing::trace!(target: "hyper_util::client", "secret");
        tracing::debug!(target: "reqwest::connect", "secret");
        tracing::info!(target: "aws_config", "a word");
        tracing::trace!(target: "api::uploads", "asked for");
    });
    let text = paper.text();
    assert!(!text.contains("secret") && text.contains("a word") && text.contains("asked for"), "{text}");
}

#[test]
fn panic_is_one_event_within_its_span_even_where_the_log_is_off() {
    let paper = Paper::default();
    let log = paper.log(Format::Json, "warn");
    panics::go_to(log.clone());
    tracing::dispatcher::with_default(&log, || {
        let _in = tracing::error_span!("image", image_id = "i1").entered();
        tracing::dispatcher::with_default(&Dispatch::none(), || {
            catch_unwind(|| panic!("index {} of\na picture", 7)).unwrap_err();
        });
    });
    drop(take_hook());
    let [line] = paper.objects().try_into().unwrap();
    assert_eq!((&line["message"], &line["cause"]), (&"panic".into(), &"index 7 of\na picture".into()));
    assert_eq!((&line["span"]["image_id"], &line["level"]), (&"i1".into(), &"ERROR".into()));
    assert!(line["at"].as_str().unwrap().contains("tests.rs:"), "{line}");
}
