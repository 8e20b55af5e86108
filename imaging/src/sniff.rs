//! Tells the format by the first bytes alone; names and content types are claims of the sender.

use crate::{InputFormat, Rejection, RejectionCode};

pub fn sniff(original: &[u8]) -> Result<InputFormat, Rejection> {
    if original.is_empty() {
        return Err(Rejection::new(RejectionCode::Empty, "The upload has no bytes."));
    }
    known(original).ok_or_else(|| {
        Rejection::new(RejectionCode::UnsupportedFormat, "The upload is not a JPEG, PNG, WebP or GIF picture.")
    })
}

fn known(original: &[u8]) -> Option<InputFormat> {
    match original {
        [0xff, 0xd8, 0xff, ..] => Some(InputFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(InputFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(InputFormat::WebP),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(InputFormat::Gif),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_svg_pdf_and_html_are_unsupported() {
        for bytes in ["hello", "<svg xmlns='http://www.w3.org/2000/svg'/>", "%PDF-1.7", "<!doctype html>", "GIF88a"] {
            let rejection = sniff(bytes.as_bytes()).expect_err(bytes);
            assert_eq!(rejection.code, RejectionCode::UnsupportedFormat, "{bytes}");
        }
    }

    #[test]
    fn no_bytes_are_empty() {
        assert_eq!(sniff(b"").expect_err("nothing").code, RejectionCode::Empty);
    }
}
