//! Any bytes at all: they are developed or refused, within the limits, and what was made of them is a picture.

#![no_main]

use std::sync::LazyLock;

use imaging::{Limits, Picture, develop};
use libfuzzer_sys::fuzz_target;
use preset::Preset;

/// Small, so that most of the time goes into what reads the bytes.
const LIMITS: Limits =
    Limits { max_pixels: 1 << 16, max_side: 1 << 10, max_frames: 8, max_scans: 16, max_metadata_bytes: 1 << 16 };

/// Each encoder, and one rendition that moves.
static PRESET: LazyLock<Preset> = LazyLock::new(|| {
    preset(
        r#"[
    { "name": "a", "format": "jpeg", "width": 48, "height": 48, "fit": "cover", "gravity": "attention" },
    { "name": "b", "format": "png", "width": 16, "filters": [{ "blur": { "sigma": 1.5 } }] },
    { "name": "c", "format": "webp", "width": 24, "animated": true }
]"#,
    )
});

/// What is made once more of a rendition.
static AGAIN: LazyLock<Preset> = LazyLock::new(|| preset(r#"[{ "name": "a", "format": "png", "width": 8 }]"#));

fuzz_target!(|original: &[u8]| {
    let Ok(developed) = develop(original, &PRESET, &LIMITS) else { return };
    assert!(u64::from(developed.width) * u64::from(developed.height) <= LIMITS.max_pixels);
    assert!(developed.width.max(developed.height) <= LIMITS.max_side && developed.frames > 0);
    developed.renditions.iter().for_each(is_a_picture);
});

fn is_a_picture(made: &Picture) {
    let again = develop(&made.bytes, &AGAIN, &LIMITS).expect("what is made here can be read here");
    assert_eq!((again.width, again.height), (made.width, made.height));
}

fn preset(renditions: &str) -> Preset {
    let json = format!(r#"{{ "name": "fuzz", "renditions": {renditions} }}"#);
    serde_json::from_str(&json).expect("a preset")
}
