//! The first pictures of a development: made from the decoder's rows as they come, each in its own size.

use crate::halve::Halver;
use crate::light::{Light, Row};
use crate::planes::Planes;
use crate::raster::Size;
use crate::resample::{Resampler, Span};

/// Takes rows of a stored picture, and makes a picture of each wanted size.
pub struct Bases {
    wanted: Vec<Size>,
    light: Option<Light>,
    halver: Option<Halver>,
    resamplers: Vec<Resampler>,
    row: Vec<Vec<i16>>,
}

/// What the rows to come are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Source {
    /// Samples of a row, and rows.
    pub size: Size,
    /// The picture's sides in samples: less than `size` where the last sample is only partly its own.
    pub across: f64,
    pub down: f64,
}

impl Source {
    pub fn whole(size: Size) -> Source {
        Source { size, across: size.width.into(), down: size.height.into() }
    }
}

impl Bases {
    /// `wanted` sizes are of the picture as stored.
    pub fn new(wanted: Vec<Size>) -> Bases {
        Bases { wanted, light: None, halver: None, resamplers: Vec::new(), row: Vec::new() }
    }

    /// The largest sides that are wanted, for decoders that can give less than the picture has.
    pub fn largest(&self) -> Size {
        let side = |side: fn(&Size) -> u32| self.wanted.iter().map(side).max().unwrap_or(1);
        Size { width: side(|size| size.width), height: side(|size| size.height) }
    }

    /// Starts, or starts again: what came before is forgotten.
    pub fn begin(&mut self, source: Source, light: Light) {
        let channels = light.channels();
        self.row = vec![vec![0; source.size.width as usize]; channels];
        let halved = Halver::new(source, channels, self.largest());
        let source = halved.as_ref().map_or(source, |(_, left)| *left);
        self.halver = halved.map(|(halver, _)| halver);
        let resampler = |size: &Size| {
            let across = Span { start: 0.0, length: source.across, outputs: size.width };
            let down = Span { start: 0.0, length: source.down, outputs: size.height };
            Resampler::new(source.size, channels, across, down)
        };
        self.resamplers = self.wanted.iter().map(resampler).collect();
        self.light = Some(light);
    }

    /// Takes a row of interleaved samples.
    pub fn row(&mut self, row: Row<'_>) {
        self.light.as_ref().expect("begun").read(row, &mut self.row);
        self.push();
    }

    /// Takes a row of red, green and blue that lie apart.
    pub fn row_of_rgb(&mut self, row: [&[u8]; 3]) {
        self.light.as_ref().expect("begun").read_rgb(row, &mut self.row);
        self.push();
    }

    fn push(&mut self) {
        let row = match &mut self.halver {
            Some(halver) => halver.push(&self.row),
            None => Some(&self.row[..]),
        };
        give(&mut self.resamplers, row);
    }

    /// The pictures as stored, in the order of the wanted sizes.
    pub fn finish(mut self) -> Vec<Planes> {
        let Some(light) = self.light else { return Vec::new() };
        give(&mut self.resamplers, self.halver.as_mut().and_then(Halver::end));
        let finished = self.resamplers.into_iter().map(|resampler| {
            let mut planes = resampler.finish();
            light.finish(&mut planes);
            planes.without_idle_alpha()
        });
        finished.collect()
    }
}

fn give(resamplers: &mut [Resampler], row: Option<&[Vec<i16>]>) {
    if let Some(row) = row {
        let row: Vec<&[i16]> = row.iter().map(Vec::as_slice).collect();
        resamplers.iter_mut().for_each(|resampler| resampler.push(&row));
    }
}
