//! The same transform in the vectors of AVX2: products and their sums in one instruction, two rows at a time.

use std::arch::x86_64::*;

use super::idct::{BETWEEN, FRACTION};

/// Turns dequantised coefficients, row by row, into samples at `target`, whose rows are `stride` apart.
#[target_feature(enable = "avx2")]
pub fn inverse(coefficients: &[i16; 64], target: &mut [u8], stride: usize) {
    let (rows, _) = coefficients.as_chunks::<8>();
    let rows = [
        vector(rows[0]),
        vector(rows[1]),
        vector(rows[2]),
        vector(rows[3]),
        vector(rows[4]),
        vector(rows[5]),
        vector(rows[6]),
        vector(rows[7]),
    ];
    let columns = transpose(pass::<{ (FRACTION - BETWEEN) as i32 }>(rows));
    let rows = transpose(pass::<{ (FRACTION + BETWEEN + 3) as i32 }>(columns));
    let middle = _mm_set1_epi16(128);
    for (pair, (row, next)) in
        [(rows[0], rows[1]), (rows[2], rows[3]), (rows[4], rows[5]), (rows[6], rows[7])].into_iter().enumerate()
    {
        let samples = _mm_packus_epi16(_mm_adds_epi16(row, middle), _mm_adds_epi16(next, middle));
        let start = 2 * pair * stride;
        target[start..start + 8].copy_from_slice(&_mm_cvtsi128_si64(samples).to_le_bytes());
        target[start + stride..start + stride + 8].copy_from_slice(&_mm_extract_epi64::<1>(samples).to_le_bytes());
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn vector(row: [i16; 8]) -> __m128i {
    let [a, b, c, d, e, f, g, h] = row;
    _mm_setr_epi16(a, b, c, d, e, f, g, h)
}

const fn fixed(value: f64) -> i32 {
    (value * (1 << FRACTION) as f64 + 0.5) as i32
}

const F_0_298: i32 = fixed(0.298_631_336);
const F_0_390: i32 = fixed(0.390_180_644);
const F_0_541: i32 = fixed(0.541_196_100);
const F_0_765: i32 = fixed(0.765_366_865);
const F_0_899: i32 = fixed(0.899_976_223);
const F_1_175: i32 = fixed(1.175_875_602);
const F_1_501: i32 = fixed(1.501_321_110);
const F_1_847: i32 = fixed(1.847_759_065);
const F_1_961: i32 = fixed(1.961_570_560);
const F_2_053: i32 = fixed(2.053_119_869);
const F_2_562: i32 = fixed(2.562_915_447);
const F_3_072: i32 = fixed(3.072_711_026);
const ONE: i32 = 1 << FRACTION;

/// One transform down each column; the sums are those of `idct::pass`, taken together differently.
#[inline]
#[target_feature(enable = "avx2")]
fn pass<const SHIFT: i32>(rows: [__m128i; 8]) -> [__m128i; 8] {
    let round = _mm256_set1_epi32(1 << (SHIFT - 1));
    let outer_even = pairs(rows[0], rows[4]);
    let inner_even = pairs(rows[2], rows[6]);
    let sum = _mm256_add_epi32(weighed(outer_even, ONE, ONE), round);
    let difference = _mm256_add_epi32(weighed(outer_even, ONE, -ONE), round);
    let high = weighed(inner_even, F_0_541 + F_0_765, F_0_541);
    let low = weighed(inner_even, F_0_541, F_0_541 - F_1_847);
    let even = [
        _mm256_add_epi32(sum, high),
        _mm256_add_epi32(difference, low),
        _mm256_sub_epi32(difference, low),
        _mm256_sub_epi32(sum, high),
    ];

    let sums = pairs(_mm_add_epi16(rows[7], rows[3]), _mm_add_epi16(rows[5], rows[1]));
    let right = weighed(sums, F_1_175 - F_1_961, F_1_175);
    let left = weighed(sums, F_1_175, F_1_175 - F_0_390);
    let (outer, inner) = (pairs(rows[7], rows[1]), pairs(rows[5], rows[3]));
    let odd = [
        _mm256_add_epi32(weighed(outer, -F_0_899, F_1_501 - F_0_899), left),
        _mm256_add_epi32(weighed(inner, -F_2_562, F_3_072 - F_2_562), right),
        _mm256_add_epi32(weighed(inner, F_2_053 - F_2_562, -F_2_562), left),
        _mm256_add_epi32(weighed(outer, F_0_298 - F_0_899, -F_0_899), right),
    ];

    let [a, h] = butterfly::<SHIFT>(even[0], odd[0]);
    let [b, g] = butterfly::<SHIFT>(even[1], odd[1]);
    let [c, f] = butterfly::<SHIFT>(even[2], odd[2]);
    let [d, e] = butterfly::<SHIFT>(even[3], odd[3]);
    let ([a, b], [c, d], [e, f], [g, h]) = (narrow(a, b), narrow(c, d), narrow(e, f), narrow(g, h));
    [a, b, c, d, e, f, g, h]
}

/// The samples of two rows, side by side for each column.
#[inline]
#[target_feature(enable = "avx2")]
fn pairs(a: __m128i, b: __m128i) -> __m256i {
    _mm256_set_m128i(_mm_unpackhi_epi16(a, b), _mm_unpacklo_epi16(a, b))
}

/// For each column: the first of its pair times `first`, and the second times `second`.
#[inline]
#[target_feature(enable = "avx2")]
fn weighed(pairs: __m256i, first: i32, second: i32) -> __m256i {
    _mm256_madd_epi16(pairs, _mm256_set1_epi32(second << 16 | (first & 0xffff)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn butterfly<const SHIFT: i32>(even: __m256i, odd: __m256i) -> [__m256i; 2] {
    [_mm256_srai_epi32::<SHIFT>(_mm256_add_epi32(even, odd)), _mm256_srai_epi32::<SHIFT>(_mm256_sub_epi32(even, odd))]
}

/// Two rows in sixteen bits.
#[inline]
#[target_feature(enable = "avx2")]
fn narrow(a: __m256i, b: __m256i) -> [__m128i; 2] {
    let rows = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packs_epi32(a, b));
    [_mm256_castsi256_si128(rows), _mm256_extracti128_si256::<1>(rows)]
}

#[inline]
#[target_feature(enable = "avx2")]
fn transpose(rows: [__m128i; 8]) -> [__m128i; 8] {
    let [a, b, c, d, e, f, g, h] = rows;
    let (ae, ae_high) = (_mm_unpacklo_epi16(a, e), _mm_unpackhi_epi16(a, e));
    let (bf, bf_high) = (_mm_unpacklo_epi16(b, f), _mm_unpackhi_epi16(b, f));
    let (cg, cg_high) = (_mm_unpacklo_epi16(c, g), _mm_unpackhi_epi16(c, g));
    let (dh, dh_high) = (_mm_unpacklo_epi16(d, h), _mm_unpackhi_epi16(d, h));
    let [p, q, r, s] = quarter(ae, cg, bf, dh);
    let [t, u, v, w] = quarter(ae_high, cg_high, bf_high, dh_high);
    [p, q, r, s, t, u, v, w]
}

/// Four columns of what `transpose` has interleaved by every fourth row.
#[inline]
#[target_feature(enable = "avx2")]
fn quarter(ae: __m128i, cg: __m128i, bf: __m128i, dh: __m128i) -> [__m128i; 4] {
    let (even, even_high) = (_mm_unpacklo_epi16(ae, cg), _mm_unpackhi_epi16(ae, cg));
    let (odd, odd_high) = (_mm_unpacklo_epi16(bf, dh), _mm_unpackhi_epi16(bf, dh));
    [
        _mm_unpacklo_epi16(even, odd),
        _mm_unpackhi_epi16(even, odd),
        _mm_unpacklo_epi16(even_high, odd_high),
        _mm_unpackhi_epi16(even_high, odd_high),
    ]
}
