//! WebP by libwebp: one lossy picture, or an animation of them. Every call into libwebp is in this file.

use std::ffi::{CStr, c_int};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::slice;

use libwebp_sys as ffi;

use crate::raster::{Layout, Raster, Size};

/// The format has 14 bits for a side.
pub const MAX_SIDE: u32 = 16_383;

/// The longest that the format can show one frame: 24 bits of milliseconds.
const MAX_DELAY_MS: u32 = 0xff_ffff;

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// 0 to 100, as libwebp counts.
    pub quality: f32,
    /// libwebp's method: 0 is the fastest, 6 the slowest.
    pub effort: u8,
}

/// An RGB raster, or an RGBA one whose alpha is kept without loss.
pub fn encode(raster: &Raster, settings: Settings) -> Result<Vec<u8>, String> {
    let config = config(settings)?;
    let mut picture = Picture::new(raster, Samples::Planes)?;
    let mut output = Output::new();
    picture.0.writer = Some(ffi::WebPMemoryWrite);
    picture.0.custom_ptr = ptr::from_mut(&mut output.0).cast();
    // SAFETY: both are initialised and valid; the writer is libwebp's own for the `WebPMemoryWriter` that
    // `custom_ptr` points to, which is neither moved nor otherwise used during the call.
    if unsafe { ffi::WebPEncode(&config, &mut picture.0) } == 0 {
        return Err(format!("libwebp says {:?}", picture.0.error_code));
    }
    Ok(output.bytes().to_vec())
}

/// Takes frames one after the other; all of them cover the whole canvas.
pub struct Animation {
    encoder: NonNull<ffi::WebPAnimEncoder>,
    config: ffi::WebPConfig,
    canvas: Size,
    /// When the next frame appears.
    at_ms: c_int,
}

impl Animation {
    /// It plays `loops` times; 0 is for ever.
    pub fn new(canvas: Size, loops: u16, settings: Settings) -> Result<Animation, String> {
        let config = config(settings)?;
        let mut options = MaybeUninit::uninit();
        let version = ffi::WebPGetMuxABIVersion();
        // SAFETY: the call writes the whole of the options, or refuses the version.
        if unsafe { ffi::WebPAnimEncoderOptionsInitInternal(options.as_mut_ptr(), version) } == 0 {
            return Err("libwebp is of another version".into());
        }
        // SAFETY: the call succeeded, so the options are written.
        let mut options: ffi::WebPAnimEncoderOptions = unsafe { options.assume_init() };
        options.anim_params.loop_count = loops.into();
        let (width, height) = (canvas.width.min(MAX_SIDE + 1) as c_int, canvas.height.min(MAX_SIDE + 1) as c_int);
        // SAFETY: the options are initialised and are copied; sides that are too large are refused by null.
        let encoder = unsafe { ffi::WebPAnimEncoderNewInternal(width, height, &options, version) };
        let encoder = NonNull::new(encoder).ok_or("libwebp refuses the canvas")?;
        Ok(Animation { encoder, config, canvas, at_ms: 0 })
    }

    pub fn add(&mut self, frame: &Raster, delay_ms: u32) -> Result<(), String> {
        if frame.size != self.canvas {
            return Err("a frame has not the size of its canvas".into());
        }
        let mut picture = Picture::new(frame, Samples::Argb)?;
        self.push(&mut picture.0)?;
        let delay = delay_ms.min(MAX_DELAY_MS) as c_int;
        self.at_ms = self.at_ms.checked_add(delay).ok_or("it is too long for its clock")?;
        Ok(())
    }

    pub fn finish(mut self) -> Result<Vec<u8>, String> {
        // No frame means: the last one ends now.
        self.push(ptr::null_mut())?;
        let mut assembled = Assembled(ffi::WebPData::default());
        // SAFETY: the encoder is valid, and the target empty; the call fills it or fails.
        if unsafe { ffi::WebPAnimEncoderAssemble(self.encoder.as_ptr(), &mut assembled.0) } == 0 {
            return Err(self.last_error());
        }
        // SAFETY: the call succeeded, so `bytes` points to `size` bytes until they are freed.
        Ok(unsafe { slice::from_raw_parts(assembled.0.bytes, assembled.0.size) }.to_vec())
    }

    fn push(&mut self, picture: *mut ffi::WebPPicture) -> Result<(), String> {
        // SAFETY: the encoder and the configuration are valid, the picture is null or initialised; it is copied.
        match unsafe { ffi::WebPAnimEncoderAdd(self.encoder.as_ptr(), picture, self.at_ms, &self.config) } {
            0 => Err(self.last_error()),
            _ => Ok(()),
        }
    }

    fn last_error(&self) -> String {
        // SAFETY: the encoder is valid, and returns a string with an end that lives until its next call.
        let message = unsafe { CStr::from_ptr(ffi::WebPAnimEncoderGetError(self.encoder.as_ptr())) };
        message.to_string_lossy().into_owned()
    }
}

impl Drop for Animation {
    fn drop(&mut self) {
        // SAFETY: the encoder came from `WebPAnimEncoderNewInternal` and is not used again.
        unsafe { ffi::WebPAnimEncoderDelete(self.encoder.as_ptr()) };
    }
}

fn config(settings: Settings) -> Result<ffi::WebPConfig, String> {
    let mut config = ffi::WebPConfig::new().map_err(|()| "libwebp is of another version")?;
    config.quality = settings.quality.clamp(0.0, 100.0);
    config.method = settings.effort.min(6).into();
    Ok(config)
}

