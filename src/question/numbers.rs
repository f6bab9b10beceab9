//! Numbers as people write them: `1,200.50`, `$5`, `5k`, `2 million`, `30%`, `3rd`.

/// A number of the question.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// As SQL writes it: an optional sign, digits, an optional fraction.
    pub text: String,
    pub value: f64,
    /// Written with a percent sign.
    pub percent: bool,
    /// Written with a currency sign.
    pub money: bool,
    /// An ordinal such as `3rd`.
    pub ordinal: bool,
    /// The unit that was said after it, in lower case: the "km" of `35 km`.
    pub unit: Option<String>,
}

impl Number {
    /// A whole number.
    pub fn whole(value: i64) -> Number {
        Number {
            text: value.to_string(),
            value: value as f64,
            percent: false,
            money: false,
            ordinal: false,
            unit: None,
        }
    }

    /// Its value when it is a whole number that fits.
    pub fn as_whole(&self) -> Option<i64> {
        self.text.parse().ok()
    }

    /// A whole number that can be a calendar year.
    pub fn as_year(&self) -> Option<i32> {
        let plain = !self.percent && !self.money && !self.ordinal && self.text.len() == 4;
        self.text
            .parse()
            .ok()
            .filter(|year| plain && (1000..=2999).contains(year))
    }

    /// What so many per cent are as a part of 1: 0.1 of `10%`.
    pub fn hundredth(&self) -> Number {
        let (sign, digits) = match self.text.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", self.text.as_str()),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = format!("{whole:0>3}");
        let (whole, cents) = whole.split_at(whole.len() - 2);
        let fraction = format!("{cents}{fraction}");
        let fraction = fraction.trim_end_matches('0');
        let text = match fraction {
            "" => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{fraction}"),
        };
        Number {
            text,
            value: self.value / 100.0,
            percent: false,
            ..self.clone()
        }
    }

    /// Multiplied by ten to a power, without rounding.
    pub fn times_ten_to(&self, power: usize) -> Number {
        let (sign, digits) = match self.text.strip_prefix('-') {
            Some(rest) => ("-", rest),
            None => ("", self.text.as_str()),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut fraction = fraction.to_owned();
        while fraction.len() < power {
            fraction.push('0');
        }
        let (up, rest) = fraction.split_at(power);
        let joined = format!("{whole}{up}");
        let trimmed = joined.trim_start_matches('0');
        let whole = if trimmed.is_empty() { "0" } else { trimmed };
        let text = if rest.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{rest}")
        };
        Number {
            value: text.parse().unwrap_or(f64::INFINITY),
            text,
            ..self.clone()
        }
    }
}

/// The longest run of digits that is taken for a number; longer ones are codes.
const MAX_DIGITS: usize = 30;

/// Reads a number at the start of a text; gives it and its length in bytes. `None` when what stands there is
/// rather a code, such as `4G` or `747-400ER`.
pub fn scan(text: &str) -> Option<(Number, usize)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut digits = String::new();
    let mut money = false;
    if text.starts_with('-') {
        digits.push('-');
        at += 1;
    }
    if let Some(sign) = text[at..].chars().next().filter(|c| "$€£¥".contains(*c)) {
        money = true;
        at += sign.len_utf8();
    }
    let mut point = false;
    while at < bytes.len() {
        let next_digit = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        match bytes[at] {
            b'0'..=b'9' => digits.push(bytes[at] as char),
            b',' if !point && thousands(&bytes[at + 1..]) => {}
            b'.' if !point && next_digit => {
                point = true;
                if digits.is_empty() || digits == "-" {
                    digits.push('0');
                }
                digits.push('.');
            }
            _ => break,
        }
        at += 1;
    }
    if digits.is_empty() || digits == "-" || digits.len() > MAX_DIGITS {
        return None;
    }
    let mut number = Number {
        value: digits.parse().ok()?,
        text: digits,
        percent: false,
        money,
        ordinal: false,
        unit: None,
    };
    let letters: String = text[at..]
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    match letters.to_ascii_lowercase().as_str() {
        "" => {
            if bytes.get(at) == Some(&b'%') {
                number.percent = true;
                at += 1;
            }
            return Some((number, at));
        }
        "st" | "nd" | "rd" | "th" => number.ordinal = true,
        "k" => number = number.times_ten_to(3),
        "m" | "mn" | "mio" => number = number.times_ten_to(6),
        "bn" => number = number.times_ten_to(9),
        _ => return None,
    }
    Some((number, at + letters.len()))
}

/// Exactly three digits follow, and then no further digit.
fn thousands(rest: &[u8]) -> bool {
    rest.len() >= 3
        && rest[..3].iter().all(u8::is_ascii_digit)
        && !rest.get(3).is_some_and(u8::is_ascii_digit)
}

/// An ISO date (`2024-03-01` or `2024/3/1`) at the start of a text, with its length in bytes.
pub fn iso_date(text: &str) -> Option<((i32, u32, u32), usize)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    if digits(0) != 4 {
        return None;
    }
    let sign = *bytes.get(4).filter(|b| **b == b'-' || **b == b'/')?;
    let month = digits(5);
    if !(1..=2).contains(&month) || bytes.get(5 + month) != Some(&sign) {
        return None;
    }
    let day = digits(6 + month);
    let end = 6 + month + day;
    if !(1..=2).contains(&day) || bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let date = (
        text[..4].parse().ok()?,
        text[5..5 + month].parse().ok()?,
        text[6 + month..end].parse().ok()?,
    );
    let valid = (1..=12).contains(&date.1) && (1..=days_in_month(date.0, date.1)).contains(&date.2);
    valid.then_some((date, end))
}

/// The number of days of a month, 1 to 12, in the Gregorian calendar.
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_cent_are_hundredths() {
        for (said, part) in [
            ("10%", "0.1"),
            ("5%", "0.05"),
            ("12.5%", "0.125"),
            ("150%", "1.5"),
            ("100%", "1"),
        ] {
            let number = scan(said).map(|(n, _)| n.hundredth().text);
            assert_eq!(number.as_deref(), Some(part), "{said}");
        }
    }

    fn text(written: &str) -> Option<String> {
        scan(written).map(|(n, _)| n.text)
    }

    #[test]
    fn written_forms() {
        assert_eq!(text("1,200,000"), Some("1200000".into()));
        assert_eq!(text("1,2"), Some("1".into()));
        assert_eq!(text("5k"), Some("5000".into()));
        assert_eq!(text("2.5m"), Some("2500000".into()));
        assert_eq!(text("$19.99"), Some("19.99".into()));
        assert_eq!(text("-7"), Some("-7".into()));
        assert_eq!(text(".5"), Some("0.5".into()));
        assert_eq!(text("4G"), None);
        assert!(scan("30%").is_some_and(|(n, length)| n.percent && length == 3));
        assert!(scan("3rd").is_some_and(|(n, _)| n.ordinal));
    }

    #[test]
    fn years() {
        assert_eq!(Number::whole(2024).as_year(), Some(2024));
        assert_eq!(Number::whole(12).as_year(), None);
    }

    #[test]
    fn dates() {
        assert_eq!(iso_date("2024-02-29"), Some(((2024, 2, 29), 10)));
        assert_eq!(iso_date("2023-02-29"), None);
        assert_eq!(iso_date("2024/3/1 and"), Some(((2024, 3, 1), 8)));
    }
}
