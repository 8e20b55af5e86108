//! What must be true of an ISO container (ISO/IEC 14496-12) before it is parsed: whole boxes, and few items.

use heifer_isobmff::boxes::ConstructionMethod;
use heifer_isobmff::{BoxIter, HeifFile, Item, RawBox};

use super::reader::Reader;
use crate::Rejection;

/// Larger: parsing, which compares items with one another, costs more. Smaller: pictures of many tiles are
/// refused; telephones write 48 to 200, and as many for depth or gain.
const MAX_ITEMS: u32 = 4096;
/// Parts of one item. Encoders write one; and a part may take no bytes of the container to claim.
const MAX_EXTENTS: u16 = 16;

/// Parses the container, once its counts are known to be small and its data to be there.
pub fn open(original: &[u8]) -> Result<HeifFile<'_>, Rejection> {
    let whole = whole_boxes(original)?;
    let file = HeifFile::parse(whole).map_err(broken)?;
    let missing = file.items.iter().any(|item| is_image(item) && !lies_within(item, whole.len()));
    if missing { Err(Rejection::truncated("HEIF container")) } else { Ok(file) }
}

/// The EXIF block of the picture, shaped like a TIFF, and its packet of XMP, as far as there are any.
pub fn metadata(original: &[u8]) -> [Option<&[u8]>; 2] {
    let Ok(file) = open(original) else { return [None; 2] };
    let item = |is_wanted: &dyn Fn(&Item) -> bool| bytes(original, file.items.iter().find(|item| is_wanted(item))?);
    let exif = item(&|item| item.item_type.0 == *b"Exif").and_then(|body| {
        // The block starts so many bytes behind this number (ISO/IEC 23008-12, A.2.1).
        let (skip, block) = body.split_first_chunk::<4>()?;
        block.get(u32::from_be_bytes(*skip) as usize..)
    });
    let xmp = item(&|item| item.item_type.0 == *b"mime" && item.content_type.as_deref() == Some("application/rdf+xml"));
    [exif, xmp]
}

/// Where an item lies in one piece.
fn bytes<'a>(original: &'a [u8], item: &Item) -> Option<&'a [u8]> {
    let location =
        item.location.as_ref().filter(|location| location.construction_method == ConstructionMethod::File)?;
    let [extent] = &location.extents[..] else { return None };
    original.get(usize::try_from(extent.offset).ok()?..)?.get(..usize::try_from(extent.length).ok()?)
}

pub fn broken(error: heifer_isobmff::Error) -> Rejection {
    Rejection::corrupt(format!("The HEIF container is broken: {error}."))
}

fn is_image(item: &Item) -> bool {
    heifer_isobmff::is_image_item(item.item_type)
}

fn lies_within(item: &Item, length: usize) -> bool {
    let Some(location) = &item.location else { return true };
    location.construction_method != ConstructionMethod::File
        || location.extents.iter().all(|extent| {
            let end = extent.offset.checked_add(extent.length);
            end.is_some_and(|end| end <= length as u64) && extent.offset < length as u64
        })
}

/// The file up to the last box that is one; fails where the file ends within a box.
fn whole_boxes(original: &[u8]) -> Result<&[u8], Rejection> {
    let mut reader = Reader::new(original);
    let mut has_meta = false;
    while !reader.is_empty() {
        let start = original.len() - reader.rest().len();
        let Some(length) = box_length(reader.rest()) else {
            // Cameras append trailers of their own, which are nobody's loss once the index was seen.
            return if has_meta { Ok(&original[..start]) } else { Err(Rejection::truncated("HEIF container")) };
        };
        let whole = usize::try_from(length).ok().and_then(|length| reader.take(length));
        let whole = whole.ok_or_else(|| Rejection::truncated("HEIF container"))?;
        if &whole[4..8] == b"meta" {
            has_meta = true;
            check_counts(whole).ok_or_else(|| {
                Rejection::corrupt(format!(
                    "The index of the HEIF container is broken, or lists over {MAX_ITEMS} items."
                ))
            })?;
        }
    }
    if has_meta { Ok(original) } else { Err(Rejection::truncated("HEIF container")) }
}

