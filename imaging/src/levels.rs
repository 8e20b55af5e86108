//! The whole upright picture in every size that is needed: some made from the original, the others from larger ones.

use std::sync::OnceLock;

use crate::attention::Saliency;
use crate::orient::Orientation;
use crate::plan::Plan;
use crate::planes::Planes;
use crate::raster::{Raster, Size};
use crate::{resample, turn};

pub struct Levels {
    pub upright: Size,
    planes: Vec<Planes>,
    /// As sRGB, made when first asked for: renditions of one size and several formats share it.
    shown: Vec<OnceLock<Raster>>,
    saliency: OnceLock<Saliency>,
}

impl Levels {
    /// From the plan's bases as they were stored.
    pub fn new(upright: Size, bases: Vec<Planes>, orientation: Orientation, plan: &Plan<'_>) -> Levels {
        let mut bases = bases.into_iter();
        let mut planes: Vec<Planes> = Vec::with_capacity(plan.levels.len());
        for (level, size) in plan.levels.iter().enumerate() {
            let made = match plan.parent(level) {
                Some(parent) => resample::resize(&planes[parent], *size),
                None => turn::turned(bases.next().expect("a base for each level without parent"), orientation),
            };
            planes.push(made);
        }
        let shown = planes.iter().map(|_| OnceLock::new()).collect();
        Levels { upright, planes, shown, saliency: OnceLock::new() }
    }

    pub fn planes(&self, level: usize) -> &Planes {
        &self.planes[level]
    }

    pub fn shown(&self, level: usize) -> &Raster {
        self.shown[level].get_or_init(|| self.planes[level].to_srgb())
    }

    pub fn smallest(&self) -> &Planes {
        self.planes(self.planes.len() - 1)
    }

    /// The smallest of them.
    pub fn glance(&self) -> &Raster {
        self.shown(self.planes.len() - 1)
    }

    /// What draws the eye in the upright picture.
    pub fn saliency(&self) -> &Saliency {
        self.saliency.get_or_init(|| Saliency::of(self.glance()))
    }
}
