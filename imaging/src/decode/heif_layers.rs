//! Which coded pictures make up the picture that a HEIF container shows (ISO/IEC 23008-12), and how it is seen.

use heifer_isobmff::boxes::{ColorInfo, Property};
use heifer_isobmff::{HeifFile, ItemId};

use super::Colour;
use super::heif_boxes::broken;
use super::yuv::Coding;
use crate::Rejection;
use crate::orient::Orientation;
use crate::raster::Size;

/// Pixels that may be decoded for one that is shown. Smaller: pictures that end just behind the edge of a tile are refused.
const MAX_WASTE: u64 = 4;
/// Pixels that cost little, whatever is shown of them.
const SMALL: u64 = 512 * 512;

/// A picture, or its alpha, as tiles of one size in rows; most have only one.
pub struct Layer {
    /// Of the whole, which may cut the last tiles.
    pub size: Size,
    pub tile: Size,
    pub columns: u32,
    pub tiles: Vec<ItemId>,
}

pub fn layer(file: &HeifFile<'_>, id: ItemId) -> Result<Layer, Rejection> {
    let item = file.item(id).map_err(broken)?;
    match &item.item_type.0 {
        b"hvc1" | b"av01" => {
            let size = declared_size(file, id)?;
            Ok(Layer { size, tile: size, columns: 1, tiles: vec![id] })
        }
        b"grid" => grid(file, id),
        _ => Err(Rejection::unsupported(format!(
            "The picture is of the kind {}, which is not supported.",
            item.item_type
        ))),
    }
}

fn declared_size(file: &HeifFile<'_>, id: ItemId) -> Result<Size, Rejection> {
    let size = file.image_size(id).map_err(broken)?.map(|(width, height)| Size { width, height });
    size.filter(|size| size.area() > 0).ok_or_else(|| Rejection::corrupt("The HEIF container does not say a size."))
}

/// The tiles must cover the picture and not a row or column more, so that their number follows from its size.
fn grid(file: &HeifFile<'_>, id: ItemId) -> Result<Layer, Rejection> {
    let grid = file.grid(id).map_err(broken)?;
    let tiles = file.referenced_items(id, b"dimg").to_vec();
    let impossible = || Rejection::corrupt("The tiles of the HEIF picture do not fit together.");
    let first = *tiles.first().ok_or_else(impossible)?;
    let layer = Layer {
        size: Size { width: grid.output_width, height: grid.output_height },
        tile: declared_size(file, first)?,
        columns: grid.columns.into(),
        tiles,
    };
    let fits = layer.size.area() > 0
        && layer.size.width.div_ceil(layer.tile.width) == u32::from(grid.columns)
        && layer.size.height.div_ceil(layer.tile.height) == u32::from(grid.rows)
        && layer.tiles.len() == usize::from(grid.columns) * usize::from(grid.rows);
    let alike = |tile: &ItemId| {
        let is_coded = file.item(*tile).is_ok_and(|item| matches!(&item.item_type.0, b"hvc1" | b"av01"));
        is_coded && declared_size(file, *tile) == Ok(layer.tile)
    };
    if fits && is_worth_its_tiles(layer.size, layer.tile, layer.tiles.len()) && layer.tiles.iter().all(alike) {
        Ok(layer)
    } else {
        Err(impossible())
    }
}

/// All of each tile is decoded, so the picture must stand for what they cost.
fn is_worth_its_tiles(size: Size, tile: Size, tiles: usize) -> bool {
    tile.area().saturating_mul(tiles as u64) <= MAX_WASTE * size.area().max(SMALL)
}

/// The alpha of an item, and whether its colours are multiplied by it already.
pub fn alpha(file: &HeifFile<'_>, id: ItemId) -> Result<Option<(Layer, bool)>, Rejection> {
    let is_alpha = |aux: &ItemId| {
        file.item_properties(*aux).is_ok_and(|mut properties| {
            properties.any(|property| match property {
                Property::AuxiliaryType(kind) => {
                    kind == "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha" || kind == "urn:mpeg:hevc:2015:auxid:1"
                }
                _ => false,
            })
        })
    };
    let Some(aux) = file.referencing_items(id, b"auxl").into_iter().find(is_alpha) else { return Ok(None) };
    let premultiplied = file.referenced_items(id, b"prem").contains(&aux);
    Ok(Some((layer(file, aux)?, premultiplied)))
}

