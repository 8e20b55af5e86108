//! AV1 by libaom: one still picture in, its bitstream out. Every call into libaom's encoder is in this file.

use std::ffi::{CStr, c_int, c_uint};
use std::mem::MaybeUninit;
use std::ptr;

use libaom_sys as aom;

use super::yuv::{Planes, Sampling};

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// 0 is the best, 63 the smallest.
    pub quantizer: u8,
    /// 0 is the slowest, 9 the fastest.
    pub speed: u8,
}

/// Planes without chroma become a monochrome picture.
pub fn still(planes: &Planes, settings: Settings) -> Result<Vec<u8>, String> {
    let mut encoder = Encoder::new(planes)?;
    encoder.set(aom::AOME_SET_CPUUSED, settings.speed.min(9).into())?;
    encoder.set(aom::AOME_SET_CQ_LEVEL, settings.quantizer.min(63).into())?;
    encoder.set(aom::AV1E_SET_COLOR_RANGE, aom::AOM_CR_FULL_RANGE as c_int)?;
    if planes.chroma.is_some() {
        encoder.spend_on_what_is_seen()?;
        encoder.set(aom::AV1E_SET_COLOR_PRIMARIES, aom::AOM_CICP_CP_BT_709 as c_int)?;
        encoder.set(aom::AV1E_SET_TRANSFER_CHARACTERISTICS, aom::AOM_CICP_TC_SRGB as c_int)?;
        encoder.set(aom::AV1E_SET_MATRIX_COEFFICIENTS, aom::AOM_CICP_MC_BT_601 as c_int)?;
    }
    encoder.encode(planes)
}

/// An initialised libaom encoder for one picture; freed when dropped.
struct Encoder {
    context: aom::aom_codec_ctx_t,
}

impl Encoder {
    fn new(planes: &Planes) -> Result<Encoder, String> {
        // SAFETY: returns a pointer to a static table.
        let interface = unsafe { aom::aom_codec_av1_cx() };
        let mut config = MaybeUninit::uninit();
        // SAFETY: the interface is an encoder's, and the call writes the whole configuration or fails.
        let code =
            unsafe { aom::aom_codec_enc_config_default(interface, config.as_mut_ptr(), aom::AOM_USAGE_ALL_INTRA) };
        check(code)?;
        // SAFETY: the call succeeded, so the configuration is written.
        let mut config: aom::aom_codec_enc_cfg_t = unsafe { config.assume_init() };
        configure(&mut config, planes);

        let mut context = MaybeUninit::zeroed();
        let version = aom::AOM_ENCODER_ABI_VERSION as c_int;
        // SAFETY: the context is zeroed, as libaom asks; the configuration is copied by the call.
        let code = unsafe { aom::aom_codec_enc_init_ver(context.as_mut_ptr(), interface, &config, 0, version) };
        check(code)?;
        // SAFETY: the call succeeded, so the context is initialised; it may be moved, as nothing points into it.
        Ok(Encoder { context: unsafe { context.assume_init() } })
    }

    /// Every control used here takes one `int` or `unsigned int`, which are passed alike.
    fn set(&mut self, control: aom::aome_enc_control_id, value: c_int) -> Result<(), String> {
        // SAFETY: the context is initialised, and the control reads exactly one `int`.
        check(unsafe { aom::aom_codec_control(&mut self.context, control as c_int, value) })
    }

    /// Quantises fine detail more coarsely than broad shapes, as JPEG does, by AV1's matrices from 2 to 10 of 15.
    ///
    /// Measured at speed 9, at equal SSIMULACRA2 between 65 and 80: 10 to 13 % fewer bytes in the same time.
    /// Beside them `tune=ssim` brings nothing; without them it saves 2 %. Adaptive quantisation, `deltaq`, CDEF
    /// and chroma offsets change nothing or less than 1 % in this mode, and sharpness costs 2 to 4 %.
    fn spend_on_what_is_seen(&mut self) -> Result<(), String> {
        self.set(aom::AV1E_SET_ENABLE_QM, 1)?;
        self.set(aom::AV1E_SET_QM_MIN, 2)?;
        self.set(aom::AV1E_SET_QM_MAX, 10)
    }

