//! HEVC, for HEIC: in Rust, without `unsafe`. The patents on HEVC are told in the README.

use heifer_hevc_dec::decoder::{DecodeOptions, decode_picture};
use heifer_hevc_dec::recon;

use super::yuv::{Coding, Frame, Plane, Samples};
use crate::Rejection;
use crate::raster::Size;

/// Decodes the first picture of an Annex B bitstream.
pub fn decode(
    bitstream: &[u8],
    max_pixels: u64,
    take: impl FnOnce(Frame<'_>) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    let options = DecodeOptions { max_pixels, ..DecodeOptions::default() };
    let decoded = decode_picture(bitstream, options).map_err(broken)?;
    let [luma_depth, chroma_depth] = decoded.bit_depth;
    let has_colour = decoded.widths[1] > 0;
    if has_colour && luma_depth != chroma_depth {
        return Err(Rejection::unsupported("The HEVC picture has luma and chroma of different depths."));
    }
    let chroma = has_colour.then(|| [plane(&decoded, 1), plane(&decoded, 2)]);
    let coding = Coding { matrix: decoded.matrix_coeffs.into(), full_range: decoded.full_range };
    take(Frame { luma: plane(&decoded, 0), chroma, depth: luma_depth, coding })
}

fn plane(decoded: &recon::Frame, index: usize) -> Plane<'_> {
    let size = Size { width: decoded.widths[index], height: decoded.heights[index] };
    Plane { size, stride: size.width as usize, samples: Samples::Sixteen(&decoded.planes[index]) }
}

fn broken(error: heifer_hevc_dec::Error) -> Rejection {
    match error {
        heifer_hevc_dec::Error::UnexpectedEof => Rejection::truncated("HEVC picture"),
        heifer_hevc_dec::Error::Unimplemented(what) => {
            Rejection::unsupported(format!("The HEVC picture cannot be decoded: {what}."))
        }
        error => Rejection::corrupt(format!("The HEVC picture is broken: {error}.")),
    }
}
