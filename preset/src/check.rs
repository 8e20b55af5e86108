//! What a preset must be, so that nothing is refused, or ignored, when pictures have come.

use std::ops::RangeInclusive;

use anyhow::{Result, anyhow, ensure};

use crate::{Filter, Fit, Format, Gravity, Preset, Rendition};

const MAX_NAME_BYTES: usize = 63;
/// Each is a PUT for every upload.
const MAX_RENDITIONS: usize = 20;
const MAX_FILTERS: usize = 10;
const SIDES: RangeInclusive<u32> = 1..=16_384;
/// libwebp's own limit.
const MAX_WEBP_SIDE: u32 = 16_383;
/// Of a box that is filled whatever came: as large as the largest original.
const MAX_BOX_PIXELS: u64 = 50_000_000;
const QUALITIES: RangeInclusive<u8> = 1..=100;
const SIGMAS: RangeInclusive<f32> = 0.3..=250.0;
const AMOUNTS: RangeInclusive<f32> = 0.0..=10.0;
const FRACTIONS: RangeInclusive<f32> = 0.0..=1.0;

/// The field that is wrong, and what is wrong with it.
struct Fault {
    field: String,
    detail: String,
}

impl Preset {
    /// Refuses what cannot be made, by one line that names preset, rendition and field.
    pub fn check(&self) -> Result<()> {
        let name = &self.name;
        if let Some(detail) = name_fault(name) {
            return Err(anyhow!("preset {name:?}, name: {detail}"));
        }
        let count = self.renditions.len();
        ensure!(
            (1..=MAX_RENDITIONS).contains(&count),
            "preset {name:?}, renditions: there are {count}, accepted are 1 to {MAX_RENDITIONS}"
        );
        for (index, rendition) in self.renditions.iter().enumerate() {
            let twice = self.renditions[..index].iter().any(|earlier| earlier.name == rendition.name);
            let checked = if twice { fault("name", "is that of two renditions") } else { rendition.check() };
            checked.map_err(|Fault { field, detail }| {
                anyhow!("preset {name:?}, rendition {:?}, {field}: {detail}", rendition.name)
            })?;
        }
        Ok(())
    }
}

impl Rendition {
    fn check(&self) -> Result<(), Fault> {
        match name_fault(&self.name) {
            Some(detail) => return fault("name", detail),
            // `/images/{id}/original` is the original.
            None if self.name == "original" => return fault("name", "\"original\" is what was uploaded"),
            None => {}
        }
        self.check_box()?;
        self.check_gravity()?;
        within("quality", self.quality, &QUALITIES)?;
        self.check_effort()?;
        if self.animated && self.format != Format::WebP {
            return fault("animated", "only webp keeps frames");
        }
        if self.filters.len() > MAX_FILTERS {
            return fault("filters", format!("there are {}, accepted are up to {MAX_FILTERS}", self.filters.len()));
        }
        let mut filters = self.filters.iter().enumerate();
        filters.try_for_each(|(index, filter)| filter.check(&format!("filters[{index}]")))
    }

    fn check_box(&self) -> Result<(), Fault> {
        let sides = [("width", self.width), ("height", self.height)];
        for (field, side) in sides {
            let Some(side) = side else { continue };
            within(field, side, &SIDES)?;
            if self.format == Format::WebP && side > MAX_WEBP_SIDE {
                return fault(field, format!("is {side}, and webp holds {MAX_WEBP_SIDE}"));
            }
        }
        if self.fit != Fit::Inside {
            for (field, side) in sides {
                if side.is_none() {
                    return fault(field, format!("{} needs both width and height", self.fit.as_str()));
                }
            }
        }
        if self.enlarge && self.width.is_none() && self.height.is_none() {
            return fault("enlarge", "there is neither a width nor a height to grow to");
        }
        let area = self.width.zip(self.height).map_or(0, |(width, height)| u64::from(width) * u64::from(height));
        match area > MAX_BOX_PIXELS {
            true => fault("width", format!("times height is {area} pixels, accepted are up to {MAX_BOX_PIXELS}")),
            false => Ok(()),
        }
    }

    fn check_gravity(&self) -> Result<(), Fault> {
        if self.gravity != Gravity::default() && !matches!(self.fit, Fit::Cover | Fit::Contain) {
            return fault(
                "gravity",
                format!("has no effect with {}: cover and contain have use for it", self.fit.as_str()),
            );
        }
        if let Gravity::Focal { x, y } = self.gravity {
            within("gravity.focal.x", x, &FRACTIONS)?;
            within("gravity.focal.y", y, &FRACTIONS)?;
        }
        Ok(())
    }

    fn check_effort(&self) -> Result<(), Fault> {
        let Some(effort) = self.effort else { return Ok(()) };
        match self.format {
            Format::Avif | Format::Auto => within("effort", effort, &(0..=9)),
            Format::WebP => within("effort", effort, &(0..=6)),
            Format::Jpeg | Format::Png => fault("effort", format!("{} has none", self.format.as_str())),
        }
    }
}

