//! Has a stored record changed? A checksum of our own, beside the engine's: the engine skips its own after a clean
//! shutdown.

/// An odd constant, so that an empty record has a checksum other than zero.
const SEED: u64 = 0x7472_756e_6b6c_696e;

/// 64 bits over all these bytes.
///
/// Each step is a permutation of the state and of the word that enters it, so a change inside one word of eight bytes
/// always changes the result; a wider one escapes with a chance of 2⁻⁶⁴. Not for secrets.
pub(super) fn checksum(lead: [u64; 2], bytes: &[u8]) -> u64 {
    let mut state = lead.into_iter().fold(SEED, absorb);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = absorb(state, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    absorb(absorb(state, u64::from_le_bytes(last)), length)
}

/// One round: a multiply, a rotation and a shift, each of which can be undone.
fn absorb(state: u64, word: u64) -> u64 {
    let mixed = (state ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 32)).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_shows() {
        for length in [1, 7, 8, 9, 64, 100] {
            let bytes: Vec<u8> = (0..length).collect();
            let before = checksum([1, 2], &bytes);
            for bit in 0..bytes.len() * 8 {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_ne!(checksum([1, 2], &flipped), before, "length {length}, bit {bit}");
            }
        }
    }

    #[test]
    fn the_lead_and_the_length_count() {
        let checksums = [
            checksum([0, 0], b""),
            checksum([0, 1], b""),
            checksum([1, 0], b""),
            checksum([0, 0], b"\0"),
            checksum([0, 0], b"\0\0"),
            checksum([0, 0], b"\0\0\0\0\0\0\0\0"),
        ];
        for (index, one) in checksums.iter().enumerate() {
            assert!(!checksums[..index].contains(one), "{checksums:x?}");
        }
    }
}
