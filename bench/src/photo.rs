//! A landscape as a phone would take it: soft where it is sky, rough where it is land, and grain over all.

use anyhow::Result;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

pub const WIDTH: usize = 4000;
pub const HEIGHT: usize = 3000;
/// As phones write; with the grain below it makes 3 MB.
const QUALITY: i32 = 93;
/// Deviation of the grain, in steps of 255. Larger: more bytes, and more work for every codec.
const GRAIN: f32 = 3.0;
const SEED: u64 = 12;

/// The same bytes each time.
pub fn jpeg() -> Result<Vec<u8>> {
    let pixels = landscape();
    let image = Image { pixels: &pixels[..], width: WIDTH, pitch: WIDTH * 3, height: HEIGHT, format: PixelFormat::RGB };
    let mut compressor = Compressor::new()?;
    compressor.set_quality(QUALITY)?;
    compressor.set_subsamp(Subsamp::Sub2x2)?;
    Ok(compressor.compress_to_vec(image)?)
}

fn landscape() -> Vec<u8> {
    let mut random = Random(SEED);
    let (texture, ridges) = (Texture::new(&mut random), Ridge::all(&mut random));
    let mut pixels = Vec::with_capacity(WIDTH * HEIGHT * 3);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let (x, y) = (x as f32, y as f32);
            let ridge = ridges.iter().find(|ridge| ridge.covers(x, y));
            let colour = ridge.map_or_else(|| sky(&texture, x, y), |ridge| ridge.colour(&texture, x, y));
            let grain = GRAIN * random.deviation();
            pixels.extend(colour.map(|channel| (channel + grain + 0.5 * random.deviation()) as u8));
        }
    }
    pixels
}

/// Blue above, pale at the horizon, with clouds.
fn sky(texture: &Texture, x: f32, y: f32) -> [f32; 3] {
    let down = y / HEIGHT as f32;
    let cloud = (texture.rough(x, y * 2.0, 600.0) * 1.6 - 0.6).clamp(0.0, 1.0);
    [70.0 + 130.0 * down, 120.0 + 90.0 * down, 190.0 + 30.0 * down].map(|channel| channel + (235.0 - channel) * cloud)
}

/// A line of hills; the nearer, the darker and the rougher.
struct Ridge {
    height: f32,
    phases: [f32; 3],
    colour: [f32; 3],
    contrast: f32,
    /// Pixels of the largest spots.
    scale: f32,
}

impl Ridge {
    /// The nearest first: it hides the others.
    fn all(random: &mut Random) -> [Self; 3] {
        let mut ridge = |height, colour, contrast, scale| {
            let phases = [0; 3].map(|_| random.unit() * std::f32::consts::TAU);
            Self { height, phases, colour, contrast, scale }
        };
        [
            ridge(0.72, [70.0, 85.0, 45.0], 110.0, 80.0),
            ridge(0.55, [85.0, 110.0, 80.0], 70.0, 60.0),
            ridge(0.42, [125.0, 145.0, 160.0], 20.0, 120.0),
        ]
    }

    fn covers(&self, x: f32, y: f32) -> bool {
        let [slow, middle, fast] = self.phases;
        let across = x / WIDTH as f32;
        let wave = 0.06 * (5.0 * across + slow).sin()
            + 0.025 * (17.0 * across + middle).sin()
            + 0.004 * (140.0 * across + fast).sin();
        y > HEIGHT as f32 * (self.height + wave)
    }

    fn colour(&self, texture: &Texture, x: f32, y: f32) -> [f32; 3] {
        let light = self.contrast * (texture.rough(x, y, self.scale) - 0.5);
        self.colour.map(|channel| channel + light)
    }
}

/// Random heights on a grid that repeats, smoothed between its points.
struct Texture(Vec<f32>);

impl Texture {
    const SIDE: usize = 256;

    fn new(random: &mut Random) -> Self {
        Self((0..Self::SIDE * Self::SIDE).map(|_| random.unit()).collect())
    }

    /// Spots of `scale` pixels, with smaller and fainter ones upon them; 0 to 1.
    fn rough(&self, x: f32, y: f32, scale: f32) -> f32 {
        let octaves = [(0.4, 1.0), (0.25, 0.37), (0.2, 0.13), (0.15, 0.045)];
        octaves.iter().map(|(weight, size)| weight * self.at(x / (scale * size), y / (scale * size))).sum()
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x as usize, y as usize);
        let corner =
            |right: usize, down: usize| self.0[(top + down) % Self::SIDE * Self::SIDE + (left + right) % Self::SIDE];
        let mix = |from: f32, to: f32, part: f32| from + (to - from) * part * part * (3.0 - 2.0 * part);
        let (across, down) = (x.fract(), y.fract());
        mix(mix(corner(0, 0), corner(1, 0), across), mix(corner(0, 1), corner(1, 1), across), down)
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Around 0, of deviation 1, near enough to a bell for grain: four 16-bit dice out of one throw.
    fn deviation(&mut self) -> f32 {
        let throw = self.next();
        let sum: u64 = [0, 16, 32, 48].iter().map(|shift| (throw >> shift) & 0xffff).sum();
        // Each die has the deviation 1/√12, four together 1/√3.
        (sum as f32 / 65_536.0 - 2.0) * 1.732
    }
}
