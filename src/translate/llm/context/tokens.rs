//! How many tokens a text costs, without any model's tokenizer.
//!
//! The tokenizers of today's models are byte-pair encoders: a common word is one token, a name of several words about one
//! for each, digits come in groups of up to three, and a mark is one. The estimate counts a run of letters as one token for
//! every five letters or part of it, digits by three, every other mark as one, and nothing for a blank. On DDL it lies
//! above what such encoders count, so a budget that holds here holds there; letters outside ASCII count one each.

/// Tokens of a text, estimated from above. Linear in its length.
pub fn count(text: &str) -> usize {
    let (mut tokens, mut letters, mut digits) = (0, 0_usize, 0_usize);
    for byte in text.chars() {
        if byte.is_ascii_alphabetic() {
            letters += 1;
            continue;
        }
        tokens += letters.div_ceil(5);
        letters = 0;
        if byte.is_ascii_digit() {
            digits += 1;
            continue;
        }
        tokens += digits.div_ceil(3);
        digits = 0;
        if !byte.is_whitespace() || byte == '\n' {
            tokens += 1;
        }
    }
    tokens + letters.div_ceil(5) + digits.div_ceil(3)
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn words_digits_and_marks() {
        assert_eq!(count(""), 0);
        assert_eq!(count("sales by region"), 4);
        assert_eq!(count("customer_id int,"), 6);
        assert_eq!(count("2024"), 2);
        assert_eq!(count("größe"), 4);
    }
}
