//! Tells the format by the first bytes alone; names and content types are claims of the sender.

use crate::{InputFormat, Rejection, RejectionCode};

#[cfg(feature = "heic")]
const SUPPORTED: &str = "JPEG, PNG, WebP, GIF, HEIC, AVIF, TIFF or BMP";
#[cfg(not(feature = "heic"))]
const SUPPORTED: &str = "JPEG, PNG, WebP, GIF, AVIF, TIFF or BMP";

pub fn sniff(original: &[u8]) -> Result<InputFormat, Rejection> {
    if original.is_empty() {
        return Err(Rejection::new(RejectionCode::Empty, "The upload has no bytes."));
    }
    known(original).ok_or_else(|| Rejection::unsupported(format!("The upload is not a {SUPPORTED} picture.")))
}

fn known(original: &[u8]) -> Option<InputFormat> {
    match original {
        [0xff, 0xd8, 0xff, ..] => Some(InputFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(InputFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(InputFormat::WebP),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(InputFormat::Gif),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Some(InputFormat::Tiff),
        [b'B', b'M', rest @ ..] if is_bmp(rest) => Some(InputFormat::Bmp),
        [0, 0, 0, length, b'f', b't', b'y', b'p', ..] => brands(original.get(8..)?, *length),
        _ => None,
    }
}

/// Two letters alone would take many a text for a picture: the reserved fields and the size of the second
/// header must be as they are in every BMP.
fn is_bmp(rest: &[u8]) -> bool {
    matches!(rest, [_, _, _, _, 0, 0, 0, 0, _, _, _, _, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0, ..])
}

/// The major brand decides; where it names the family only, the first compatible one that says more.
fn brands(rest: &[u8], length: u8) -> Option<InputFormat> {
    let listed = &rest[..rest.len().min(usize::from(length).checked_sub(8)?)];
    let major = listed.as_chunks::<4>().0.first()?;
    let compatible = listed.as_chunks::<4>().0.iter().skip(2);
    let format = [major].into_iter().chain(compatible).find_map(brand);
    format
        .or_else(|| matches!(major, b"mif1" | b"msf1").then_some(InputFormat::Heic))
        .filter(|format| is_built(*format))
}

fn brand(brand: &[u8; 4]) -> Option<InputFormat> {
    match brand {
        b"avif" | b"avis" => Some(InputFormat::Avif),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" => Some(InputFormat::Heic),
        _ => None,
    }
}

fn is_built(format: InputFormat) -> bool {
    format != InputFormat::Heic || cfg!(feature = "heic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_svg_pdf_html_and_scripts_are_unsupported() {
        let texts = ["hello", "<svg xmlns='http://www.w3.org/2000/svg'/>", "%PDF-1.7", "<!doctype html>", "GIF88a"];
        let others =
            ["#!/bin/sh\nrm -rf /", "<?xml version='1.0'?>", "BMW and other cars", "II is Roman", "\0\0\0\x18ftypmp42"];
        for bytes in texts.into_iter().chain(others) {
            let rejection = sniff(bytes.as_bytes()).expect_err(bytes);
            assert_eq!(rejection.code, RejectionCode::UnsupportedFormat, "{bytes}");
        }
    }

    #[test]
    fn what_is_supported_is_listed() {
        let detail = sniff(b"hello").expect_err("a text").detail;
        assert!(detail.contains("AVIF, TIFF or BMP"), "{detail}");
    }

    #[test]
    fn brands_tell_avif_from_heic() {
        let ftyp = |brands: &str| {
            let length = 8 + brands.len() as u8;
            known(&[&[0, 0, 0, length], b"ftyp", brands.as_bytes(), b"mdat"].concat())
        };
        assert_eq!(ftyp("avif\0\0\0\0mif1miaf"), Some(InputFormat::Avif));
        assert_eq!(ftyp("mif1\0\0\0\0miafavif"), Some(InputFormat::Avif));
        assert_eq!(ftyp("qt  \0\0\0\0qt  "), None);
        #[cfg(feature = "heic")]
        assert_eq!([ftyp("heic\0\0\0\0mif1"), ftyp("mif1\0\0\0\0")], [Some(InputFormat::Heic); 2]);
    }

    #[test]
    fn no_bytes_are_empty() {
        assert_eq!(sniff(b"").expect_err("nothing").code, RejectionCode::Empty);
    }
}