    fn encode(&mut self, planes: &Planes) -> Result<Vec<u8>, String> {
        let image = image(planes);
        // SAFETY: `image` points into `planes`, which outlives the call; libaom only reads, and copies what it keeps.
        check(unsafe { aom::aom_codec_encode(&mut self.context, &image, 0, 1, 0) })?;
        let mut bytes = self.packets();
        // SAFETY: no image means: write what is still held back.
        check(unsafe { aom::aom_codec_encode(&mut self.context, ptr::null(), 0, 1, 0) })?;
        bytes.extend(self.packets());
        Ok(bytes)
    }

    fn packets(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut iterator = ptr::null();
        loop {
            // SAFETY: the context is initialised; the iterator starts at null and is only passed back.
            let packet = unsafe { aom::aom_codec_get_cx_data(&mut self.context, &mut iterator) };
            // SAFETY: libaom returns null or a packet that is valid until its next call.
            let Some(packet) = (unsafe { packet.as_ref() }) else { return bytes };
            if packet.kind == aom::AOM_CODEC_CX_FRAME_PKT {
                // SAFETY: of this kind, the union holds a frame, whose buffer has `sz` bytes until the next call.
                let frame = unsafe { std::slice::from_raw_parts(packet.data.frame.buf.cast(), packet.data.frame.sz) };
                bytes.extend_from_slice(frame);
            }
        }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the context was initialised and is not used again.
        unsafe { aom::aom_codec_destroy(&mut self.context) };
    }
}

/// One still picture at constant quality, as libavif sets it up.
fn configure(config: &mut aom::aom_codec_enc_cfg_t, planes: &Planes) {
    config.g_w = planes.width as c_uint;
    config.g_h = planes.height as c_uint;
    config.g_threads = 1;
    // With one frame at most, libaom writes the short header of a still picture and keeps no look-ahead.
    config.g_limit = 1;
    config.g_lag_in_frames = 0;
    config.kf_mode = aom::AOM_KF_DISABLED;
    config.kf_max_dist = 0;
    config.rc_end_usage = aom::AOM_Q;
    config.g_profile = profile(planes).into();
    config.monochrome = planes.chroma.is_none().into();
}

fn image(planes: &Planes) -> aom::aom_image_t {
    // SAFETY: a C struct of integers and pointers, for which zero is a valid value.
    let mut image: aom::aom_image_t = unsafe { MaybeUninit::zeroed().assume_init() };
    (image.w, image.h) = (planes.width as c_uint, planes.height as c_uint);
    (image.d_w, image.d_h) = (image.w, image.h);
    image.bit_depth = 8;
    (image.fmt, image.bps, image.x_chroma_shift) = match planes.sampling {
        Sampling::Half => (aom::AOM_IMG_FMT_I420, 12, 1),
        Sampling::Full => (aom::AOM_IMG_FMT_I444, 24, 0),
    };
    image.y_chroma_shift = image.x_chroma_shift;
    image.range = aom::AOM_CR_FULL_RANGE;
    image.monochrome = planes.chroma.is_none().into();
    image.planes[0] = planes.luma.as_ptr().cast_mut();
    image.stride[0] = planes.width as c_int;
    if let Some(chroma) = &planes.chroma {
        for (index, plane) in chroma.iter().enumerate() {
            image.planes[index + 1] = plane.as_ptr().cast_mut();
            image.stride[index + 1] = planes.chroma_width() as c_int;
        }
    }
    image
}

/// AV1's name for what a decoder must be able to do: 0 (main) has no 4:4:4, 1 (high) has.
pub fn profile(planes: &Planes) -> u8 {
    (planes.sampling == Sampling::Full).into()
}

fn check(code: aom::aom_codec_err_t) -> Result<(), String> {
    if code == aom::AOM_CODEC_OK {
        return Ok(());
    }
    // SAFETY: returns a static string for every code.
    let message = unsafe { CStr::from_ptr(aom::aom_codec_err_to_string(code)) };
    Err(message.to_string_lossy().into_owned())
}
