//! Huffman codes of T.81, annex C, as tables.

use super::bits::Bits;

/// Codes with their value, or codes alone, up to this length are found in one step.
const FAST: u32 = 10;

pub struct Huffman {
    /// For the next bits: the coefficients that they hold.
    steps: Vec<Step>,
    /// For the next bits: length and symbol of a code that fits; length 0 if it does not.
    short: Vec<(u8, u8)>,
    /// For longer codes, by length: one past the largest code, aligned to 16 bits, and what to add for its symbol.
    limits: [u32; 17],
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

/// What codes are of: the first coefficients of blocks, or the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    First,
    Others,
}

/// What is done with bits that a code and its value fit into: a coefficient, and a second one or the block's
/// end if there is room for it.
///
/// Packed so that the lowest bits are the length: a processor shifts by them as they are, and each code waits
/// for the shift of the one before. Where there is no second coefficient, it is the first again, at its own place.
#[derive(Clone, Copy)]
pub struct Step(u64);

/// One coefficient, or the end of a block.
#[derive(Clone, Copy)]
struct Single {
    bits: u32,
    /// Positions to go on, the coefficient's own among them; or `END_OF_BLOCK`, or `NOT_FOUND`.
    advance: u8,
    value: i16,
}

/// Goes on past every position that a sum of runs can reach.
pub const END_OF_BLOCK: u8 = 128;
/// Goes on past a block too, but not past its end.
const NOT_FOUND: u8 = 64;

impl Step {
    const NONE: Step = Step((NOT_FOUND as u64) << 8);

    fn new(first: Single, second: Single) -> Step {
        let values = u64::from(second.value as u16) << 48 | u64::from(first.value as u16) << 32;
        let advances = u64::from(second.advance) << 16 | u64::from(first.advance) << 8;
        Step(values | advances | u64::from(first.bits + second.bits))
    }

    /// Below 64: bits of codes and values; above: anything.
    #[inline(always)]
    pub fn bits(self) -> u32 {
        self.0 as u32
    }

    /// From the position before to that of the first coefficient, and from there to that of the second.
    #[inline(always)]
    pub fn advances(self) -> [usize; 2] {
        [(self.0 >> 8) as u8 as usize, (self.0 >> 16) as u8 as usize]
    }

    #[inline(always)]
    pub fn values(self) -> [i32; 2] {
        [i32::from((self.0 >> 32) as i16), i32::from((self.0 >> 48) as i16)]
    }

    #[inline(always)]
    pub fn is_found(self) -> bool {
        self.0 != Step::NONE.0
    }
}

impl Huffman {
    /// From the counts of codes of each length and their symbols; `None` if they are no code.
    pub fn new(kind: Kind, counts: &[u8; 16], symbols: &[u8]) -> Option<Huffman> {
        let mut table = Huffman {
            steps: Vec::new(),
            short: vec![(0, 0); 1 << FAST],
            limits: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for (length, count) in (1..=16_u32).zip(counts) {
            table.offsets[length as usize] = index as i32 - code as i32;
            for _ in 0..*count {
                let symbol = *symbols.get(index)?;
                if code >= 1 << length {
                    return None;
                }
                if length <= FAST {
                    let free = FAST - length;
                    let start = (code << free) as usize;
                    table.short[start..start + (1 << free)].fill((length as u8, symbol));
                }
                code += 1;
                index += 1;
            }
            table.limits[length as usize] = code << (16 - length);
            code <<= 1;
        }
        table.steps = (0..1 << FAST).map(|bits| table.find(kind, bits)).collect();
        Some(table)
    }

    fn find(&self, kind: Kind, bits: u32) -> Step {
        let Some(first) = self.single(bits, FAST) else { return Step::NONE };
        let again = Single { bits: 0, advance: 0, value: first.value };
        if kind == Kind::First || first.advance == END_OF_BLOCK {
            return Step::new(first, again);
        }
        let rest = bits << first.bits & ((1 << FAST) - 1);
        Step::new(first, self.single(rest, FAST - first.bits).unwrap_or(again))
    }

    /// What the highest `known` of `bits` begin with, if all of it is in them.
    fn single(&self, bits: u32, known: u32) -> Option<Single> {
        let (length, symbol) = self.short[bits as usize];
        let (run, size) = (symbol >> 4, u32::from(symbol & 15));
        let length = u32::from(length);
        // Nothing but a block's end and sixteen zeros may have no value; the slow way tells what to do about it.
        let is_odd = size == 0 && !matches!(symbol, 0x00 | 0xf0);
        if length == 0 || length + size > known || is_odd {
            return None;
        }
        let value = bits >> (FAST - length - size) & ((1 << size) - 1);
        let negative = size > 0 && value < 1 << (size - 1);
        let value = if negative { value as i32 - (1 << size) + 1 } else { value as i32 };
        let advance = if symbol == 0 { END_OF_BLOCK } else { run + 1 };
        Some(Single { bits: length + size, advance, value: value as i16 })
    }

    /// What the next bits mean, if that can be told in one step.
    #[inline(always)]
    pub fn step(&self, bits: &Bits<'_>) -> Step {
        self.steps[bits.peek(FAST)]
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