impl Filter {
    fn check(&self, field: &str) -> Result<(), Fault> {
        match *self {
            Filter::Grayscale => Ok(()),
            Filter::Blur { sigma } => within(format!("{field}.blur.sigma"), sigma, &SIGMAS),
            Filter::Sharpen { sigma, amount } => {
                within(format!("{field}.sharpen.sigma"), sigma, &SIGMAS)?;
                within(format!("{field}.sharpen.amount"), amount, &AMOUNTS)
            }
            Filter::Brightness(amount) => within(format!("{field}.brightness"), amount, &AMOUNTS),
            Filter::Contrast(amount) => within(format!("{field}.contrast"), amount, &AMOUNTS),
            Filter::Saturation(amount) => within(format!("{field}.saturation"), amount, &AMOUNTS),
        }
    }
}

/// Names stand in URLs and keys as they are.
fn name_fault(name: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let valid = name.len() <= MAX_NAME_BYTES
        && name.bytes().next().is_some_and(plain)
        && name.bytes().all(|byte| plain(byte) || byte == b'-');
    (!valid).then(|| {
        format!("accepted are lower-case letters, digits and hyphens, up to {MAX_NAME_BYTES}, and no hyphen first")
    })
}

fn within<T: PartialOrd + std::fmt::Display>(
    field: impl Into<String>,
    value: T,
    accepted: &RangeInclusive<T>,
) -> Result<(), Fault> {
    match accepted.contains(&value) {
        true => Ok(()),
        false => fault(field, format!("is {value}, accepted are {} to {}", accepted.start(), accepted.end())),
    }
}

fn fault(field: impl Into<String>, detail: impl Into<String>) -> Result<(), Fault> {
    Err(Fault { field: field.into(), detail: detail.into() })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What is said of a preset whose one rendition has this beside name and format.
    fn said_of(changes: Value) -> String {
        let mut rendition = json!({"name": "small", "format": "avif"});
        rendition.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        let preset = json!({"name": "thumbs", "renditions": [rendition]});
        let preset: Preset = serde_json::from_value(preset).expect("the shape of a preset");
        preset.check().err().map_or(String::new(), |error| error.to_string())
    }

    #[test]
    fn what_cannot_be_made_names_preset_rendition_and_field() {
        for (changes, field) in [
            (json!({"width": 0}), "width"),
            (json!({"height": 16_385}), "height"),
            (json!({"format": "webp", "width": 16_384}), "width"),
            (json!({"fit": "cover", "width": 10}), "height"),
            (json!({"fit": "contain", "width": 16_000, "height": 16_000}), "width"),
            (json!({"enlarge": true}), "enlarge"),
            (json!({"gravity": "north", "width": 10}), "gravity"),
            (
                json!({"fit": "cover", "width": 9, "height": 9, "gravity": {"focal": {"x": 0.5, "y": 1.5}}}),
                "gravity.focal.y",
            ),
            (json!({"quality": 0}), "quality"),
            (json!({"effort": 10}), "effort"),
            (json!({"format": "webp", "effort": 7}), "effort"),
            (json!({"format": "jpeg", "effort": 1}), "effort"),
            (json!({"animated": true}), "animated"),
            (json!({"filters": vec!["grayscale"; 11]}), "filters"),
            (json!({"filters": ["grayscale", {"blur": {"sigma": 0.1}}]}), "filters[1].blur.sigma"),
            (json!({"filters": [{"sharpen": {"sigma": 1, "amount": 11}}]}), "filters[0].sharpen.amount"),
            (json!({"filters": [{"contrast": -1}]}), "filters[0].contrast"),
        ] {
            let said = said_of(changes);
            assert!(said.starts_with(&format!("preset \"thumbs\", rendition \"small\", {field}: ")), "{field}: {said}");
        }
    }

    #[test]
    fn what_can_be_made_is_accepted() {
        for changes in [
            json!({}),
            json!({"fit": "cover", "width": 96, "height": 96, "gravity": "attention", "rotate": 90, "flip": true}),
            json!({"format": "webp", "animated": true, "effort": 6, "background": "#1a2b3c", "enlarge": true, "height": 9}),
            json!({"format": "auto", "filters": [{"blur": {"sigma": 0.3}}, {"saturation": 0}], "resample": "fast"}),
        ] {
            assert_eq!(said_of(changes.clone()), "", "{changes}");
        }
    }

    #[test]
    fn names_stand_in_urls_as_they_are() {
        for name in ["", "-a", "A", "a b", "a/b", "\u{fc}", &"a".repeat(64), "original"] {
            let said = said_of(json!({ "name": name }));
            assert!(said.contains(", name: "), "{name}: {said}");
        }
        for name in ["a", "0-9", &"a".repeat(63)] {
            assert_eq!(said_of(json!({ "name": name })), "");
        }
    }

    #[test]
    fn renditions_are_at_least_one_at_most_twenty_and_of_names_of_their_own() {
        let preset = |names: &[&str]| Preset {
            name: "thumbs".into(),
            renditions: names.iter().map(|name| Rendition::new(*name, Format::Png)).collect(),
        };
        let said = |names: &[&str]| preset(names).check().expect_err("refused").to_string();
        assert_eq!(said(&[]), "preset \"thumbs\", renditions: there are 0, accepted are 1 to 20");
        assert_eq!(said(&["a"; 21]), "preset \"thumbs\", renditions: there are 21, accepted are 1 to 20");
        assert_eq!(said(&["a", "a"]), "preset \"thumbs\", rendition \"a\", name: is that of two renditions");
    }
}
