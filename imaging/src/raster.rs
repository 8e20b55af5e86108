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

    /// Whether there is an alpha channel, and it hides nothing.
    pub fn has_idle_alpha(&self) -> bool {
        match self.layout {
            Layout::GreyAlpha => opaque::<2>(&self.pixels),
            Layout::Rgba => opaque::<4>(&self.pixels),
            _ => false,
        }
    }
}

fn opaque<const N: usize>(pixels: &[u8]) -> bool {
    pixels.as_chunks::<N>().0.iter().all(|pixel| pixel[N - 1] == 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgba(pixels: &[u8]) -> Raster {
        let size = Size { width: pixels.len() as u32 / 4, height: 1 };
        Raster { size, layout: Layout::Rgba, pixels: pixels.to_vec() }
    }

    #[test]
    fn alpha_is_idle_if_it_hides_nothing() {
        assert!(rgba(&[1, 2, 3, 255, 4, 5, 6, 255]).has_idle_alpha());
        assert!(!rgba(&[1, 2, 3, 255, 4, 5, 6, 254]).has_idle_alpha());
    }
}
