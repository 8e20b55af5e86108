//! What an original says besides its picture, and how little of it leaves.

use super::*;

/// Tag, kind and value of an entry of a TIFF-shaped block.
pub type Entry<'a> = (u16, u16, &'a [u8]);

/// An EXIF block with `names` in its first directory and `taken` in the one for how it was taken.
pub fn exif_block(names: &[Entry<'_>], taken: &[Entry<'_>]) -> Vec<u8> {
    block([names, taken, &[], &[]])
}

/// The first directory, those for the taking and for the position that it points at, and that of the thumbnail.
fn block([names, taken, position, thumbnail]: [&[Entry<'_>]; 4]) -> Vec<u8> {
    let main = |pointers: [u32; 2], next: u32| {
        let [taken, position] = pointers.map(u32::to_be_bytes);
        directory(&[names, &[(0x8769, 4, &taken), (0x8825, 4, &position)]].concat(), 8, next)
    };
    let taken_at = 8 + main([0, 0], 0).len() as u32;
    let taken = directory(taken, taken_at, 0);
    let position_at = taken_at + taken.len() as u32;
    let position = directory(position, position_at, 0);
    let thumbnail_at = position_at + position.len() as u32;
    let thumbnail = directory(thumbnail, thumbnail_at, 0);
    [b"MM\0*\0\0\0\x08".to_vec(), main([taken_at, position_at], thumbnail_at), taken, position, thumbnail].concat()
}

fn directory(entries: &[Entry<'_>], start: u32, next: u32) -> Vec<u8> {
    let mut table = (entries.len() as u16).to_be_bytes().to_vec();
    let mut values = Vec::new();
    let values_at = start + 2 + 12 * entries.len() as u32 + 4;
    for (tag, kind, value) in entries {
        let unit = [1, 1, 1, 2, 4, 8, 1, 1][usize::from(*kind)];
        table.extend([tag.to_be_bytes(), kind.to_be_bytes()].as_flattened());
        table.extend((value.len() as u32 / unit).to_be_bytes());
        if let [first, second, third, fourth] = [&value[..], &[0; 4]].concat()[..4] {
            let here = [first, second, third, fourth];
            table.extend(if value.len() <= 4 { here } else { (values_at + values.len() as u32).to_be_bytes() });
        }
        if value.len() > 4 {
            values.extend(*value);
        }
    }
    [table, next.to_be_bytes().to_vec(), values].concat()
}

/// Allowed are the names with "Ada" and the camera; all else says "canary".
fn told() -> Vec<u8> {
    let canary = b"canary of EXIF\0";
    let secret = |tag, kind| -> Entry<'_> { (tag, kind, canary) };
    let names = [
        (0x0110, 2, &b"Box Brownie\0"[..]),
        (0x013b, 2, b"Ada\0"),
        secret(0x010e, 2),
        secret(0x0131, 2),
        secret(0x9c9d, 1),
    ];
    let taken = [0x927c, 0x9286].map(|tag| secret(tag, 7));
    let owners = [0xa420, 0xa430, 0xa431, 0xa435].map(|tag| secret(tag, 2));
    let taken = [&[(0x9003, 2, &b"2024:05:06 07:08:09\0"[..])], &taken[..], &owners].concat();
    let position = [(0x0001, 2, &b"N\0"[..]), secret(0x001b, 7), secret(0x001c, 7), secret(0x001d, 2)];
    block([&names, &taken, &position, &[secret(0x010e, 2), secret(0x8298, 2)]])
}

const XMP: &[u8] = b"<x:xmpmeta x:xmptk='canary'><rdf:RDF><rdf:Description exif:GPSLatitude='canary' xmp:CreatorTool='canary'>\
    <dc:rights><rdf:Alt><rdf:li>Rights of Ada</rdf:li></rdf:Alt></dc:rights><dc:title>canary</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>";

fn jpeg_that_tells() -> Vec<u8> {
    let mut original = jpeg(64, 32, false);
    let iptc = b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x0b\x1c\x02\x78\0\x06canary\0";
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0", XMP].concat();
    let exif = [b"Exif\0\0", &told()[..]].concat();
    for (marker, body) in [(0xfe, &b"canary"[..]), (0xe4, b"canary"), (0xed, iptc), (0xe1, &xmp), (0xe1, &exif)] {
        original = with_segment(&original, marker, body);
    }
    [&original[..], b"canary"].concat()
}

fn png_that_tells() -> Vec<u8> {
    let mut info = png::Info::with_size(64, 32);
    info.color_type = png::ColorType::Rgb;
    info.exif_metadata = Some(Cow::Owned(told()));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut bytes, info).expect("a PNG");
    encoder.add_text_chunk("Comment".into(), "canary".into()).expect("tEXt");
    encoder.add_ztxt_chunk("Author".into(), "canary".into()).expect("zTXt");
    encoder.add_itxt_chunk("Title".into(), "canary".into()).expect("iTXt");
    let xmp = String::from_utf8(XMP.to_vec()).expect("UTF-8");
    encoder.add_itxt_chunk("XML:com.adobe.xmp".into(), xmp).expect("XMP");
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&flag(64, 32)).expect("pixels");
    writer.finish().expect("an end");
    [&bytes[..], b"canary"].concat()
}

fn webp_that_tells() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut bytes);
    encoder.set_exif_metadata(told());
    encoder.set_xmp_metadata(XMP.to_vec());
    encoder.encode(&flag(64, 32), 64, 32, image_webp::ColorType::Rgb8).expect("a WebP");
    [&bytes[..], b"canary"].concat()
}

#[test]
fn nothing_but_the_allowed_facts_leaves_an_original() {
    use preset::Format::{Png, WebP};
    let plan = of([Avif, Jpeg, WebP, Png].map(|format| Rendition::new(format.as_str(), format)));
    for original in [jpeg_that_tells(), png_that_tells(), webp_that_tells()] {
        let made = develop(&original, &plan, &Limits::default()).expect("a good picture");
        let facts = format!("{made:?}");
        assert!(!facts.contains("canary"), "{:?}", made.exif);
        for picture in &made.renditions {
            assert!(!picture.bytes.windows(6).any(|part| part.eq_ignore_ascii_case(b"canary")), "{}", picture.name);
        }
        let text = |text: &str| Some(text.to_owned());
        let expected = Exif {
            taken_at: text("2024-05-06T07:08:09"),
            camera_model: text("Box Brownie"),
            credit: text("Ada"),
            copyright: text("Rights of Ada"),
            ..Exif::default()
        };
        assert_eq!(made.exif, expected);
    }
}

#[test]
fn the_placeholder_shows_the_picture_upright() {
    let tagged = with_segment(&jpeg(64, 32, false), 0xe1, &[b"Exif\0\0", &exif(6)[..]].concat());
    let made = developed(&tagged, None);
    let (width, height, pixels) = thumbhash::thumb_hash_to_rgba(&made.placeholder).expect("a ThumbHash");
    assert!(width < height);
    assert!(pixels[0] > pixels[2] + 60, "red above");
    assert!(pixels[pixels.len() - 4] + 60 < pixels[pixels.len() - 2], "blue below");
    // Half the light of each, so brighter than halfway between the two.
    assert_near(made.color, [160, 51, 146]);
}
