//! One rendition's pixels: its part of a level, turned, filtered, and laid on its canvas.

use std::borrow::Cow;

use preset::{Fit, Gravity};

use crate::attention::Saliency;
use crate::fit::{self, Crop, Frame};
use crate::levels::Levels;
use crate::orient::Orientation;
use crate::plan::Job;
use crate::planes::Planes;
use crate::raster::{Raster, Size};
use crate::resample::{self, Span};
use crate::{canvas, filters, turn};

/// From the levels of a still picture.
pub fn still<'a>(job: &Job<'_>, levels: &'a Levels) -> Cow<'a, Raster> {
    if is_whole_level(job, levels.planes(job.level).size) {
        return Cow::Borrowed(levels.shown(job.level));
    }
    let frame = seen(job, levels);
    Cow::Owned(drawn(levels.planes(job.level), job, &frame, levels.upright).to_srgb())
}

/// The frame of a rendition, once the picture has been seen.
pub fn seen(job: &Job<'_>, levels: &Levels) -> Frame {
    let rendition = job.rendition;
    if rendition.fit != Fit::Cover || rendition.gravity != Gravity::Attention {
        return job.frame;
    }
    if job.turn == Orientation::Upright {
        return fit::frame(levels.upright, rendition, Some(levels.saliency()));
    }
    let glance = turn::turned(levels.smallest().clone(), job.turn).to_srgb();
    fit::frame(levels.upright, rendition, Some(&Saliency::of(&glance)))
}

/// From a level, which is `upright` at the frame's scale, or at its own where the frame enlarges.
pub fn drawn(level: &Planes, job: &Job<'_>, frame: &Frame, upright: Size) -> Planes {
    let mut planes = turn::turned(cut(level, job.turn, frame, upright), job.turn);
    filters::apply(&mut planes, &job.rendition.filters);
    match frame.canvas {
        Some(canvas) => canvas::laid(planes, canvas, job.rendition.background),
        None => planes,
    }
}

fn is_whole_level(job: &Job<'_>, level: Size) -> bool {
    job.turn == Orientation::Upright
        && job.rendition.filters.is_empty()
        && job.frame.canvas.is_none()
        && job.frame.size == level
}

/// At a level's own scale a part is cut at whole pixels; nothing is filtered a second time.
fn cut(level: &Planes, turn: Orientation, frame: &Frame, upright: Size) -> Planes {
    let (turned, whole) = (turn.upright(level.size), turn.upright(upright));
    let scale = [ratio(turned.width, whole.width), ratio(turned.height, whole.height)];
    let [width, height] = [f64::from(frame.size.width), f64::from(frame.size.height)];
    let crop = frame.crop;
    let scaled = Crop {
        left: crop.left * scale[0],
        top: crop.top * scale[1],
        width: crop.width * scale[0],
        height: crop.height * scale[1],
    };
    let same_scale = (scaled.width - width).abs() < 1.0 && (scaled.height - height).abs() < 1.0;
    let part = if same_scale {
        let corner = |start: f64, most: u32, side: f64| start.round().min(f64::from(most) - side).max(0.0);
        Crop {
            left: corner(scaled.left, turned.width, width),
            top: corner(scaled.top, turned.height, height),
            width: width.min(turned.width.into()),
            height: height.min(turned.height.into()),
        }
    } else {
        scaled
    };
    let part = turn.stored_crop(part, level.size);
    let size = turn.upright(frame.size);
    let across = Span { start: part.left, length: part.width, outputs: size.width };
    let down = Span { start: part.top, length: part.height, outputs: size.height };
    resample::resample(level, across, down)
}

fn ratio(part: u32, whole: u32) -> f64 {
    f64::from(part) / f64::from(whole)
}