/// With its header; `None` where no box can start.
fn box_length(rest: &[u8]) -> Option<u64> {
    let mut reader = Reader::new(rest);
    let short = reader.u32_be()?;
    let kind: [u8; 4] = reader.array()?;
    let length = match short {
        0 => rest.len() as u64,
        1 => u64::from_be_bytes(reader.array()?),
        short => short.into(),
    };
    let plausible = kind.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    (plausible && length >= (rest.len() - reader.rest().len()) as u64).then_some(length)
}

fn check_counts(meta: &[u8]) -> Option<()> {
    let RawBox { content, .. } = BoxIter::new(meta).next()?.ok()?;
    for child in BoxIter::new(content.get(4..)?) {
        let child = child.ok()?;
        match &child.header.box_type.0 {
            b"iinf" => within(count(&mut versioned(child.content)?, 1)?)?,
            b"iloc" => check_locations(child.content)?,
            b"iprp" => {
                for properties in BoxIter::new(child.content) {
                    let properties = properties.ok()?;
                    if properties.header.box_type.0 == *b"ipco" {
                        within(BoxIter::new(properties.content).take(MAX_ITEMS as usize + 1).count() as u32)?;
                    }
                }
            }
            _ => {}
        }
    }
    Some(())
}

fn within(count: u32) -> Option<()> {
    (count <= MAX_ITEMS).then_some(())
}

struct Versioned<'a> {
    version: u8,
    reader: Reader<'a>,
}

fn versioned(content: &[u8]) -> Option<Versioned<'_>> {
    let mut reader = Reader::new(content);
    let [version, ..] = reader.array::<4>()?;
    Some(Versioned { version, reader })
}

/// Two bytes, or four from version `wide` on.
fn count(of: &mut Versioned<'_>, wide: u8) -> Option<u32> {
    if of.version < wide { of.reader.u16_be().map(u32::from) } else { of.reader.u32_be() }
}

/// `iloc` may claim extents that take no bytes, so they are counted before anything is allocated for them.
fn check_locations(content: &[u8]) -> Option<()> {
    let mut of = versioned(content)?;
    let [sizes, more] = of.reader.array()?;
    let index_size = if of.version >= 1 { more & 15 } else { 0 };
    let extent_bytes = usize::from(sizes >> 4) + usize::from(sizes & 15) + usize::from(index_size);
    let items = count(&mut of, 2)?;
    within(items)?;
    for _ in 0..items {
        count(&mut of, 2)?;
        of.reader.take(if of.version >= 1 { 2 } else { 0 } + 2 + usize::from(more >> 4))?;
        let extents = of.reader.u16_be().filter(|extents| *extents <= MAX_EXTENTS)?;
        of.reader.take(usize::from(extents) * extent_bytes)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_that_take_no_bytes_are_counted() {
        let claims = |extents: u16| {
            let [high, low] = extents.to_be_bytes();
            check_locations(&[0, 0, 0, 0, 0, 0, 0, 1, 0, 7, 0, 0, high, low])
        };
        assert_eq!((claims(16), claims(17), claims(u16::MAX)), (Some(()), None, None));
    }

    #[test]
    fn the_packet_of_xmp_is_found() {
        let [exif, xmp] = metadata(include_bytes!("rights.avif"));
        let xmp = xmp.map(String::from_utf8_lossy).unwrap_or_default();
        assert!(exif.is_none() && xmp.starts_with("<x:xmpmeta") && xmp.contains("Ann Example"), "{xmp}");
    }

    #[test]
    fn a_trailer_after_the_index_is_left_out() {
        let meta = [&[0, 0, 0, 12][..], b"meta\0\0\0\0"].concat();
        let file = [&meta[..], &[0; 5]].concat();
        assert_eq!(whole_boxes(&file), Ok(&meta[..]));
    }
}
