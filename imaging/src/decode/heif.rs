//! HEIF and AVIF, which are one container: a picture of tiles, coded by HEVC or AV1, perhaps with alpha.

use heifer_isobmff::{HeifFile, ItemId};

use super::heif_boxes::{broken, open};
use super::heif_canvas::Canvas;
use super::heif_layers::{Layer, View, alpha, coding, colour, layer, metadata_bytes, view};
use super::yuv::{Frame, Rows};
use super::{Header, Pixels, avif};
use crate::Rejection;
use crate::raster::{Layout, Size};

/// Samples deeper than 8 bits are kept up to this many pixels; beyond it they would take more memory
/// than all else, for what a smaller rendition cannot show.
const MAX_DEEP_PIXELS: u64 = 16_000_000;

struct Picture<'a> {
    file: HeifFile<'a>,
    id: ItemId,
    layer: Layer,
    alpha: Option<(Layer, bool)>,
    view: View,
}

impl<'a> Picture<'a> {
    fn open(original: &'a [u8]) -> Result<Picture<'a>, Rejection> {
        let file = open(original)?;
        let id = file.primary_id;
        let layer = layer(&file, id)?;
        let alpha = alpha(&file, id)?;
        let view = view(&file, id, layer.size)?;
        if alpha.as_ref().is_some_and(|(alpha, _)| alpha.size != layer.size) {
            return Err(Rejection::corrupt("The alpha of the HEIF picture has another size than its colours."));
        }
        Ok(Picture { file, id, layer, alpha, view })
    }
}

pub fn header(original: &[u8]) -> Result<Header, Rejection> {
    let picture = Picture::open(original)?;
    let metadata_bytes = metadata_bytes(&picture.file);
    Ok(Header { orientation: picture.view.orientation, metadata_bytes, ..Header::still(picture.view.size) })
}

pub fn pixels(original: &[u8]) -> Result<Pixels, Rejection> {
    let Picture { file, id, layer, alpha, view } = Picture::open(original)?;
    let mut canvas = None;
    for (number, tile) in layer.tiles.iter().enumerate() {
        decode(&file, *tile, layer.tile, |frame| {
            let coding = coding(&file, *tile).or_else(|| coding(&file, id));
            let is_deep = frame.depth > 8 && layer.size.area() <= MAX_DEEP_PIXELS;
            let canvas = canvas.get_or_insert_with(|| Canvas::new(view, alpha.is_some(), is_deep));
            canvas.place(&layer, number, &mut Rows::new(&frame, coding)?)
        })?;
    }
    let mut canvas = canvas.ok_or_else(|| Rejection::corrupt("The HEIF container holds no picture."))?;
    if let Some((alpha, premultiplied)) = &alpha {
        for (number, tile) in alpha.tiles.iter().enumerate() {
            let coding = coding(&file, *tile);
            decode(&file, *tile, alpha.tile, |frame| {
                canvas.place_alpha(alpha, number, &mut Rows::new(&frame, coding)?)
            })?;
        }
        if *premultiplied {
            canvas.unpremultiply();
        }
    }
    let layout = if alpha.is_some() { Layout::Rgba } else { Layout::Rgb };
    Ok(Pixels { size: view.size, layout, samples: canvas.into_samples(), colour: colour(&file, id, &layer) })
}

/// Decodes a coded item, and hands it on where it is at least as large as the container says.
fn decode(
    file: &HeifFile<'_>,
    item: ItemId,
    size: Size,
    take: impl FnOnce(Frame<'_>) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    // Codecs work in blocks of up to 64 pixels, and HEVC tells the size that is seen apart from that.
    let max_pixels = (u64::from(size.width) + 64).saturating_mul(u64::from(size.height) + 64);
    let take = |frame: Frame<'_>| {
        if frame.luma.size.at_least(1, 1, size) {
            return take(frame);
        }
        Err(Rejection::corrupt("The coded picture is smaller than the HEIF container says."))
    };
    match &file.item(item).map_err(broken)?.item_type.0 {
        b"av01" => avif::decode(&file.item_data(item).map_err(broken)?, max_pixels, take),
        #[cfg(feature = "heic")]
        b"hvc1" => super::heic::decode(&file.hevc_bitstream(item).map_err(broken)?, max_pixels, take),
        kind => Err(Rejection::unsupported(format!("Pictures of the kind {} are not supported.", kind.escape_ascii()))),
    }
}
