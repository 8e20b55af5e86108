//! Renditions that move: each frame of the original is drawn as a still one would be, one after the other.

use crate::base::{Bases, Source as Rows};
use crate::decode::{Header, frames};
use crate::draw;
use crate::encode::{self, Original};
use crate::levels::Levels;
use crate::light::{Light, Row};
use crate::plan::Job;
use crate::planes::Planes;
use crate::raster::{Layout, Raster, Size};
use crate::{Format, InputFormat, Picture, Rejection};

/// An animated original within the limits.
pub struct Source<'a> {
    pub format: InputFormat,
    pub bytes: &'a [u8],
    pub header: &'a Header,
}

/// An animated WebP that plays as often as the original does.
pub fn picture(
    source: &Source<'_>,
    job: &Job<'_>,
    levels: &Levels,
    original: &Original<'_>,
) -> Result<Picture, Rejection> {
    let frames = frames::frames(source.format, source.bytes, source.header)?;
    // The format counts in sixteen bits, and calls it 0 if there is no end.
    let loops = frames.plays.map_or(0, |plays| u16::try_from(plays).unwrap_or(u16::MAX));
    let frame = draw::seen(job, levels);
    let canvas = frame.canvas.map_or(frame.size, |canvas| canvas.size);
    let size = levels.planes(job.level).size;
    // Frames come as RGBA, all in one colour space.
    let light = Light::new(Layout::Rgba, false, &frames.colour);
    let mut drawn = until_broken(frames).map(|next| {
        let (raster, delay_ms) = next?;
        let level = level(&raster, size, light.clone());
        Ok((draw::drawn(&level, job, &frame, levels.upright).to_srgb(), delay_ms))
    });
    let bytes = encode::animation(canvas, loops, &mut drawn, job.rendition, original)?;
    let name = job.rendition.name.clone();
    Ok(Picture { name, format: Format::WebP, width: canvas.width, height: canvas.height, bytes })
}

/// As browsers do, an animation ends before a frame that is broken, unless that is the first.
fn until_broken<F>(frames: impl Iterator<Item = Result<F, Rejection>>) -> impl Iterator<Item = Result<F, Rejection>> {
    frames.enumerate().map_while(|(index, frame)| (index == 0 || frame.is_ok()).then_some(frame))
}

/// A frame in the size of the level that the rendition is cut from; animations are stored upright.
fn level(raster: &Raster, size: Size, light: Light) -> Planes {
    let mut bases = Bases::new(vec![size]);
    bases.begin(Rows::whole(raster.size), light);
    let length = raster.size.width as usize * raster.layout.channels();
    raster.pixels.chunks_exact(length).for_each(|row| bases.row(Row::Eight(row)));
    bases.finish().remove(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_animation_ends_before_a_frame_that_is_broken() {
        let frames = |numbers: &[i32]| {
            let frames =
                numbers.iter().map(|number| (*number > 0).then_some(*number).ok_or(Rejection::truncated("GIF")));
            until_broken(frames.collect::<Vec<_>>().into_iter()).collect::<Result<Vec<_>, _>>()
        };
        assert_eq!([frames(&[1, 2, 0, 4]).ok(), frames(&[0, 2]).ok()], [Some(vec![1, 2]), None]);
    }
}
