//! Huffman codes of T.81, annex C, as tables.

use super::bits::Bits;

/// Codes with their value, or codes alone, up to this length are found in one step.
const FAST: u32 = 10;

pub struct Huffman {
    /// For the next bits: a whole coefficient, if code and value fit.
    whole: Vec<Whole>,
    /// For the next bits: length and symbol of a code that fits; length 0 if it does not.
    short: Vec<(u8, u8)>,
    /// For longer codes, by length: one past the largest code, aligned to 16 bits, and what to add for its symbol.
    limits: [u32; 17],
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

/// A coefficient found in one step; zero where there is none.
///
/// Packed so that the lowest bits are the length: a processor shifts by them as they are, and each symbol waits
/// for the shift of the one before.
#[derive(Clone, Copy, Default)]
pub struct Whole(u32);

impl Whole {
    fn new(value: i16, advance: u8, bits: u8) -> Whole {
        Whole(u32::from(value as u16) << 16 | u32::from(advance) << 8 | u32::from(bits))
    }

    #[inline(always)]
    pub fn is_found(self) -> bool {
        self.0 != 0
    }

    #[inline(always)]
    pub fn value(self) -> i32 {
        self.0 as i32 >> 16
    }

    /// Positions to go on, the coefficient's own among them; 64 at the end of a block.
    #[inline(always)]
    pub fn advance(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// Below 64: bits of code and value; above: anything.
    #[inline(always)]
    pub fn bits(self) -> u32 {
        self.0
    }
}

pub const END_OF_BLOCK: u8 = 64;

impl Huffman {
    /// From the counts of codes of each length and their symbols; `None` if they are no code.
    pub fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Huffman> {
        let mut table = Huffman {
            whole: vec![Whole::default(); 1 << FAST],
            short: vec![(0, 0); 1 << FAST],
            limits: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, count) in (1..=16_u32).zip(counts) {
            table.offsets[length as usize] = index as i32 - code as i32;
            for _ in 0..*count {
                if code >= 1 << length {
                    return None;
                }
                table.note(code, length, *symbols.get(index)?);
                code += 1;
                index += 1;
            }
            table.limits[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }

    fn note(&mut self, code: u32, length: u32, symbol: u8) {
        if length > FAST {
            return;
        }
        let free = FAST - length;
        let start = (code << free) as usize;
        self.short[start..start + (1 << free)].fill((length as u8, symbol));
        let (run, size) = (symbol >> 4, u32::from(symbol & 15));
        // Nothing but a block's end and sixteen zeros may have no value; the slow way tells what to do about it.
        let is_odd = size == 0 && !matches!(symbol, 0x00 | 0xf0);
        if size > free || is_odd {
            return;
        }
        for rest in 0..1_u32 << free {
            let value = rest >> (free - size);
            let negative = size > 0 && value < 1 << (size - 1);
            let value = if negative { value as i32 - (1 << size) + 1 } else { value as i32 };
            let advance = if symbol == 0 { END_OF_BLOCK } else { run + 1 };
            self.whole[start + rest as usize] = Whole::new(value as i16, advance, (length + size) as u8);
        }
    }

    /// What the next bits mean, if that can be told in one step.
    #[inline(always)]
    pub fn whole(&self, bits: &Bits<'_>) -> Whole {
        self.whole[bits.peek(FAST)]
    }

    /// Takes one code; `None` if there is no such code.
    #[inline(always)]
    pub fn symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let (length, symbol) = self.short[bits.peek(FAST)];
        if length > 0 {
            bits.skip(length.into());
            return Some(symbol);
        }
        let code = bits.peek(16) as u32;
        let length = (FAST as usize + 1..=16).find(|length| code < self.limits[*length])?;
        bits.skip(length as u32);
        let index = (code >> (16 - length)) as i32 + self.offsets[length];
        self.symbols.get(usize::try_from(index).ok()?).copied()
    }
}