/// What is seen of a layer, and how it is turned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    pub left: u32,
    pub top: u32,
    pub size: Size,
    pub orientation: Orientation,
}

/// `clap`, `irot` and `imir` in their order (MIAF asks for this one). EXIF's orientation is not looked at:
/// in HEIF it only informs (ISO/IEC 23008-12, A.2).
pub fn view(file: &HeifFile<'_>, id: ItemId, size: Size) -> Result<View, Rejection> {
    let mut view = View { left: 0, top: 0, size, orientation: Orientation::Upright };
    for property in file.item_properties(id).map_err(broken)? {
        match property {
            Property::CleanAperture { width, height, horiz_offset, vert_offset } => {
                let columns = aperture(size.width, *width, *horiz_offset);
                let rows = aperture(size.height, *height, *vert_offset);
                let (Some((left, width)), Some((top, height)), Orientation::Upright) =
                    (columns, rows, view.orientation)
                else {
                    return Err(Rejection::corrupt("The crop of the HEIF picture is impossible."));
                };
                view = View { left, top, size: Size { width, height }, ..view };
            }
            Property::Rotation(quarters) => {
                let anticlockwise = [[1, 0, 0, 1], [0, 1, -1, 0], [-1, 0, 0, -1], [0, -1, 1, 0]];
                view.orientation = turned(view.orientation, anticlockwise[usize::from(quarters % 4)]);
            }
            Property::Mirror(top_and_bottom) => {
                let mirror = if *top_and_bottom { [1, 0, 0, -1] } else { [-1, 0, 0, 1] };
                view.orientation = turned(view.orientation, mirror);
            }
            _ => {}
        }
    }
    // All of the layer is decoded, so what is seen of it must stand for what it costs.
    if view.size.area() < size.area() / 4 {
        return Err(Rejection::corrupt("The HEIF picture shows less than a quarter of what it holds."));
    }
    Ok(view)
}

/// Start and length of a crop along one side (ISO/IEC 14496-12, 12.1.4): the offset is from centre to centre.
fn aperture(side: u32, length: (u32, u32), offset: (i32, u32)) -> Option<(u32, u32)> {
    if length.1 == 0 || offset.1 == 0 {
        return None;
    }
    let wanted = f64::from(length.0) / f64::from(length.1);
    let offset = f64::from(offset.0) / f64::from(offset.1);
    let start = ((f64::from(side) - wanted) / 2.0 + offset).round();
    let length = wanted.round();
    let fits = length >= 1.0 && start >= 0.0 && start + length <= f64::from(side);
    fits.then_some((start as u32, length as u32))
}

/// The eight orientations as matrices, rows first, x to the right and y down.
const MATRICES: [(Orientation, [i8; 4]); 8] = [
    (Orientation::Upright, [1, 0, 0, 1]),
    (Orientation::Mirrored, [-1, 0, 0, 1]),
    (Orientation::HalfTurn, [-1, 0, 0, -1]),
    (Orientation::Flipped, [1, 0, 0, -1]),
    (Orientation::Transposed, [0, 1, 1, 0]),
    (Orientation::QuarterTurn, [0, -1, 1, 0]),
    (Orientation::Transversed, [0, -1, -1, 0]),
    (Orientation::ThreeQuarterTurn, [0, 1, -1, 0]),
];

/// `orientation`, and the turn of a matrix after it.
fn turned(orientation: Orientation, [a, b, c, d]: [i8; 4]) -> Orientation {
    let matrix = |(known, matrix): &(Orientation, [i8; 4])| (*known == orientation).then_some(*matrix);
    let [e, f, g, h] = MATRICES.iter().find_map(matrix).unwrap_or([1, 0, 0, 1]);
    let product = [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h];
    MATRICES.iter().find(|(_, matrix)| *matrix == product).map_or(orientation, |(known, _)| *known)
}

