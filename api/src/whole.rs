//! Whole numbers, however JSON writes them: 5.0 is one by JSON Schema, and some languages write it so.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Number;

/// Beyond it a floating point number may stand for another than was meant.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

pub fn required<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    whole(&Number::deserialize(from)?)
}

pub fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Option::<Number>::deserialize(from)?.as_ref().map(whole).transpose()
}

fn whole<E: Error>(number: &Number) -> Result<u64, E> {
    let float = number.as_f64().filter(|float| float.fract() == 0.0 && (0.0..=MAX_EXACT).contains(float));
    let whole = number.as_u64().or(float.map(|float| float as u64));
    whole.ok_or_else(|| E::custom(format!("{number} is no whole number of a size that could be meant")))
}
