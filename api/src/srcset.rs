//! Which renditions of an image a browser may choose among.

use std::collections::BTreeMap;

use preset::{Fit, Format, Rendition};

/// One that was made, and what was asked for.
pub struct Candidate<'a> {
    pub planned: Option<&'a Rendition>,
    pub format: &'a str,
    pub width: u32,
    pub url: &'a str,
}

/// By format, ready for `<source srcset>`: only renditions that show the same, since a browser takes any of them.
///
/// That is the whole picture where there is one, else what most of them show: the squares of an avatar, say.
pub fn srcset<'a>(made: &[Candidate<'a>]) -> BTreeMap<String, String> {
    let plain = Rendition::new("", Format::Auto);
    let planned = |candidate: &Candidate<'a>| candidate.planned.unwrap_or(&plain);
    let weight = |view: &&Rendition| {
        (view.fit == Fit::Inside, made.iter().filter(|other| planned(other).shows_the_same_as(view)).count())
    };
    // Of equals the last is taken: from the end, that is the first of the preset.
    let Some(view) = made.iter().rev().map(planned).max_by_key(weight) else { return BTreeMap::new() };
    let mut sets = BTreeMap::<&str, Vec<(u32, &str)>>::new();
    for candidate in made.iter().filter(|candidate| planned(candidate).shows_the_same_as(view)) {
        let set = sets.entry(candidate.format).or_default();
        // Of one width the first: a browser would never take the second.
        if set.iter().all(|(width, _)| *width != candidate.width) {
            set.push((candidate.width, candidate.url));
        }
    }
    sets.into_iter().map(|(format, set)| (format.to_owned(), joined(&set))).collect()
}

fn joined(set: &[(u32, &str)]) -> String {
    set.iter().map(|(width, url)| format!("{url} {width}w")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(renditions: &[Rendition]) -> Vec<String> {
        let candidate = |planned| {
            let Rendition { format, width, name, .. }: &Rendition = planned;
            Candidate { planned: Some(planned), format: format.as_str(), width: width.unwrap(), url: name }
        };
        let made: Vec<_> = renditions.iter().map(candidate).collect();
        srcset(&made).into_iter().map(|(format, set)| format!("{format}: {set}")).collect()
    }

    fn whole(name: &str, format: Format, width: u32) -> Rendition {
        Rendition { width: Some(width), ..Rendition::new(name, format) }
    }

    fn square(name: &str, format: Format, side: u32) -> Rendition {
        Rendition { height: Some(side), fit: Fit::Cover, ..whole(name, format, side) }
    }

    #[test]
    fn whole_pictures_are_joined_by_format_and_crops_are_left_out() {
        let renditions = [
            square("s", Format::Avif, 100),
            square("t", Format::Avif, 200),
            whole("a", Format::Avif, 320),
            whole("b", Format::Avif, 640),
            whole("c", Format::Jpeg, 640),
        ];
        assert_eq!(sets(&renditions), ["avif: a 320w, b 640w", "jpeg: c 640w"]);
    }

    #[test]
    fn crops_of_one_shape_are_joined_where_there_is_nothing_whole() {
        let wide = Rendition { height: Some(50), ..square("w", Format::Avif, 100) };
        let renditions =
            [wide, square("a", Format::Avif, 96), square("b", Format::Avif, 192), square("c", Format::Jpeg, 96)];
        assert_eq!(sets(&renditions), ["avif: a 96w, b 192w", "jpeg: c 96w"]);
    }

    #[test]
    fn another_look_or_an_equal_width_is_no_candidate() {
        let grey = Rendition { filters: vec![preset::Filter::Grayscale], ..whole("g", Format::Avif, 640) };
        let finer = Rendition { quality: 95, ..whole("f", Format::Avif, 320) };
        assert_eq!(sets(&[whole("a", Format::Avif, 320), grey, finer]), ["avif: a 320w"]);
        assert_eq!(sets(&[]), [""; 0]);
    }
}
