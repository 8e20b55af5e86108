//! The headers that a scan is read by: frame, scan, quantisation, codes, restarts.

use super::huffman::{Huffman, Kind};
use crate::decode::jpeg_segments::Segments;
use crate::decode::reader::Reader;
use crate::raster::Size;

/// A baseline picture whose only scan has all of its components.
pub struct Frame<'a> {
    pub size: Size,
    pub components: Vec<Component>,
    /// Groups of blocks between restart markers; 0 for none.
    pub restart_interval: usize,
    /// The coded bytes, restart markers among them.
    pub scan: &'a [u8],
    quantisation: [Option<[u16; 64]>; 4],
    huffman: [[Option<Huffman>; 4]; 2],
}

/// One plane of the picture.
pub struct Component {
    id: u8,
    /// Blocks of a group, across and down.
    pub across: usize,
    pub down: usize,
    quantisation: usize,
    codes: [usize; 2],
}

impl<'a> Frame<'a> {
    /// `None` for whatever is not of this simple kind: other decoders do that.
    pub fn read(segments: &Segments<'a>) -> Option<Frame<'a>> {
        let mut frame = Frame {
            size: segments.size,
            components: Vec::new(),
            restart_interval: 0,
            scan: &[],
            quantisation: [None; 4],
            huffman: Default::default(),
        };
        if segments.scans != 1 || segments.plain_rgb {
            return None;
        }
        let mut parts = segments.essential.iter().skip(1);
        while let Some([0xff, marker]) = parts.next().copied() {
            if *marker == 0xd9 {
                break;
            }
            let mut body = Reader::new(parts.next()?.get(2..)?);
            match marker {
                0xc0 | 0xc1 => frame.read_components(&mut body)?,
                0xc2..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return None,
                0xc4 => frame.read_codes(&mut body)?,
                0xdb => frame.read_quantisation(&mut body)?,
                0xdd => frame.restart_interval = body.u16_be()?.into(),
                0xda => {
                    frame.read_scan(&mut body)?;
                    frame.scan = parts.next()?;
                }
                _ => {}
            }
        }
        frame.is_simple().then_some(frame)
    }

    /// Grey, or luma with two chroma planes of one block in each group.
    fn is_simple(&self) -> bool {
        let named_rgb = self.components.iter().map(|component| component.id).eq(*b"RGB");
        let sampling: Vec<_> = self.components.iter().map(|component| (component.across, component.down)).collect();
        let tables = self.components.iter().all(|component| {
            self.quantisation[component.quantisation].is_some()
                && (0..2).all(|kind| self.huffman[kind][component.codes[kind]].is_some())
        });
        !named_rgb
            && tables
            && !self.scan.is_empty()
            && matches!(sampling[..], [(1, 1)] | [(1 | 2, 1 | 2), (1, 1), (1, 1)])
    }

    pub fn quantisation(&self, component: &Component) -> &[u16; 64] {
        self.quantisation[component.quantisation].as_ref().expect("checked when the headers were read")
    }

    /// The codes of first and of other coefficients.
    pub fn codes(&self, component: &Component) -> [&Huffman; 2] {
        [0, 1]
            .map(|kind| self.huffman[kind][component.codes[kind]].as_ref().expect("checked when the headers were read"))
    }

    fn read_components(&mut self, body: &mut Reader<'_>) -> Option<()> {
        let [_precision, _, _, _, _, count] = body.array()?;
        for _ in 0..count {
            let [id, sampling, quantisation] = body.array()?;
            self.components.push(Component {
                id,
                across: (sampling >> 4).into(),
                down: (sampling & 15).into(),
                quantisation: usize::from(quantisation & 3),
                codes: [0; 2],
            });
        }
        if let [grey] = &mut self.components[..] {
            // A plane alone has no groups, whatever its sampling says.
            (grey.across, grey.down) = (1, 1);
        }
        Some(())
    }

    fn read_codes(&mut self, body: &mut Reader<'_>) -> Option<()> {
        while let Some(place) = body.byte() {
            let counts = body.array::<16>()?;
            let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let kind = if place >> 4 == 0 { Kind::First } else { Kind::Others };
            let huffman = Huffman::new(kind, &counts, body.take(total)?)?;
            *self.huffman.get_mut(usize::from(place >> 4))?.get_mut(usize::from(place & 15))? = Some(huffman);
        }
        Some(())
    }

    fn read_quantisation(&mut self, body: &mut Reader<'_>) -> Option<()> {
        while let Some(place) = body.byte() {
            let table = self.quantisation.get_mut(usize::from(place & 15))?.insert([0; 64]);
            for step in table {
                *step = if place >> 4 == 0 { body.byte()?.into() } else { body.u16_be()? };
            }
        }
        Some(())
    }

    fn read_scan(&mut self, body: &mut Reader<'_>) -> Option<()> {
        if usize::from(body.byte()?) != self.components.len() {
            return None;
        }
        for component in &mut self.components {
            let [id, codes] = body.array()?;
            if id != component.id || codes & 0xcc != 0 {
                return None;
            }
            component.codes = [usize::from(codes >> 4), usize::from(codes & 3)];
        }
        // The spectrum is the whole one, whatever is said of it: some telephones leave that empty.
        body.array::<3>().map(|_| ())
    }
}
