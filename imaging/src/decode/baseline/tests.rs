//! Sample by sample against libjpeg-turbo.

use turbojpeg::{Compressor, Image, PixelFormat, Subsamp, YuvImage};

use super::*;

/// Soft and hard edges, colours, and noise that needs long codes.
fn picture(width: usize, height: usize) -> Vec<u8> {
    let mut noise = 1_u32;
    let mut pixels = Vec::with_capacity(width * height * 3);
    for index in 0..width * height {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = (index % width, index / width);
        let grain = if (x / 16 + y / 16) % 3 == 0 { noise >> 24 } else { 0 };
        pixels.extend([(x * 3) as u8, (y * 5) as u8 ^ grain as u8, if x > y { 255 } else { grain as u8 }]);
    }
    pixels
}

fn jpeg(width: usize, height: usize, subsamp: Subsamp, quality: i32, optimize: bool) -> Vec<u8> {
    let pixels = picture(width, height);
    let mut compressor = Compressor::new().expect("a compressor");
    compressor.set_quality(quality).expect("a quality");
    compressor.set_subsamp(subsamp).expect("a sampling");
    compressor.set_optimize(optimize).expect("a choice");
    let image = Image { pixels: &pixels[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
    compressor.compress_to_vec(image).expect("a JPEG")
}

/// The planes of the picture, without what lies beyond its edges.
fn ours(jpeg: &[u8]) -> Vec<Vec<u8>> {
    let segments = Segments::read(jpeg).expect("a whole JPEG");
    let baseline = Baseline::open(&segments).expect("a simple JPEG");
    let Sampling { across, down, .. } = baseline.sampling();
    let (width, height) = (segments.size.width as usize, segments.size.height as usize);
    let sizes = [(width, height), (width.div_ceil(across), height.div_ceil(down))];
    let mut planes: Vec<Vec<u8>> = Vec::new();
    let take = |band: &Band| {
        planes.resize(band.planes.len(), Vec::new());
        for (index, (whole, plane)) in planes.iter_mut().zip(&band.planes).enumerate() {
            let (width, height) = sizes[index.min(1)];
            let rows = plane.samples.chunks_exact(plane.stride).take(height - whole.len() / width);
            rows.for_each(|row| whole.extend_from_slice(&row[..width]));
        }
    };
    baseline.bands(take).expect("no doubt");
    planes
}

fn theirs(jpeg: &[u8]) -> Vec<Vec<u8>> {
    let image: YuvImage<Vec<u8>> = turbojpeg::decompress_to_yuv(jpeg).expect("planes");
    let (across, down) = match image.subsamp {
        Subsamp::Sub2x1 => (2, 1),
        Subsamp::Sub1x2 => (1, 2),
        Subsamp::Sub2x2 => (2, 2),
        _ => (1, 1),
    };
    let chroma = (image.width.div_ceil(across), image.height.div_ceil(down));
    let count = if image.subsamp == Subsamp::Gray { 1 } else { 3 };
    let mut rest = &image.pixels[..];
    let sizes = [(image.width, image.height), chroma, chroma];
    let plane = |(index, (width, height)): (usize, (usize, usize))| {
        // Luma planes are padded to whole groups.
        let pad = |side: usize, step: usize| if index == 0 { side.next_multiple_of(step) } else { side };
        let stride = pad(width, across).next_multiple_of(image.align);
        let (own, others) = rest.split_at(stride * pad(height, down));
        rest = others;
        own.chunks_exact(stride).take(height).flat_map(|row| &row[..width]).copied().collect()
    };
    sizes.into_iter().take(count).enumerate().map(plane).collect()
}

#[test]
fn every_sample_is_that_of_libjpeg_turbo() {
    let samplings = [Subsamp::None, Subsamp::Sub2x1, Subsamp::Sub1x2, Subsamp::Sub2x2, Subsamp::Gray];
    for subsamp in samplings {
        for (width, height) in [(1, 1), (8, 8), (17, 9), (100, 75), (33, 64)] {
            for (quality, optimize) in [(5, false), (50, true), (85, false), (100, true)] {
                let jpeg = jpeg(width, height, subsamp, quality, optimize);
                assert!(ours(&jpeg) == theirs(&jpeg), "{subsamp:?} {width}x{height} at {quality}");
            }
        }
    }
}

/// Grey, two blocks, a restart between them.
fn with_restart(marker: u8) -> Vec<u8> {
    let steps = [&[0xff, 0xdb, 0, 67, 0][..], &[1; 64]].concat();
    let codes = |class: u8, symbol: u8| [&[0xff, 0xc4, 0, 20, class, 1][..], &[0; 15], &[symbol]].concat();
    let frame = [0xff, 0xc0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0];
    let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x77, 0xff, marker, 0x47];
    let interval = [0xff, 0xdd, 0, 4, 0, 1];
    let parts = [&[0xff, 0xd8][..], &steps, &codes(0, 3), &codes(0x10, 0), &frame, &interval, &scan, &[0xff, 0xd9]];
    parts.concat()
}

#[test]
fn a_restart_forgets_what_came_before() {
    assert_eq!(ours(&with_restart(0xd0)), theirs(&with_restart(0xd0)));
    let wrong = with_restart(0xd1);
    let segments = Segments::read(&wrong).expect("a whole JPEG");
    assert!(Baseline::open(&segments).expect("a simple JPEG").bands(|_| {}).is_none());
}

#[test]
fn a_scan_that_ends_early_is_in_doubt() {
    let whole = jpeg(64, 64, Subsamp::Sub2x2, 85, false);
    let cut = [&whole[..whole.len() - 200], &[0xff, 0xd9]].concat();
    let segments = Segments::read(&cut).expect("both ends");
    assert!(Baseline::open(&segments).expect("a simple JPEG").bands(|_| {}).is_none());
}
