//! Reads three properties out of an XMP packet, by the prefixes that every writer uses.
//!
//! Prefixes are not resolved: their bindings can be piled up so that a small packet takes seconds.

use quick_xml::Reader;
use quick_xml::escape::{escape, unescape};
use quick_xml::events::{BytesStart, Event};

use crate::exif::RIGHTS;
use crate::words::words;

/// Rights in the first language given, the line of credit, and the creators.
const PROPERTIES: [&str; 3] = ["dc:rights", "photoshop:Credit", "dc:creator"];
/// More creators than this are a crowd.
const MAX_VALUES: usize = 16;

pub type Found = [Option<String>; PROPERTIES.len()];

/// What was found until the packet ended or broke.
pub fn properties(packet: &[u8]) -> Found {
    let mut packet_reader = PacketReader::default();
    let Ok(text) = str::from_utf8(packet) else { return packet_reader.found };
    let mut xml = Reader::from_str(text);
    xml.config_mut().expand_empty_elements = true;
    loop {
        match xml.read_event() {
            Ok(Event::Start(tag)) => packet_reader.start(&tag),
            Ok(Event::Text(text)) => packet_reader.text(&text),
            Ok(Event::CData(text)) => packet_reader.text(escape(String::from_utf8_lossy(&text)).as_bytes()),
            Ok(Event::GeneralRef(name)) => packet_reader.text(&[b"&", &name[..], b";"].concat()),
            Ok(Event::End(_)) => packet_reader.end(),
            Ok(Event::Eof) | Err(_) => return packet_reader.found,
            Ok(_) => {}
        }
    }
}

#[derive(Default)]
struct PacketReader {
    found: Found,
    depth: usize,
    /// The depth of `rdf:RDF`. Descriptions lie one below it and properties two; those of pictures that
    /// were put together into this one lie deeper.
    root: Option<usize>,
    /// The property that is being read, and its values with their references as written.
    open: Option<(usize, Vec<String>)>,
}

impl PacketReader {
    fn start(&mut self, tag: &BytesStart<'_>) {
        self.depth += 1;
        let name = tag.name();
        match (self.root, &mut self.open) {
            (None, _) => self.root = (name.as_ref() == b"rdf:RDF").then_some(self.depth),
            (_, Some((_, values))) if name.as_ref() == b"rdf:li" && values.len() < MAX_VALUES => {
                values.push(String::new())
            }
            (Some(root), None) if self.depth == root + 1 => self.attributes(tag),
            (Some(root), None) if self.depth == root + 2 => {
                self.open = property(name.as_ref()).map(|index| (index, vec![String::new()]));
            }
            _ => {}
        }
    }

    /// Simple properties may be written as attributes of their description.
    fn attributes(&mut self, tag: &BytesStart<'_>) {
        // Looking for names given twice takes the square of their number.
        for attribute in tag.attributes().with_checks(false).flatten() {
            if let Some(index) = property(attribute.key.as_ref()) {
                self.keep(index, &[String::from_utf8_lossy(&attribute.value).into_owned()]);
            }
        }
    }

    fn text(&mut self, text: &[u8]) {
        let value = self.open.as_mut().and_then(|(_, values)| values.last_mut());
        if let Some(value) = value.filter(|value| value.len() < 8 * RIGHTS) {
            value.push_str(&String::from_utf8_lossy(text));
        }
    }

    fn end(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        let outside = self.root.is_some_and(|root| self.depth < root + 2);
        if let Some((index, values)) = self.open.take_if(|_| outside) {
            self.keep(index, &values);
        }
        // What follows is no description of this picture any more.
        if self.root.is_some_and(|root| self.depth < root) {
            self.root = Some(usize::MAX - 2);
        }
    }

    fn keep(&mut self, index: usize, values: &[String]) {
        let mut values = values.iter().filter_map(|value| words(unescape(value).ok()?.as_bytes(), RIGHTS));
        let said = match PROPERTIES[index] {
            "dc:creator" => values.collect::<Vec<_>>().join(", "),
            _ => values.next().unwrap_or_default(),
        };
        if self.found[index].is_none() && !said.is_empty() {
            self.found[index] = Some(said);
        }
    }
}

fn property(name: &[u8]) -> Option<usize> {
    PROPERTIES.iter().position(|property| property.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(inside: &str) -> [String; 3] {
        let packet = format!(
            "<?xpacket begin='\u{feff}'?><x:xmpmeta><rdf:RDF>{inside}</rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
        );
        properties(packet.as_bytes()).map(Option::unwrap_or_default)
    }

    #[test]
    fn properties_are_read_as_elements_and_as_attributes() {
        let found = of("<rdf:Description photoshop:Credit='A &amp;&#32;B' tiff:Artist='no'>\
            <dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>&#xA9; Ada &lt;x&gt;</rdf:li><rdf:li>zwei</rdf:li></rdf:Alt></dc:rights>\
            <dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li><![CDATA[Bo & Co]]></rdf:li></rdf:Seq></dc:creator>\
            </rdf:Description>");
        assert_eq!(found, ["© Ada <x>", "A & B", "Ada, Bo & Co"]);
    }

    #[test]
    fn properties_of_other_pictures_inside_are_not_taken() {
        let found = of(
            "<rdf:Description><xmpMM:Pantry><rdf:Bag><rdf:li><dc:rights>theirs</dc:rights></rdf:li></rdf:Bag></xmpMM:Pantry>\
            </rdf:Description>",
        );
        assert_eq!(found, ["", "", ""]);
    }

    #[test]
    fn a_broken_packet_says_what_it_said_until_then() {
        assert_eq!(of("<rdf:Description photoshop:Credit='A'><dc:rights>B</x>")[1], "A");
        assert_eq!(of("<rdf:Description photoshop:Credit='&bomb;'/>")[1], "");
        assert_eq!(properties(b"\xff\xfe<\0"), [const { None }; 3]);
    }
}
