//! Pixels in memory: eight bits a sample, interleaved, rows without gaps.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Bytes of a raster of this size.
    pub fn bytes(self, layout: Layout) -> usize {
        self.width as usize * self.height as usize * layout.channels()
    }

    /// Whether both sides are at least `numerator / denominator` times those of `other`.
    pub fn at_least(self, numerator: u64, denominator: u64, other: Size) -> bool {
        let enough = |own: u32, its: u32| u64::from(own) * denominator >= u64::from(its) * numerator;
        enough(self.width, other.width) && enough(self.height, other.height)
    }
}

/// The channels of a pixel, in the order of their bytes; alpha is straight, not premultiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    /// 0 is no ink.
    Cmyk,
}

impl Layout {
    pub fn channels(self) -> usize {
        match self {
            Layout::Grey => 1,
            Layout::GreyAlpha => 2,
            Layout::Rgb => 3,
            Layout::Rgba | Layout::Cmyk => 4,
        }
    }

    pub fn has_alpha(self) -> bool {
        matches!(self, Layout::GreyAlpha | Layout::Rgba)
    }
}

#[derive(Clone, Debug)]
pub struct Raster {
    pub size: Size,
    pub layout: Layout,
    pub pixels: Vec<u8>,
}

impl Raster {
    pub fn new(size: Size, layout: Layout) -> Raster {
        Raster { size, layout, pixels: vec![0; size.bytes(layout)] }
    }

    /// Gives up an alpha channel that hides nothing: what follows is a quarter cheaper and smaller.
    pub fn without_idle_alpha(mut self) -> Raster {
        let opaque = match self.layout {
            Layout::GreyAlpha => opaque::<2>(&self.pixels),
            Layout::Rgba => opaque::<4>(&self.pixels),
            _ => false,
        };
        if opaque && self.layout == Layout::Rgba {
            drop_last::<4>(&mut self.pixels);
            self.layout = Layout::Rgb;
        } else if opaque {
            drop_last::<2>(&mut self.pixels);
            self.layout = Layout::Grey;
        }
        self
    }
}

fn opaque<const N: usize>(pixels: &[u8]) -> bool {
    pixels.as_chunks::<N>().0.iter().all(|pixel| pixel[N - 1] == 255)
}

fn drop_last<const N: usize>(pixels: &mut Vec<u8>) {
    let count = pixels.len() / N;
    for index in 0..count {
        pixels.copy_within(index * N..index * N + N - 1, index * (N - 1));
    }
    pixels.truncate(count * (N - 1));
    pixels.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgba(pixels: &[u8]) -> Raster {
        let size = Size { width: pixels.len() as u32 / 4, height: 1 };
        Raster { size, layout: Layout::Rgba, pixels: pixels.to_vec() }
    }

    #[test]
    fn alpha_that_hides_nothing_is_given_up() {
        let raster = rgba(&[1, 2, 3, 255, 4, 5, 6, 255]).without_idle_alpha();
        assert_eq!((raster.layout, raster.pixels), (Layout::Rgb, vec![1, 2, 3, 4, 5, 6]));
    }

    #[test]
    fn alpha_that_hides_one_pixel_is_kept() {
        assert_eq!(rgba(&[1, 2, 3, 255, 4, 5, 6, 254]).without_idle_alpha().layout, Layout::Rgba);
    }
}
