//! Works out which sizes are needed and which renditions are made from each.

use crate::Rendition;
use crate::raster::Size;

/// The work of one picture: distinct upright sizes, largest first, and the renditions in the plan's order.
pub struct Schedule<'a> {
    pub sizes: Vec<Size>,
    pub jobs: Vec<Job<'a>>,
}

pub struct Job<'a> {
    pub rendition: &'a Rendition,
    /// Index into `sizes`.
    pub level: usize,
}

impl Schedule<'_> {
    pub fn largest(&self) -> Option<Size> {
        self.sizes.first().copied()
    }
}

pub fn schedule(upright: Size, plan: &[Rendition]) -> Schedule<'_> {
    let mut wanted: Vec<(&Rendition, Size)> = Vec::new();
    for rendition in plan {
        let size = fit(upright, rendition.width, rendition.height);
        let made = |(other, other_size): &(&Rendition, Size)| {
            other.format == rendition.format && other.quality == rendition.quality && *other_size == size
        };
        if !wanted.iter().any(made) {
            wanted.push((rendition, size));
        }
    }
    let mut sizes: Vec<Size> = wanted.iter().map(|(_, size)| *size).collect();
    sizes.sort_by_key(|size| std::cmp::Reverse((size.area(), size.width)));
    sizes.dedup();
    let level = |size| sizes.iter().position(|other| *other == size).unwrap_or_default();
    let jobs = wanted.into_iter().map(|(rendition, size)| Job { rendition, level: level(size) }).collect();
    Schedule { sizes, jobs }
}

/// The largest size of the picture's shape that lies inside the box and inside the picture itself.
fn fit(picture: Size, width: Option<u32>, height: Option<u32>) -> Size {
    let width = width.unwrap_or(u32::MAX).clamp(1, picture.width);
    let height = height.unwrap_or(u32::MAX).clamp(1, picture.height);
    let (across, down) = (u64::from(picture.width), u64::from(picture.height));
    if u64::from(width) * down <= u64::from(height) * across {
        Size { width, height: scaled(down, width, across) }
    } else {
        Size { width: scaled(across, height, down), height }
    }
}

/// `side × part / whole`, rounded, and never nothing.
fn scaled(side: u64, part: u32, whole: u64) -> u32 {
    ((side * u64::from(part) + whole / 2) / whole).max(1) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;

    fn avif(name: &str, width: u32) -> Rendition {
        Rendition { name: name.into(), format: Format::Avif, width: Some(width), height: None, quality: 80 }
    }

    fn fitted(width: u32, height: u32, across: Option<u32>, down: Option<u32>) -> (u32, u32) {
        let size = fit(Size { width, height }, across, down);
        (size.width, size.height)
    }

    #[test]
    fn a_rendition_fits_inside_its_box_and_is_never_enlarged() {
        assert_eq!(fitted(4000, 3000, Some(2048), None), (2048, 1536));
        assert_eq!(fitted(4000, 3000, Some(500), Some(300)), (400, 300));
        assert_eq!(fitted(4000, 3000, None, None), (4000, 3000));
        assert_eq!(fitted(320, 240, Some(1280), Some(1280)), (320, 240));
        assert_eq!(fitted(5, 3000, Some(1), Some(1)), (1, 1));
        assert_eq!(fitted(3000, 5, Some(300), None), (300, 1));
    }

    #[test]
    fn equal_renditions_are_made_once_under_the_first_name() {
        let plan = [avif("small", 320), avif("medium", 640), avif("large", 1280)];
        let schedule = schedule(Size { width: 500, height: 400 }, &plan);
        let names: Vec<_> = schedule.jobs.iter().map(|job| job.rendition.name.as_str()).collect();
        assert_eq!(names, ["small", "medium"]);
        assert_eq!(schedule.largest(), Some(Size { width: 500, height: 400 }));
    }
}
