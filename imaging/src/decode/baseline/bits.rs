//! Bits of a scan: stuffed zeros are taken out, and a marker ends them.

/// Reads most significant bits first. Past the end it gives zeros, and says so afterwards.
///
/// What is rarely done is done to a copy, so that the state never needs an address and stays in registers.
#[derive(Clone, Copy)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
    /// The next bits, from the top. Below `count` lie bits that will be read again.
    window: u64,
    count: u32,
    /// Bytes given that were not there.
    invented: u32,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Bits<'a> {
        Bits { bytes, position: 0, window: 0, count: 0, invented: 0 }
    }

    /// Makes sure of 32 bits at least.
    #[inline(always)]
    pub fn refill(&mut self) {
        if self.count >= 32 {
            return;
        }
        if let Some(bytes) = self.bytes.get(self.position..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_be_bytes(*bytes);
            if !has_marker_byte(word) {
                self.window |= word >> self.count;
                self.position += ((63 - self.count) >> 3) as usize;
                self.count |= 56;
                return;
            }
        }
        *self = self.refilled_by_bytes();
    }

    #[cold]
    #[inline(never)]
    fn refilled_by_bytes(mut self) -> Bits<'a> {
        // Bits below `count` may be of a byte that is about to be read again.
        self.window &= !(u64::MAX >> self.count);
        while self.count <= 56 {
            let byte = match self.bytes.get(self.position) {
                Some(0xff) if self.bytes.get(self.position + 1) == Some(&0) => {
                    self.position += 2;
                    0xff
                }
                Some(0xff) | None => {
                    self.invented += 1;
                    0
                }
                Some(byte) => {
                    self.position += 1;
                    *byte
                }
            };
            self.window |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
    }

    /// The next bits without taking them; 1 to 32.
    #[inline(always)]
    pub fn peek(&self, bits: u32) -> usize {
        (self.window >> (64 - bits)) as usize
    }

    /// Only the lowest six bits of the number count.
    #[inline(always)]
    pub fn skip(&mut self, bits: u32) {
        self.window = self.window.wrapping_shl(bits);
        self.count -= bits & 63;
    }

    /// The next bits as a coefficient (T.81, F.2.2.1); 0 to 15 of them.
    #[inline(always)]
    pub fn coefficient(&mut self, bits: u32) -> i32 {
        if bits == 0 {
            return 0;
        }
        let value = self.peek(bits) as i32;
        self.skip(bits);
        if value < 1 << (bits - 1) { value - (1 << bits) + 1 } else { value }
    }

    /// Goes on behind the restart marker of that number. `None` unless it is the next thing to come.
    #[cold]
    #[inline(never)]
    pub fn restarted(self, number: u8) -> Option<Bits<'a>> {
        self.complete()?;
        let marker = self.bytes.get(self.position..self.position + 2)?;
        if marker != [0xff, 0xd0 + number] {
            return None;
        }
        Some(Bits { position: self.position + 2, ..Bits::new(self.bytes) })
    }

    /// `None` if bits were read that were not there, or whole bytes were left over.
    pub fn complete(&self) -> Option<()> {
        let left = self.count.checked_sub(8 * self.invented)?;
        let at_marker = matches!(self.bytes.get(self.position..), None | Some([]) | Some([0xff, 0xd0..=0xd7, ..]));
        (left < 8 && at_marker).then_some(())
    }
}

/// Whether any byte of `word` is 0xff.
#[inline(always)]
fn has_marker_byte(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    ((!word).wrapping_sub(ONES) & word & (ONES << 7)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffed_zeros_are_taken_out_wherever_they_lie() {
        let plain: Vec<u8> = (0..64).map(|index| if index % 7 == 3 { 0xff } else { index * 3 }).collect();
        let stuffed: Vec<u8> =
            plain.iter().flat_map(|byte| [*byte, 0].into_iter().take(1 + usize::from(*byte == 0xff))).collect();
        let mut bits = Bits::new(&stuffed);
        for (index, byte) in plain.iter().enumerate() {
            bits.refill();
            assert_eq!(bits.peek(8), usize::from(*byte), "byte {index}");
            bits.skip(8);
        }
        assert!(bits.complete().is_some());
    }

    #[test]
    fn bits_that_are_not_there_are_zeros_and_are_told() {
        let mut bits = Bits::new(&[0x80]);
        bits.refill();
        assert_eq!(bits.peek(8), 0x80);
        bits.skip(9);
        assert!(bits.complete().is_none());
    }

    #[test]
    fn a_restart_goes_on_behind_its_marker() {
        let mut bits = Bits::new(&[0xa0, 0xff, 0xd3, 0x5a]);
        bits.refill();
        bits.skip(3);
        let mut bits = bits.restarted(3).expect("the marker");
        bits.refill();
        assert_eq!(bits.peek(8), 0x5a);
    }
}
