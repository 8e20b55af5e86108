//! Works out which sizes are needed and what each rendition is made from.

use preset::Rendition;

use crate::fit::{self, Crop, Frame};
use crate::orient::Orientation;
use crate::raster::Size;

/// The work of one picture.
pub struct Plan<'a> {
    /// Sizes of the whole upright picture, distinct, largest first; the last is small enough for a glance.
    pub levels: Vec<Size>,
    /// In the preset's order.
    pub jobs: Vec<Job<'a>>,
}

pub struct Job<'a> {
    pub rendition: &'a Rendition,
    /// What it shows, as far as that can be told without having seen the picture.
    pub frame: Frame,
    /// The rendition's own turn of the upright picture.
    pub turn: Orientation,
    /// Index of the level that it is cut from.
    pub level: usize,
}

/// Longer side of the level that placeholder and attention look at.
const GLANCE: u32 = 100;

/// What the original is too small for, several times over, is made once, under the first name.
pub fn plan(upright: Size, renditions: &[Rendition]) -> Plan<'_> {
    let mut wanted: Vec<(Job<'_>, Size)> = Vec::new();
    for rendition in renditions {
        let frame = fit::frame(upright, rendition, None);
        let turn = Orientation::of(rendition.rotate, rendition.flip);
        let is_made = |made: &Job<'_>| made.frame == frame && made.rendition.differs_in_size_only(rendition);
        if !(is_all_there_is(&frame) && wanted.iter().any(|(made, _)| is_made(made))) {
            wanted.push((Job { rendition, frame, turn, level: 0 }, level(upright, turn, &frame)));
        }
    }
    let mut levels: Vec<Size> = wanted.iter().map(|(_, size)| *size).chain([glance(upright)]).collect();
    levels.sort_by_key(|size| std::cmp::Reverse((size.area(), size.width)));
    levels.dedup();
    let index = |size| levels.iter().position(|level| *level == size).unwrap_or_default();
    let jobs = wanted.into_iter().map(|(job, size)| Job { level: index(size), ..job }).collect();
    Plan { levels, jobs }
}

/// Whether the original's own pixels are shown, so that nothing larger of the kind can be made.
fn is_all_there_is(frame: &Frame) -> bool {
    scale(frame.size, &frame.crop) == [1.0, 1.0] && frame.canvas.is_none()
}

/// The size of the whole upright picture at the frame's scale; its own where the frame enlarges.
fn level(upright: Size, turn: Orientation, frame: &Frame) -> Size {
    let turned = turn.upright(upright);
    let [across, down] = scale(frame.size, &frame.crop);
    if across > 1.0 || down > 1.0 {
        return upright;
    }
    let side = |whole: u32, scale: f64| ((f64::from(whole) * scale).round() as u32).max(1);
    turn.upright(Size { width: side(turned.width, across), height: side(turned.height, down) })
}

fn scale(size: Size, crop: &Crop) -> [f64; 2] {
    [f64::from(size.width) / crop.width, f64::from(size.height) / crop.height]
}

fn glance(upright: Size) -> Size {
    let glance = Rendition { width: Some(GLANCE), height: Some(GLANCE), ..Rendition::new("", preset::Format::Auto) };
    fit::frame(upright, &glance, None).size
}

impl Plan<'_> {
    /// The levels that are made from the original itself.
    pub fn bases(&self) -> impl Iterator<Item = Size> {
        (0..self.levels.len()).filter(|level| self.parent(*level).is_none()).map(|level| self.levels[level])
    }

    /// The smallest level that leaves the filter enough to work with.
    ///
    /// Below half as large again, two passes of Lanczos in a row would soften or ring; the original serves better.
    pub fn parent(&self, level: usize) -> Option<usize> {
        (0..level).rev().find(|larger| self.levels[*larger].at_least(3, 2, self.levels[level]))
    }
}

#[cfg(test)]
mod tests {
    use preset::{Fit, Format, Turn};

    use super::*;

    fn avif(name: &str, width: u32) -> Rendition {
        Rendition { width: Some(width), ..Rendition::new(name, Format::Avif) }
    }

    fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    fn names(upright: Size, wishes: &[Rendition]) -> Vec<String> {
        plan(upright, wishes).jobs.iter().map(|job| job.rendition.name.clone()).collect()
    }

    #[test]
    fn what_the_original_is_too_small_for_is_made_once_under_the_first_name() {
        let wishes = [avif("small", 320), avif("medium", 640), avif("large", 1280)];
        assert_eq!(names(size(500, 400), &wishes), ["small", "medium"]);
        assert_eq!(plan(size(500, 400), &wishes).levels, [size(500, 400), size(320, 256), size(100, 80)]);
    }

    #[test]
    fn renditions_that_only_happen_to_be_equal_are_made_under_each_name() {
        let by_height = Rendition { width: None, height: Some(240), ..avif("by-height", 1) };
        assert_eq!(names(size(4000, 3000), &[avif("by-width", 320), by_height]), ["by-width", "by-height"]);
        let square = Rendition { height: Some(200), fit: Fit::Cover, ..avif("square", 200) };
        for side in [100, 4000] {
            assert_eq!(names(size(side, side), &[square.clone(), avif("view", 200)]), ["square", "view"]);
        }
    }

    #[test]
    fn a_level_is_made_from_the_smallest_that_is_half_as_large_again() {
        let wishes = [2000, 1400, 1000, 500, 400].map(|width| avif("level", width));
        let plan = plan(size(4000, 4000), &wishes);
        let parents: Vec<_> = (0..6).map(|level| plan.parent(level)).collect();
        assert_eq!(parents, [None, None, Some(0), Some(2), Some(2), Some(4)]);
    }

    #[test]
    fn a_part_is_cut_from_the_whole_at_its_scale() {
        let square = Rendition { height: Some(300), fit: Fit::Cover, ..avif("square", 300) };
        let turned = Rendition { rotate: Turn::Quarter, ..avif("turned", 300) };
        let wishes = [square, turned];
        let plan = plan(size(4000, 3000), &wishes);
        assert_eq!(plan.levels, [size(400, 300), size(100, 75)]);
        assert_eq!((plan.jobs[0].frame.size, plan.jobs[1].frame.size), (size(300, 300), size(300, 400)));
    }
}
