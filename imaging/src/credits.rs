//! Copyright and credit where EXIF has none: from XMP, which knows every script, else from IPTC.

use crate::exif::RIGHTS;
use crate::metadata::Metadata;
use crate::words::words;
use crate::xmp;

#[derive(Debug, Default, PartialEq)]
pub struct Credits {
    pub copyright: Option<String>,
    pub credit: Option<String>,
}

/// The line that the rights' holder asks for comes before the name of the maker.
pub fn read(metadata: &Metadata<'_>) -> Credits {
    let [rights, credit, creator] = metadata.xmp.map(xmp::properties).unwrap_or_default();
    let iptc = |dataset| metadata.iptc.and_then(|iptc| words(dataset_of(iptc, dataset)?, RIGHTS));
    Credits {
        copyright: rights.or_else(|| iptc(116)),
        credit: credit.or(creator).or_else(|| iptc(110)).or_else(|| iptc(80)).map(|name| shortened(&name)),
    }
}

/// The first of a dataset's values in record 2 (IPTC IIM 4.2, section 1.5).
fn dataset_of(iptc: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut rest = iptc;
    while let [0x1c, record, dataset, high, low, after @ ..] = rest {
        // Lengths from 32,768 on are written in another way, and no name is that long.
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (value, behind) = after.split_at_checked(length)?;
        if (*record, *dataset) == (2, wanted) {
            return Some(value);
        }
        rest = behind;
    }
    None
}

fn shortened(name: &str) -> String {
    words(name.as_bytes(), crate::exif::NAME).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IPTC: &[u8] = b"\x1c\x01\x5a\0\x03\x1b%G\x1c\x02\x50\0\x03Ada\x1c\x02\x6e\0\x06Agency\x1c\x02\x74\0\x05\xa9 Ada\x1c\x02\x78\0\x06secret";

    fn credits(xmp: Option<&[u8]>, iptc: Option<&[u8]>) -> (String, String) {
        let Credits { copyright, credit } = read(&Metadata { exif: None, xmp, iptc });
        (copyright.unwrap_or_default(), credit.unwrap_or_default())
    }

    #[test]
    fn iptc_says_rights_and_the_credit_line() {
        assert_eq!(credits(None, Some(IPTC)), ("© Ada".into(), "Agency".into()));
    }

    #[test]
    fn xmp_comes_before_iptc_for_what_it_says() {
        let xmp = b"<rdf:RDF><rdf:Description photoshop:Credit='X &amp; Y'/></rdf:RDF>";
        assert_eq!(credits(Some(xmp), Some(IPTC)), ("© Ada".into(), "X & Y".into()));
    }

    #[test]
    fn a_cut_dataset_is_not_there() {
        assert_eq!(credits(None, Some(&IPTC[..20])), (String::new(), "Ada".into()));
        assert_eq!(credits(None, Some(b"\x1c\x02\x74\xff\xff")), (String::new(), String::new()));
    }
}
