//! AVIF: one still picture of 8 bits, and a second for alpha where it is used.

use avif_serialize::Aviffy;
use avif_serialize::constants::{ColorPrimaries, MatrixCoefficients, TransferCharacteristics};

use super::aom::{self, Settings};
use super::bleed;
use super::yuv::{self, Sampling};
use crate::raster::Raster;

/// `exif` is a TIFF block.
pub fn encode(
    raster: &Raster,
    settings: Settings,
    sampling: Sampling,
    exif: Option<Vec<u8>>,
) -> Result<Vec<u8>, String> {
    let planes = yuv::colour(&bleed::bled(raster), sampling);
    let colour = aom::still(&planes, settings)?;
    let alpha = yuv::alpha(raster).map(|planes| aom::still(&planes, settings)).transpose()?;
    let halved = sampling == Sampling::Half;
    let mut container = Aviffy::new();
    // These four are also what a reader must assume where the container is silent (MIAF, 7.3.6.4),
    // and the serializer therefore leaves them out; the bitstream says them in any case.
    container
        .set_color_primaries(ColorPrimaries::Bt709)
        .set_transfer_characteristics(TransferCharacteristics::Srgb)
        .set_matrix_coefficients(MatrixCoefficients::Bt601)
        .set_full_color_range(true)
        .set_seq_profile(aom::profile(&planes))
        .set_chroma_subsampling((halved, halved));
    if let Some(exif) = exif {
        container.set_exif(exif);
    }
    Ok(container.to_vec(&colour, alpha.as_deref(), raster.size.width, raster.size.height, 8))
}
