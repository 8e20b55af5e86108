//! AV1 decoded by libaom, which is linked for its encoder in any case. Every call into the decoder lies here.

use std::ffi::{CStr, c_int, c_uint};
use std::mem::MaybeUninit;
use std::ptr;

use libaom_sys as aom;

use super::yuv::{Coding, Frame, Plane, Samples};
use crate::Rejection;
use crate::raster::Size;

/// The size that the bitstream allows its frames, read from its first header alone.
pub fn coded_size(item: &[u8]) -> Result<Size, Rejection> {
    // SAFETY: a C struct of integers, for which zero is a valid value.
    let mut info: aom::aom_codec_stream_info_t = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: returns a pointer to a static table.
    let interface = unsafe { aom::aom_codec_av1_dx() };
    // SAFETY: pointer and length are of one slice, which the call only reads.
    check(unsafe { aom::aom_codec_peek_stream_info(interface, item.as_ptr(), item.len(), &mut info) })?;
    Ok(Size { width: info.w, height: info.h })
}

pub fn decode(item: &[u8], take: impl FnOnce(Frame<'_>) -> Result<(), Rejection>) -> Result<(), Rejection> {
    let mut decoder = Decoder::new()?;
    let image = decoder.decode(item)?;
    take(frame(image)?)
}

/// An initialised libaom decoder for one picture; freed when dropped.
struct Decoder {
    context: aom::aom_codec_ctx_t,
}

impl Decoder {
    fn new() -> Result<Decoder, Rejection> {
        let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(4));
        let config = aom::aom_codec_dec_cfg_t { threads: threads as c_uint, w: 0, h: 0, allow_lowbitdepth: 1 };
        let mut context = MaybeUninit::zeroed();
        let version = aom::AOM_DECODER_ABI_VERSION as c_int;
        // SAFETY: returns a pointer to a static table.
        let interface = unsafe { aom::aom_codec_av1_dx() };
        // SAFETY: the context is zeroed, as libaom asks; the configuration is copied by the call.
        check(unsafe { aom::aom_codec_dec_init_ver(context.as_mut_ptr(), interface, &config, 0, version) })?;
        // SAFETY: the call succeeded, so the context is initialised; it may be moved, as nothing points into it.
        let mut decoder = Decoder { context: unsafe { context.assume_init() } };
        // Threads within a tile hold the coefficients of a whole picture: 3 GiB for one of 48 megapixels.
        // SAFETY: the context is initialised, and the control reads exactly one `unsigned int`.
        check(unsafe { aom::aom_codec_control(&mut decoder.context, aom::AV1D_SET_ROW_MT as c_int, 0 as c_uint) })?;
        Ok(decoder)
    }

    /// The image lives in the decoder, until it is used again.
    fn decode(&mut self, item: &[u8]) -> Result<&aom::aom_image_t, Rejection> {
        // SAFETY: the context is initialised; pointer and length are of one slice, which the call only reads.
        check(unsafe { aom::aom_codec_decode(&mut self.context, item.as_ptr(), item.len(), ptr::null_mut()) })?;
        let mut iterator = ptr::null();
        // SAFETY: the context is initialised; the iterator starts at null.
        let image = unsafe { aom::aom_codec_get_frame(&mut self.context, &mut iterator) };
        // SAFETY: libaom returns null or an image that is valid until its next call, which `&mut self` holds off.
        unsafe { image.as_ref() }.ok_or_else(|| Rejection::corrupt("The AV1 picture shows nothing."))
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the context was initialised and is not used again.
        unsafe { aom::aom_codec_destroy(&mut self.context) };
    }
}

fn frame(image: &aom::aom_image_t) -> Result<Frame<'_>, Rejection> {
    let size = Size { width: image.d_w, height: image.d_h };
    let is_wide = image.fmt & aom::AOM_IMG_FMT_HIGHBITDEPTH != 0;
    let shifts = (image.x_chroma_shift, image.y_chroma_shift);
    let is_known = matches!(image.bit_depth, 8 | 10 | 12) && matches!(shifts, (0 | 1, 0 | 1)) && size.area() > 0;
    if !is_known || image.planes[0].is_null() {
        return Err(Rejection::corrupt("The AV1 picture is of no known kind."));
    }
    let half = |side: c_uint, shift: c_uint| (side + shift) >> shift;
    let chroma_size = Size { width: half(size.width, shifts.0), height: half(size.height, shifts.1) };
    let has_colour = image.monochrome == 0 && !image.planes[1].is_null() && !image.planes[2].is_null();
    let chroma = has_colour.then(|| [plane(image, 1, chroma_size, is_wide), plane(image, 2, chroma_size, is_wide)]);
    let coding = Coding { matrix: image.mc as u16, full_range: image.range == aom::AOM_CR_FULL_RANGE };
    Ok(Frame { luma: plane(image, 0, size, is_wide), chroma, depth: image.bit_depth as u8, coding })
}

/// `size` is within what libaom allocated: the displayed size, shifted as the format says.
fn plane(image: &aom::aom_image_t, index: usize, size: Size, is_wide: bool) -> Plane<'_> {
    let (start, bytes) = (image.planes[index], image.stride[index] as usize);
    let stride = if is_wide { bytes / 2 } else { bytes };
    let count = stride * (size.height as usize - 1) + size.width as usize;
    let samples = if is_wide {
        // SAFETY: of this format, samples are two bytes wide and aligned, and rows `bytes` apart; the plane
        // lives as long as the image does.
        Samples::Sixteen(unsafe { std::slice::from_raw_parts(start.cast(), count) })
    } else {
        // SAFETY: as above, with samples of one byte.
        Samples::Eight(unsafe { std::slice::from_raw_parts(start, count) })
    };
    Plane { size, stride, samples }
}

fn check(code: aom::aom_codec_err_t) -> Result<(), Rejection> {
    if code == aom::AOM_CODEC_OK {
        return Ok(());
    }
    // SAFETY: returns a static string for every code.
    let message = unsafe { CStr::from_ptr(aom::aom_codec_err_to_string(code)) };
    Err(Rejection::corrupt(format!("The AV1 picture is broken: {}.", message.to_string_lossy())))
}
