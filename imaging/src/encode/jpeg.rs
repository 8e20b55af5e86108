//! JPEG by jpegli, whose quantisation spends bits where they are seen: a tenth to a fifth fewer bytes than
//! libjpeg-turbo at an equal score of SSIMULACRA2. Every call into it is in this file.
//!
//! Chroma stays as fine as luma: that scores more than the few bytes that it takes would elsewhere.

use std::ffi::{c_int, c_ulong};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::{mem, ptr, slice};

use jpegli_sys::{
    J_COLOR_SPACE, JPEG_LIB_VERSION, jpegli_common_struct, jpegli_compress_struct, jpegli_error_mgr, jpegli_scan_info,
};

use crate::raster::{Layout, Raster};

/// How a JPEG is written.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    pub quality: u8,
    /// The spectrum in several scans, the coarse ones first.
    pub progressive: bool,
}

/// The JPEG of an opaque picture.
pub fn encode(raster: &Raster, manner: Manner) -> Result<Vec<u8>, String> {
    if raster.layout != Layout::Rgb {
        return Err("only opaque pictures can be a JPEG".into());
    }
    let work = || {
        let mut encoder = Encoder::new();
        encoder.describe(raster, manner);
        encoder.write(raster);
        encoder.finished()
    };
    // Nothing outlives a panic: the encoder is dropped on the way.
    catch_unwind(AssertUnwindSafe(work)).map_err(|cause| match cause.downcast::<Fatal>() {
        Ok(fatal) => format!("jpegli gave up with its message {}", fatal.0),
        Err(cause) => resume_unwind(cause),
    })
}

/// The number of jpegli's last message.
struct Fatal(c_int);

/// What the library holds and points into; boxed, so that it never moves.
struct Encoder {
    state: Box<jpegli_compress_struct>,
    errors: Box<jpegli_error_mgr>,
    bytes: *mut u8,
    length: c_ulong,
}

impl Encoder {
    fn new() -> Box<Encoder> {
        // SAFETY: both are plain C structs, for which zeros are what the library's own callers start from.
        let (state, errors) = unsafe { (Box::new(mem::zeroed()), Box::new(mem::zeroed())) };
        let mut encoder = Box::new(Encoder { state, errors, bytes: ptr::null_mut(), length: 0 });
        let Encoder { state, errors, bytes, length } = &mut *encoder;
        // SAFETY: the pointers handed over stay valid as long as the box, which destroys the state when dropped.
        unsafe {
            state.common.err = jpegli_sys::jpegli_std_error(errors);
            errors.error_exit = Some(give_up);
            errors.emit_message = Some(stay_silent);
            jpegli_sys::jpegli_CreateCompress(state, JPEG_LIB_VERSION, size_of::<jpegli_compress_struct>());
            jpegli_sys::jpegli_mem_dest(state, bytes, length);
        }
        encoder
    }

    fn describe(&mut self, raster: &Raster, manner: Manner) {
        let state = &mut *self.state;
        state.image_width = raster.size.width;
        state.image_height = raster.size.height;
        state.input_components = 3;
        state.in_color_space = J_COLOR_SPACE::JCS_RGB;
        // SAFETY: the state was created, and the components exist once defaults are set.
        unsafe {
            jpegli_sys::jpegli_set_defaults(state);
            jpegli_sys::jpegli_set_quality(state, manner.quality.clamp(1, 100).into(), 1);
        }
        state.optimize_coding = 1;
        let scans: &'static [jpegli_scan_info] = if manner.progressive { &PROGRESSIVE } else { &SEQUENTIAL };
        (state.scan_info, state.num_scans) = (scans.as_ptr(), scans.len() as c_int);
    }

    fn write(&mut self, raster: &Raster) {
        let length = raster.size.width as usize * 3;
        let rows: Vec<*const u8> = raster.pixels.chunks_exact(length).map(<[u8]>::as_ptr).collect();
        // SAFETY: each pointer is the start of a row as long as was described, and as many lines are given.
        unsafe {
            jpegli_sys::jpegli_start_compress(&mut self.state, 1);
            let mut written = 0;
            while written < rows.len() {
                let left = &rows[written..];
                written +=
                    jpegli_sys::jpegli_write_scanlines(&mut self.state, left.as_ptr(), left.len() as u32) as usize;
            }
            jpegli_sys::jpegli_finish_compress(&mut self.state);
        }
    }

    fn finished(&self) -> Vec<u8> {
        // SAFETY: the library has finished writing so many bytes there.
        unsafe { slice::from_raw_parts(self.bytes, self.length as usize) }.to_vec()
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: created in `new`; the buffer is of the C library's `malloc`, or null.
        unsafe {
            jpegli_sys::jpegli_destroy_compress(&mut self.state);
            libc::free(self.bytes.cast());
        }
    }
}

extern "C-unwind" fn give_up(state: &mut jpegli_common_struct) {
    // SAFETY: set in `Encoder::new`, and alive as long as the state.
    let code = unsafe { (*state.err).msg_code };
    // Passes the panic's hook by: this is an error on its way, not a bug to be printed.
    resume_unwind(Box::new(Fatal(code)));
}

extern "C-unwind" fn stay_silent(_state: &mut jpegli_common_struct, _level: c_int) {}

const fn scan(components: &[c_int], from: c_int, to: c_int) -> jpegli_scan_info {
    let mut component_index = [0; 4];
    let mut index = 0;
    while index < components.len() {
        component_index[index] = components[index];
        index += 1;
    }
    jpegli_scan_info { comps_in_scan: components.len() as c_int, component_index, Ss: from, Se: to, Ah: 0, Al: 0 }
}

/// Coarse before fine, and no bits refined later: refinement is what makes progressive files dear to write.
/// Of nine ways to split the spectrum the one with the fewest bytes over four photographs.
static PROGRESSIVE: [jpegli_scan_info; 9] = [
    scan(&[0, 1, 2], 0, 0),
    scan(&[0], 1, 2),
    scan(&[0], 3, 8),
    scan(&[1], 1, 2),
    scan(&[2], 1, 2),
    scan(&[0], 9, 20),
    scan(&[1], 3, 63),
    scan(&[2], 3, 63),
    scan(&[0], 21, 63),
];

static SEQUENTIAL: [jpegli_scan_info; 1] = [scan(&[0, 1, 2], 0, 63)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Size;

    #[test]
    fn every_manner_gives_the_picture_back() {
        for progressive in [true, false] {
            for (width, height) in [(1, 1), (17, 9), (64, 64)] {
                let mut raster = Raster::new(Size { width, height }, Layout::Rgb);
                raster.pixels.fill(90);
                let manner = Manner { quality: 80, progressive };
                let bytes = encode(&raster, manner).expect("a JPEG");
                let back = turbojpeg::decompress(&bytes, turbojpeg::PixelFormat::RGB).expect("a whole JPEG");
                assert_eq!((back.width, back.height), (width as usize, height as usize));
                assert!(back.pixels.iter().all(|sample| sample.abs_diff(90) < 3));
                assert_eq!(bytes.windows(2).any(|marker| marker == [0xff, 0xc2]), progressive);
            }
        }
    }

    #[test]
    fn what_the_library_refuses_is_an_error() {
        let raster = Raster { size: Size { width: 70_000, height: 1 }, layout: Layout::Rgb, pixels: vec![0; 210_000] };
        assert!(encode(&raster, Manner { quality: 80, progressive: true }).is_err());
    }
}
