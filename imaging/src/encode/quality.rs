//! One scale of quality for every codec: libjpeg's, so that 80 looks about like a JPEG of 80.

/// Where the codecs score alike: quality, libaom's quantizer, libwebp's quality.
///
/// Measured on photographs of 0.2 to 0.8 megapixels, eleven for WebP (method 4), six for AVIF (speed 9), four for
/// AVIF from 90 on: the mean SSIMULACRA2 of JPEG at each quality, and where the other has the same mean.
/// The means are 50 at quality 30, 64 at 50, 78 at 80, 88 at 90 and 92 at 95. Single photographs need up to 4
/// quantizers, or 6 steps of WebP's (12 below 70), more or less. From 90 on JPEG and AVIF have full colour, which
/// WebP has not: it ends at about 89. The outermost two are not measured: they are the ends of the codecs' own
/// scales, but for AVIF's 0, which would be lossless.
/// Check it by `cargo run --release -p imaging --example calibrate`.
const ANCHORS: [(f32, f32, f32); 12] = [
    (0.0, 63.0, 0.0),
    (30.0, 36.5, 28.8),
    (40.0, 32.3, 41.7),
    (50.0, 28.8, 55.2),
    (60.0, 25.2, 65.8),
    (70.0, 18.6, 76.8),
    (75.0, 15.5, 80.0),
    (80.0, 11.2, 83.5),
    (85.0, 7.9, 87.0),
    (90.0, 4.2, 97.3),
    (95.0, 1.1, 99.0),
    (100.0, 1.0, 100.0),
];

/// libaom's quantizer, from 63 to the finest that is not lossless.
pub fn avif(quality: u8) -> u8 {
    between(quality, |anchor| anchor.1).round() as u8
}

/// libwebp's quality.
pub fn webp(quality: u8) -> f32 {
    between(quality, |anchor| anchor.2)
}

fn between(quality: u8, value: impl Fn(&(f32, f32, f32)) -> f32) -> f32 {
    let quality = f32::from(quality.min(100));
    let upper = ANCHORS.iter().position(|anchor| anchor.0 >= quality).unwrap_or(ANCHORS.len() - 1).max(1);
    let (low, high) = (&ANCHORS[upper - 1], &ANCHORS[upper]);
    let share = (quality - low.0) / (high.0 - low.0);
    value(low) + (value(high) - value(low)) * share
}

/// The quality of libjpeg that quantises luma most nearly as this JPEG does; none if it cannot be told.
///
/// Encoders with tables of their own are compared by their sum: how much they throw away in all.
pub fn of_jpeg(jpeg: &[u8]) -> Option<u8> {
    let own = sum_of_luma(jpeg)?;
    (1..=100_u8).min_by_key(|quality| sum_at(*quality).abs_diff(own))
}

/// Table K.1 of ITU-T T.81; its order does not matter for a sum.
const LUMA: [u32; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
];

/// As libjpeg scales it.
fn sum_at(quality: u8) -> u32 {
    let quality = u32::from(quality);
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    LUMA.iter().map(|step| ((step * percent + 50) / 100).clamp(1, 255)).sum()
}

/// The sum of quantisation table 0, which every encoder uses for luma.
fn sum_of_luma(jpeg: &[u8]) -> Option<u32> {
    const TABLES: u8 = 0xdb;
    const SCAN: u8 = 0xda;
    let mut rest = jpeg.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let (&[0xff, marker, high, low], _) = rest.split_first_chunk::<4>()? else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + length)?;
        match marker {
            TABLES => {
                if let Some(sum) = sum_in(segment) {
                    return Some(sum);
                }
            }
            SCAN => return None,
            _ => {}
        }
        rest = rest.get(2 + length..)?;
    }
}

fn sum_in(mut tables: &[u8]) -> Option<u32> {
    loop {
        let (kind, rest) = tables.split_first()?;
        let steps = rest.get(..if kind >> 4 == 0 { 64 } else { 128 })?;
        if kind & 15 == 0 {
            return Some(match kind >> 4 {
                0 => steps.iter().map(|step| u32::from(*step)).sum(),
                _ => steps.as_chunks::<2>().0.iter().map(|step| u32::from(u16::from_be_bytes(*step))).sum(),
            });
        }
        tables = &rest[steps.len()..];
    }
}

#[cfg(test)]
mod tests {
    use turbojpeg::{Compressor, Image, PixelFormat};

    use super::*;

    fn jpeg(quality: i32) -> Vec<u8> {
        let mut compressor = Compressor::new().expect("a compressor");
        compressor.set_quality(quality).expect("a quality");
        let image = Image { pixels: &[9; 192][..], width: 8, pitch: 24, height: 8, format: PixelFormat::RGB };
        compressor.compress_to_vec(image).expect("a JPEG")
    }

    #[test]
    fn the_quality_of_a_jpeg_is_read_from_its_tables() {
        for quality in [5, 30, 50, 75, 80, 92, 100] {
            assert_eq!(of_jpeg(&jpeg(quality)), Some(quality as u8));
        }
    }

    #[test]
    fn a_jpeg_without_tables_has_no_quality() {
        let whole = jpeg(80);
        for length in [0, 2, 5, 30] {
            assert_eq!(of_jpeg(&whole[..length]), None);
        }
    }

    #[test]
    fn a_higher_quality_is_finer_in_every_codec() {
        for quality in 1..=100 {
            assert!(avif(quality) <= avif(quality - 1) && webp(quality) >= webp(quality - 1), "{quality}");
        }
        assert!(avif(0) <= 63 && avif(100) >= 1);
    }
}
