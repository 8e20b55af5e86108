//! The frames of an animated GIF or WebP, one after the other, each as it is seen: on the whole canvas.

use gif::DisposalMethod;
use image_webp::LoopCount;

use super::{Colour, Header, gif as gif_format, webp};
use crate::raster::{Layout, Raster, Size};
use crate::{InputFormat, Rejection};

/// What browsers make of a delay of 10 ms or less, which old tools wrote for "as fast as you can".
const USUAL_DELAY_MS: u32 = 100;

/// Yields each frame as RGBA, with the milliseconds for which it is shown.
pub struct Frames<'a> {
    /// How often the whole is shown; `None` is for ever.
    pub plays: Option<u32>,
    pub colour: Colour,
    source: Source<'a>,
}

enum Source<'a> {
    Gif(Box<GifFrames<'a>>),
    WebP {
        decoder: Box<webp::Decoder<'a>>,
        left: u32,
    },
    /// After a frame that could not be read.
    Ended,
}

/// `header` must have been found within the limits.
pub fn frames<'a>(format: InputFormat, original: &'a [u8], header: &Header) -> Result<Frames<'a>, Rejection> {
    match format {
        InputFormat::Gif => {
            let decoder = gif_format::open(original, header.size)?;
            let colour = Colour::from_profile(decoder.icc_profile().map(<[u8]>::to_vec));
            let canvas = Raster::new(header.size, Layout::Rgba);
            let source = Source::Gif(Box::new(GifFrames { decoder, canvas, after: After::Keep }));
            Ok(Frames { plays: gif_format::plays(original), colour, source })
        }
        InputFormat::WebP => {
            let mut decoder = webp::open(original)?;
            let colour = Colour::from_profile(decoder.icc_profile().map_err(webp::broken)?);
            if !decoder.is_animated() {
                return Err(Rejection::corrupt("The WebP is not animated."));
            }
            // Browsers show what lies behind the picture, not the colour that the file proposes.
            decoder.set_background_color([0; 4]).map_err(webp::broken)?;
            let plays = match decoder.loop_count() {
                LoopCount::Forever => None,
                LoopCount::Times(times) => Some(times.get().into()),
            };
            Ok(Frames { plays, colour, source: Source::WebP { decoder: Box::new(decoder), left: header.frames } })
        }
        other => Err(Rejection::unsupported(format!("Animations of the format {} are not supported.", other.as_str()))),
    }
}

impl Iterator for Frames<'_> {
    type Item = Result<(Raster, u32), Rejection>;

    fn next(&mut self) -> Option<Self::Item> {
        let frame = match &mut self.source {
            Source::Gif(frames) => frames.next().transpose()?,
            Source::WebP { left: 0, .. } | Source::Ended => return None,
            Source::WebP { decoder, left } => {
                *left -= 1;
                webp_frame(decoder)
            }
        };
        if frame.is_err() {
            self.source = Source::Ended;
        }
        Some(frame.map(|(raster, delay_ms)| (raster, if delay_ms <= 10 { USUAL_DELAY_MS } else { delay_ms })))
    }
}

fn webp_frame(decoder: &mut webp::Decoder<'_>) -> Result<(Raster, u32), Rejection> {
    let (width, height) = decoder.dimensions();
    let size = Size { width, height };
    let layout = if decoder.has_alpha() { Layout::Rgba } else { Layout::Rgb };
    let mut raster = Raster::new(size, layout);
    let delay_ms = decoder.read_frame(&mut raster.pixels).map_err(webp::broken)?;
    if layout == Layout::Rgb {
        let opaque = raster.pixels.as_chunks::<3>().0.iter().flat_map(|[red, green, blue]| [*red, *green, *blue, 255]);
        raster = Raster { size, layout: Layout::Rgba, pixels: opaque.collect() };
    }
    Ok((raster, delay_ms))
}

struct GifFrames<'a> {
    decoder: gif_format::Decoder<'a>,
    canvas: Raster,
    after: After,
}

/// What becomes of a frame when its time is over (GIF89a, 23).
enum After {
    Keep,
    Clear(Place),
    /// With what was there before it was drawn.
    Restore(Place, Vec<u8>),
}

#[derive(Clone, Copy)]
struct Place {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl GifFrames<'_> {
    fn next(&mut self) -> Result<Option<(Raster, u32)>, Rejection> {
        match std::mem::replace(&mut self.after, After::Keep) {
            After::Keep | After::Restore(Place { width: 0, .. }, _) => {}
            After::Clear(place) => rows(&mut self.canvas, place).for_each(|row| row.fill(0)),
            After::Restore(place, before) => {
                let before = before.chunks_exact(place.width * 4);
                rows(&mut self.canvas, place).zip(before).for_each(|(row, before)| row.copy_from_slice(before));
            }
        }
        let Some(frame) = self.decoder.read_next_frame().map_err(gif_format::broken)? else { return Ok(None) };
        let [left, top, width, height] = [frame.left, frame.top, frame.width, frame.height].map(usize::from);
        let place = Place { left, top, width, height };
        self.after = match frame.dispose {
            DisposalMethod::Background => After::Clear(place),
            DisposalMethod::Previous => {
                After::Restore(place, rows(&mut self.canvas, place).flat_map(|row| row.to_vec()).collect())
            }
            DisposalMethod::Any | DisposalMethod::Keep => After::Keep,
        };
        if width > 0 {
            for (row, drawn) in rows(&mut self.canvas, place).zip(frame.buffer.chunks_exact(width * 4)) {
                let pixels = row.as_chunks_mut::<4>().0.iter_mut().zip(drawn.as_chunks::<4>().0);
                pixels.filter(|(_, drawn)| drawn[3] != 0).for_each(|(pixel, drawn)| *pixel = *drawn);
            }
        }
        let delay_ms = u32::from(frame.delay) * 10;
        Ok(Some((self.canvas.clone(), delay_ms)))
    }
}

fn rows(canvas: &mut Raster, place: Place) -> impl Iterator<Item = &mut [u8]> {
    let Place { left, top, width, height } = place;
    let rows = canvas.pixels.chunks_exact_mut(canvas.size.width as usize * 4).skip(top).take(height);
    rows.map(move |row| &mut row[left * 4..(left + width) * 4])
}

#[cfg(test)]
mod tests;
