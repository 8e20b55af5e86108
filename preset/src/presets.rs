//! The presets of a deployment: the built-in ones, and those of its own file.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::Preset;

/// All that an upload may choose from; the default preset comes first.
#[derive(Clone, Debug)]
pub struct Presets(Arc<[Preset]>);

impl Default for Presets {
    /// The built-in ones.
    fn default() -> Presets {
        Presets(Preset::built_in().into())
    }
}

impl Presets {
    /// With those of the file that `TINTYPE_PRESETS` names, if it names one.
    pub fn from_env() -> Result<Presets> {
        match std::env::var_os("TINTYPE_PRESETS").filter(|path| !path.is_empty()) {
            Some(path) => Presets::read(Path::new(&path)),
            None => Ok(Presets::default()),
        }
    }

    /// With those of this file. What is wrong with it is told in one line.
    pub fn read(path: &Path) -> Result<Presets> {
        let text = std::fs::read_to_string(path).map_err(|cause| anyhow!("{}: {cause}", path.display()))?;
        Presets::with(&text).map_err(|cause| anyhow!("{}: {cause}", path.display()))
    }

    /// With those of this JSON: a list of presets, or what `GET /presets` answers. One of a built-in's name replaces it.
    pub fn with(json: &str) -> Result<Presets> {
        let json: Value = serde_json::from_str(json).map_err(|cause| anyhow!("is no JSON: {cause}"))?;
        let list = match &json {
            Value::Object(answer) if answer.len() == 1 => answer.get("presets"),
            other => Some(other),
        };
        let list = list.and_then(Value::as_array).context("is no list of presets, nor {\"presets\": [...]}")?;
        let mut presets = Preset::built_in();
        let mut own: Vec<String> = Vec::new();
        for (index, value) in list.iter().enumerate() {
            let preset = parse(index, value)?;
            preset.check()?;
            ensure!(!own.contains(&preset.name), "preset {:?}, name: is that of two presets", preset.name);
            own.push(preset.name.clone());
            match presets.iter_mut().find(|earlier| earlier.name == preset.name) {
                Some(earlier) => *earlier = preset,
                None => presets.push(preset),
            }
        }
        Ok(Presets(presets.into()))
    }

    pub fn all(&self) -> &[Preset] {
        &self.0
    }

    pub fn named(&self, name: &str) -> Option<&Preset> {
        self.0.iter().find(|preset| preset.name == name)
    }
}

fn parse(index: usize, value: &Value) -> Result<Preset> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path: Vec<&Segment> = error.path().iter().collect();
        let mut place = format!("preset {}", label(value, index));
        let field = match path.as_slice() {
            [Segment::Map { key }, Segment::Seq { index }, rest @ ..] if key == "renditions" => {
                place += &format!(", rendition {}", label(&value["renditions"][*index], *index));
                rest
            }
            path => path,
        };
        let field = spelled(field);
        // What is missing has no place: the cause names it.
        let place = if field.is_empty() { place } else { format!("{place}, {field}") };
        anyhow!("{place}: {}", error.inner())
    })
}

/// By its name, or else by its number from 1.
fn label(value: &Value, index: usize) -> String {
    value["name"].as_str().map_or_else(|| (index + 1).to_string(), |name| format!("{name:?}"))
}

fn spelled(path: &[&Segment]) -> String {
    let mut spelled = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => spelled += &format!("[{index}]"),
            Segment::Map { key: name } | Segment::Enum { variant: name } if spelled.is_empty() => spelled += name,
            Segment::Map { key: name } | Segment::Enum { variant: name } => spelled += &format!(".{name}"),
            Segment::Unknown => {}
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"name": "small", "format": "png", "width": 10}"#;

    fn said_of(json: &str) -> String {
        Presets::with(json).expect_err("refused").to_string()
    }

    #[test]
    fn own_presets_stand_beside_the_built_in_ones_or_replace_them() {
        let own =
            format!(r#"[{{"name": "web", "renditions": [{SMALL}]}}, {{"name": "own", "renditions": [{SMALL}]}}]"#);
        let presets = Presets::with(&own).expect("valid");
        let names: Vec<_> = presets.all().iter().map(|preset| preset.name.as_str()).collect();
        assert_eq!(names, ["default", "web", "webp", "avatar", "archive", "own"]);
        assert_eq!(presets.named("web"), Some(&Preset { name: "web".into(), ..presets.all()[5].clone() }));
    }

    #[test]
    fn what_the_api_answers_is_a_file_of_presets() {
        let answer = serde_json::json!({ "presets": Presets::default().all() }).to_string();
        assert_eq!(Presets::with(&answer).expect("valid").all(), Presets::default().all());
    }

    #[test]
    fn the_example_of_the_readme_is_a_file_of_presets() {
        let readme = include_str!("../../README.md");
        let (_, from_example) = readme.split_once("```json\n[").expect("the README shows a list of presets");
        let (example, _) = from_example.split_once("```").expect("an example ends");
        assert!(Presets::with(&format!("[{example}")).expect("valid").named("shop").is_some());
    }

    #[test]
    fn a_malformed_preset_is_named_with_its_rendition_and_field() {
        for (rendition, start) in [
            (
                r#"{"name": "small", "format": "png", "width": "10"}"#,
                r#"preset "own", rendition "small", width: invalid type"#,
            ),
            (
                r#"{"name": "small", "format": "png", "widht": 10}"#,
                r#"preset "own", rendition "small", widht: unknown field"#,
            ),
            (r#"{"name": "small", "format": "bmp"}"#, r#"preset "own", rendition "small", format: unknown variant"#),
            (r#"{"name": "small"}"#, r#"preset "own", rendition "small": missing field `format`"#),
            (r#"{"format": "png", "rotate": 45}"#, r#"preset "own", rendition 1, rotate: 45 is no"#),
            (
                r#"{"name": "a", "format": "png", "background": "red"}"#,
                r#"preset "own", rendition "a", background: "red" is no"#,
            ),
            (
                r#"{"name": "a", "format": "png", "filters": [{"blur": {"sigma": "x"}}]}"#,
                r#"preset "own", rendition "a", filters[0].blur.sigma: invalid type"#,
            ),
        ] {
            let said = said_of(&format!(r#"[{{"name": "own", "renditions": [{rendition}]}}]"#));
            assert!(said.starts_with(start), "{said}");
        }
    }

    #[test]
    fn a_file_that_holds_no_presets_says_so_in_one_line() {
        for (json, start) in [
            ("[", "is no JSON: EOF while parsing"),
            ("7", "is no list"),
            ("{}", "is no list"),
            (r#"{"presets": 7}"#, "is no list"),
            (r#"[{"name": "own"}]"#, r#"preset "own": missing field `renditions`"#),
            (r#"[{"renditions": []}]"#, "preset 1: missing field `name`"),
            (r#"[{"name": "a", "renditions": [], "quality": 7}]"#, r#"preset "a", quality: unknown field"#),
        ] {
            let said = said_of(json);
            assert!(said.starts_with(start) && !said.contains('\n'), "{said}");
        }
        let twice = format!(r#"{{"name": "own", "renditions": [{SMALL}]}}"#);
        assert_eq!(said_of(&format!("[{twice}, {twice}]")), r#"preset "own", name: is that of two presets"#);
    }
}
