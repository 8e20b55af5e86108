//! What may be told of how a picture was taken: an allow-list, and nothing besides.
//!
//! Position, serial numbers, the camera's owner, the maker's notes and comments are never read.

use serde::{Deserialize, Serialize};

use crate::credits;
use crate::ifd::Directory;
use crate::metadata::Metadata;
use crate::words::words;

/// Facts that an original states of itself. They may be wrong, but each is bounded, clean and plausible.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exif {
    /// Local time where the camera was, `2024-05-06T07:08:09`, with its offset from UTC (`+02:00`) where that was noted.
    pub taken_at: Option<String>,
    pub camera_make: Option<String>,
    pub camera_model: Option<String>,
    pub lens: Option<String>,
    /// Seconds, as photographers write them: `1/250`, `0.5`, `30`.
    pub exposure_time: Option<String>,
    /// The `2.8` of f/2.8.
    pub f_number: Option<f64>,
    pub iso: Option<u32>,
    /// Of the lens itself.
    pub focal_length_mm: Option<f64>,
    /// Of the lens that would show as much on 35 mm film.
    pub focal_length_35mm: Option<u32>,
    /// Whose rights these are.
    pub copyright: Option<String>,
    /// Who is to be named.
    pub credit: Option<String>,
}

/// The longest name of a thing or a person; in letters.
pub const NAME: usize = 256;
/// Rights are stated in whole sentences.
pub const RIGHTS: usize = 1024;

impl Exif {
    /// Copyright and credit come from EXIF, else from XMP, else from IPTC.
    pub fn read(metadata: &Metadata<'_>) -> Exif {
        let mut exif = metadata.exif.and_then(Directory::first).map_or_else(Exif::default, from_directory);
        if exif.copyright.is_none() || exif.credit.is_none() {
            let other = credits::read(metadata);
            exif.copyright = exif.copyright.or(other.copyright);
            exif.credit = exif.credit.or(other.credit);
        }
        exif
    }
}

/// The tags are those of EXIF 3.0, section 4.6.
fn from_directory(first: Directory<'_>) -> Exif {
    let name = |directory: Directory<'_>, tag| directory.text(tag).and_then(|text| words(first_text(text), NAME));
    let taken = first.child(0x8769);
    let name_taken = |tag| taken.and_then(|taken| name(taken, tag));
    let ratio = |tag| taken.and_then(|taken| taken.ratio(tag));
    Exif {
        taken_at: taken.and_then(taken_at),
        camera_make: name(first, 0x010f),
        camera_model: name(first, 0x0110),
        lens: name_taken(0xa434),
        exposure_time: ratio(0x829a).and_then(exposure_time),
        f_number: ratio(0x829d).and_then(|stop| hundredths(stop, 0.1, 512.0)),
        iso: taken.and_then(iso),
        focal_length_mm: ratio(0x920a).and_then(|length| hundredths(length, 0.1, 20_000.0)),
        focal_length_35mm: taken
            .and_then(|taken| taken.unsigned(0xa405))
            .filter(|length| (1..=20_000).contains(length)),
        copyright: first.text(0x8298).and_then(copyright),
        credit: name(first, 0x013b),
    }
}

