//! The weights by which samples of one row or column are summed.

/// Weights have this many bits of fraction; their sum for one output is exactly one.
pub const FRACTION: u32 = 14;

/// Windows are padded to this many taps, so that sums run over whole vectors.
pub const LANES: usize = 16;

/// Lanczos with three lobes, for one axis.
pub struct Kernel {
    /// Taps of every window.
    pub taps: usize,
    /// Index of the first source sample of each output's window.
    pub first: Vec<u32>,
    /// `taps` weights for each output.
    pub weights: Vec<i16>,
}

/// Where outputs lie on a source axis: `length` samples from `start`, in `outputs` steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    pub start: f64,
    pub length: f64,
    pub outputs: u32,
}

impl Span {
    pub fn whole(source: u32, outputs: u32) -> Span {
        Span { start: 0.0, length: f64::from(source), outputs }
    }

    /// Whether each output is one source sample.
    pub fn copies(&self) -> bool {
        self.start.fract() == 0.0 && self.length == f64::from(self.outputs)
    }
}

const LOBES: f64 = 3.0;

impl Kernel {
    /// Windows end at the source's edges; the weights that are left share what was cut off.
    /// `padding` rounds the taps up to a multiple of it.
    pub fn lanczos3(source: u32, span: Span, padding: usize) -> Kernel {
        let ratio = span.length / f64::from(span.outputs);
        let stretch = ratio.max(1.0);
        let radius = LOBES * stretch;
        let taps = ((2.0 * radius).ceil() as usize + 1).next_multiple_of(padding);
        let mut kernel = Kernel { taps, first: Vec::new(), weights: Vec::new() };
        let mut exact = Vec::with_capacity(taps);
        for output in 0..span.outputs {
            let centre = span.start + (f64::from(output) + 0.5) * ratio;
            let from = ((centre - radius).ceil().max(0.0) as u32).min(source - 1);
            let to = ((centre + radius).floor() as u32).clamp(from + 1, source);
            exact.clear();
            exact.extend((from..to).map(|index| lanczos((f64::from(index) + 0.5 - centre) / stretch)));
            kernel.first.push(from);
            kernel.append(&exact);
        }
        kernel
    }

    /// Rounds so that the sum stays exact: what rounding left over goes to the largest weight.
    fn append(&mut self, exact: &[f64]) {
        let one = f64::from(1 << FRACTION);
        let sum: f64 = exact.iter().sum();
        let start = self.weights.len();
        self.weights.extend(exact.iter().map(|weight| (weight / sum * one).round() as i16));
        let rest = (1 << FRACTION) - self.weights[start..].iter().map(|weight| i32::from(*weight)).sum::<i32>();
        let largest = (start..self.weights.len()).max_by_key(|index| self.weights[*index]).unwrap_or(start);
        self.weights[largest] += rest as i16;
        self.weights.resize(start + self.taps, 0);
    }
}

fn lanczos(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    if x.abs() >= LOBES {
        return 0.0;
    }
    let angle = std::f64::consts::PI * x;
    LOBES * angle.sin() * (angle / LOBES).sin() / (angle * angle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_window_sums_to_one_and_stays_inside() {
        for (source, outputs) in [(4000, 2048), (100, 33), (7, 1), (1, 1), (1, 5), (50, 200)] {
            let kernel = Kernel::lanczos3(source, Span::whole(source, outputs), 1);
            for (first, weights) in kernel.first.iter().zip(kernel.weights.chunks_exact(kernel.taps)) {
                assert_eq!(weights.iter().map(|weight| i32::from(*weight)).sum::<i32>(), 1 << FRACTION);
                let used = weights.iter().rposition(|weight| *weight != 0).expect("a weight");
                assert!(*first as usize + used < source as usize, "{source} to {outputs}");
            }
        }
    }
}