/// What libwebp holds a picture as.
#[derive(Clone, Copy)]
enum Samples {
    /// Y, U and V, and A where it is used: what a lossy picture is encoded from.
    Planes,
    /// What an animation compares frames by.
    Argb,
}

/// A copy of a raster in libwebp's memory; freed when dropped.
struct Picture(ffi::WebPPicture);

impl Picture {
    fn new(raster: &Raster, samples: Samples) -> Result<Picture, String> {
        let Size { width, height } = raster.size;
        if width.max(height) > MAX_SIDE || raster.pixels.len() != raster.size.bytes(raster.layout) {
            return Err("the raster does not fit".into());
        }
        let mut picture = Picture(ffi::WebPPicture::new().map_err(|()| "libwebp is of another version")?);
        picture.0.use_argb = matches!(samples, Samples::Argb).into();
        (picture.0.width, picture.0.height) = (width as c_int, height as c_int);
        let (pixels, stride) = (raster.pixels.as_ptr(), (width as usize * raster.layout.channels()) as c_int);
        // SAFETY: the picture is initialised; libwebp reads `height` rows of `stride` bytes, which is what the
        // raster has, as checked above, and copies them into memory of its own.
        let copied = unsafe {
            match raster.layout {
                Layout::Rgba => ffi::WebPPictureImportRGBA(&mut picture.0, pixels, stride),
                Layout::Rgb => ffi::WebPPictureImportRGB(&mut picture.0, pixels, stride),
                _ => 0,
            }
        };
        if copied == 0 { Err(format!("libwebp says {:?}", picture.0.error_code)) } else { Ok(picture) }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: the picture is initialised; what it owns is freed once.
        unsafe { ffi::WebPPictureFree(&mut self.0) };
    }
}

/// Where libwebp writes to; freed when dropped.
struct Output(ffi::WebPMemoryWriter);

impl Output {
    fn new() -> Output {
        let mut writer = MaybeUninit::uninit();
        // SAFETY: the call writes the whole struct.
        unsafe { ffi::WebPMemoryWriterInit(writer.as_mut_ptr()) };
        // SAFETY: it is written.
        Output(unsafe { writer.assume_init() })
    }

    fn bytes(&self) -> &[u8] {
        if self.0.mem.is_null() {
            return &[];
        }
        // SAFETY: libwebp has written `size` bytes to `mem`, which lives as long as the writer.
        unsafe { slice::from_raw_parts(self.0.mem, self.0.size) }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: the writer is initialised, and its memory is freed once.
        unsafe { ffi::WebPMemoryWriterClear(&mut self.0) };
    }
}

/// An assembled animation in libwebp's memory; freed when dropped.
struct Assembled(ffi::WebPData);

impl Drop for Assembled {
    fn drop(&mut self) {
        // SAFETY: the bytes are libwebp's or null, and are freed once.
        unsafe { ffi::WebPDataClear(&mut self.0) };
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image_webp::{LoopCount, WebPDecoder};

    use super::*;

    const USUAL: Settings = Settings { quality: 80.0, effort: 4 };

    fn filled(layout: Layout, pixel: &[u8]) -> Raster {
        let size = Size { width: 17, height: 9 };
        Raster { size, layout, pixels: pixel.repeat(17 * 9) }
    }

    fn decoded(bytes: &[u8]) -> Vec<u8> {
        let mut decoder = WebPDecoder::new(Cursor::new(bytes)).expect("a WebP");
        let mut pixels = vec![0; decoder.output_buffer_size().expect("a size")];
        decoder.read_image(&mut pixels).expect("pixels");
        pixels
    }

    #[test]
    fn a_picture_keeps_its_colour_and_its_alpha() {
        for (layout, pixel) in [(Layout::Rgb, &[200, 40, 30][..]), (Layout::Rgba, &[200, 40, 30, 77])] {
            let pixels = decoded(&encode(&filled(layout, pixel), USUAL).expect("a WebP"));
            let near = pixels[..pixel.len()].iter().zip(pixel).all(|(is, should)| is.abs_diff(*should) <= 3);
            assert!(near && pixels.len() == 17 * 9 * pixel.len(), "{:?}", &pixels[..4]);
        }
    }

    #[test]
    fn an_animation_keeps_its_frames_delays_and_loops() {
        let frames = [([0, 0, 250, 0], 110), ([250, 0, 0, 255], 40), ([0, 250, 0, 255], 70)];
        let mut animation = Animation::new(Size { width: 17, height: 9 }, 3, USUAL).expect("an encoder");
        for (pixel, delay) in frames {
            animation.add(&filled(Layout::Rgba, &pixel), delay).expect("a frame");
        }
        let bytes = animation.finish().expect("an animation");
        let mut decoder = WebPDecoder::new(Cursor::new(bytes)).expect("a WebP");
        assert_eq!(decoder.loop_count(), LoopCount::Times(3.try_into().expect("not zero")));
        let mut pixels = vec![0; decoder.output_buffer_size().expect("a size")];
        for (pixel, delay) in frames {
            assert_eq!(decoder.read_frame(&mut pixels).expect("a frame"), delay);
            assert!(pixels[3] == pixel[3] && (pixel[3] == 0 || pixels[0].abs_diff(pixel[0]) < 9), "{pixel:?}");
        }
        assert_eq!(decoder.num_frames(), 3);
    }

    #[test]
    fn a_frame_of_another_size_is_refused() {
        let mut animation = Animation::new(Size { width: 8, height: 9 }, 0, USUAL).expect("an encoder");
        assert!(animation.add(&filled(Layout::Rgb, &[0, 0, 0]), 10).is_err());
    }
}