/// Texts end at a zero; what lies behind it was never meant to be read.
fn first_text(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Two texts: the photographer's rights, then the editor's.
fn copyright(text: &[u8]) -> Option<String> {
    let holders: Vec<_> =
        text.split(|byte| *byte == 0).take(2).filter_map(|holder| words(holder, RIGHTS / 2 - 1)).collect();
    (!holders.is_empty()).then(|| holders.join(", "))
}

/// When the shutter opened, or else when a film was digitised.
fn taken_at(taken: Directory<'_>) -> Option<String> {
    [(0x9003, 0x9011), (0x9004, 0x9012)].into_iter().find_map(|(time, offset)| {
        let time = local_time(taken.text(time)?)?;
        Some(time + &taken.text(offset).and_then(utc_offset).unwrap_or_default())
    })
}

/// `2024:05:06 07:08:09`, if there is such a moment since photography began.
fn local_time(text: &[u8]) -> Option<String> {
    let text = text.get(..19)?;
    let part = |range| digits(&text[range]);
    let (year, month, day) = (digits(&text[..4])?, part(5..7)?, part(8..10)?);
    let (hour, minute, second) = (part(11..13)?, part(14..16)?, part(17..19)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let sane = year >= 1826 && (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60;
    sane.then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

fn utc_offset(text: &[u8]) -> Option<String> {
    let [sign @ (b'+' | b'-'), hours @ .., _, _] = text.get(..6)? else { return None };
    let (hours, minutes) = (digits(&hours[..2])?, digits(&text[4..6])?);
    (hours <= 14 && minutes < 60).then(|| format!("{}{hours:02}:{minutes:02}", char::from(*sign)))
}

fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
}

fn exposure_time(seconds: f64) -> Option<String> {
    match seconds {
        0.000_001..0.250_01 => Some(format!("1/{:.0}", 1.0 / seconds)),
        0.250_01..=86_400.0 => Some(format!("{}", (seconds * 10.0).round() / 10.0)),
        _ => None,
    }
}

/// Two decimals are as many as lenses and stops are known by; cameras write fractions with seven.
fn hundredths(number: f64, least: f64, most: f64) -> Option<f64> {
    (least..=most).contains(&number).then(|| (number * 100.0).round() / 100.0)
}

/// The short number ends at 65,535, which then stands for "see the long ones": ISO speed, or recommended exposure.
fn iso(taken: Directory<'_>) -> Option<u32> {
    let short = taken.unsigned(0x8827).filter(|speed| *speed < 65_535);
    let speed = short.or_else(|| taken.unsigned(0x8833)).or_else(|| taken.unsigned(0x8832))?;
    (1..=10_000_000).contains(&speed).then_some(speed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block whose first directory holds `names` and points at a second one with `taken`.
    fn read(names: &[(u16, u16, &[u8])], taken: &[(u16, u16, &[u8])]) -> Exif {
        let block = crate::tests::exif_block(names, taken);
        Exif::read(&Metadata { exif: Some(&block), ..Metadata::default() })
    }

    fn ratio(above: u32, below: u32) -> Vec<u8> {
        [above.to_be_bytes(), below.to_be_bytes()].concat()
    }

    #[test]
    fn the_allowed_facts_are_read() {
        let exif = read(
            &[
                (0x010f, 2, b"Canon\0"),
                (0x0110, 2, b"Canon EOS R5\0"),
                (0x013b, 2, b" Ada \0"),
                (0x8298, 2, b"\xa9 Ada\0Bo\0"),
            ],
            &[
                (0x829a, 5, &ratio(10, 2500)),
                (0x829d, 5, &ratio(1_779_999, 1_000_000)),
                (0x8827, 3, &[0, 200]),
                (0x9003, 2, b"2024:05:06 07:08:09\0"),
                (0x9011, 2, b"+02:00\0"),
                (0x920a, 5, &ratio(50, 1)),
                (0xa405, 3, &[0, 75]),
                (0xa434, 2, b"RF50mm F1.8\0"),
            ],
        );
        let text = |text: &str| Some(text.to_owned());
        let expected = Exif {
            taken_at: text("2024-05-06T07:08:09+02:00"),
            camera_make: text("Canon"),
            camera_model: text("Canon EOS R5"),
            lens: text("RF50mm F1.8"),
            exposure_time: text("1/250"),
            f_number: Some(1.78),
            iso: Some(200),
            focal_length_mm: Some(50.0),
            focal_length_35mm: Some(75),
            copyright: text("© Ada, Bo"),
            credit: text("Ada"),
        };
        assert_eq!(exif, expected);
    }

    #[test]
    fn what_cannot_be_is_left_out() {
        let numbers =
            [(0x829a, 5, &ratio(0, 0)[..]), (0x829d, 5, &ratio(1, 0)), (0x8827, 3, &[0, 0]), (0x920a, 5, &ratio(0, 9))];
        assert_eq!(read(&[(0x010f, 2, b"\x01 \x7f\0")], &numbers), Exif::default());
        for time in [
            &b"0000:00:00 00:00:00"[..],
            b"2023:02:29 01:01:01",
            b"2024:05:06 24:00:00",
            b"    :  :     :  :  ",
            b"2024:05",
        ] {
            assert_eq!(read(&[], &[(0x9003, 2, time)]), Exif::default());
        }
    }

    #[test]
    fn a_digitised_film_was_taken_when_it_was_digitised() {
        let exif = read(
            &[],
            &[(0x9003, 2, b"    :  :     :  :  \0"), (0x9004, 2, b"1999:12:31 23:59:59\0"), (0x9011, 2, b"+02:00\0")],
        );
        assert_eq!(exif.taken_at.as_deref(), Some("1999-12-31T23:59:59"));
    }

    #[test]
    fn exposures_are_said_as_photographers_say_them() {
        let said = [0.000_125, 0.25, 1.0 / 3.0, 2.5, 30.0].map(|seconds| exposure_time(seconds).unwrap_or_default());
        assert_eq!(said, ["1/8000", "1/4", "0.3", "2.5", "30"]);
        assert_eq!([f64::NAN, f64::INFINITY, 0.0, 1e9].map(exposure_time), [None, None, None, None]);
    }

    #[test]
    fn directories_that_point_at_each_other_cost_nothing() {
        let block = [&b"MM\0*\0\0\0\x08\xff\xff"[..], &b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x08".repeat(65_535)].concat();
        assert_eq!(Exif::read(&Metadata { exif: Some(&block), ..Metadata::default() }), Exif::default());
    }
}