/// What the numbers of the finished picture mean: a profile before code points, the picture's own before its tiles'.
pub fn colour(file: &HeifFile<'_>, id: ItemId, layer: &Layer) -> Colour {
    let own_and_tile = [Some(id), layer.tiles.first().copied()];
    let infos = || own_and_tile.into_iter().flatten().flat_map(|id| color_infos(file, id));
    let profile = infos().find_map(|info| match info {
        ColorInfo::Icc(profile) if !profile.is_empty() => Some(Colour::Icc(profile.clone())),
        _ => None,
    });
    let code_points = infos().find_map(|info| match info {
        ColorInfo::Nclx { primaries, transfer, .. } => Some(Colour::from_code_points(*primaries, *transfer)),
        ColorInfo::Icc(_) => None,
    });
    profile.or(code_points).unwrap_or(Colour::Srgb)
}

/// How the container says that an item's samples are coded; it overrides the bitstream.
pub fn coding(file: &HeifFile<'_>, id: ItemId) -> Option<Coding> {
    color_infos(file, id).find_map(|info| match info {
        ColorInfo::Nclx { matrix, full_range, .. } => Some(Coding { matrix: *matrix, full_range: *full_range }),
        ColorInfo::Icc(_) => None,
    })
}

fn color_infos<'a>(file: &'a HeifFile<'_>, id: ItemId) -> impl Iterator<Item = &'a ColorInfo> {
    file.item_properties(id).into_iter().flatten().filter_map(|property| match property {
        Property::Color(info) => Some(info),
        _ => None,
    })
}

/// EXIF, XMP and profiles.
pub fn metadata_bytes(file: &HeifFile<'_>) -> u64 {
    let is_metadata = |kind: &[u8; 4]| matches!(kind, b"Exif" | b"mime");
    let items = file.items.iter().filter(|item| is_metadata(&item.item_type.0));
    let extents = items.filter_map(|item| item.location.as_ref()).flat_map(|location| &location.extents);
    let profiles = file.properties.iter().map(|property| match property {
        Property::Color(ColorInfo::Icc(profile)) => profile.len() as u64,
        _ => 0,
    });
    extents.map(|extent| extent.length).chain(profiles).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_add_up_as_their_matrices_do() {
        let anticlockwise = [0, 1, -1, 0];
        let mirror = [-1, 0, 0, 1];
        assert_eq!(turned(Orientation::Upright, anticlockwise), Orientation::ThreeQuarterTurn);
        assert_eq!(turned(Orientation::ThreeQuarterTurn, anticlockwise), Orientation::HalfTurn);
        assert_eq!(turned(Orientation::QuarterTurn, anticlockwise), Orientation::Upright);
        assert_eq!(turned(Orientation::ThreeQuarterTurn, mirror), Orientation::Transversed);
    }

    #[test]
    fn a_picture_stands_for_what_its_tiles_cost() {
        let is_worth = |[width, height]: [u32; 2], [across, down]: [u32; 2], tiles| {
            is_worth_its_tiles(Size { width, height }, Size { width: across, height: down }, tiles)
        };
        assert!(is_worth([4032, 3024], [512, 512], 48) && is_worth([100, 100], [512, 512], 1));
        assert!(is_worth([513, 513], [512, 512], 4));
        assert!(!is_worth([100, 100], [12_000, 12_000], 1) && !is_worth([16_384, 1], [64, 16_384], 256));
    }

    #[test]
    fn an_aperture_lies_about_the_centre() {
        assert_eq!(aperture(100, (50, 1), (0, 1)), Some((25, 50)));
        assert_eq!(aperture(100, (50, 1), (-25, 1)), Some((0, 50)));
        assert_eq!(aperture(101, (100, 1), (1, 2)), Some((1, 100)));
        assert_eq!([aperture(100, (101, 1), (0, 1)), aperture(100, (50, 0), (0, 1))], [None, None]);
    }
}
