//! Values of options: from text, with errors that say what is expected.

use crate::suggest;
use std::path::PathBuf;
use std::time::Duration;
use tablature::Proposal;

/// `NAME=VALUE`, or `NAME` alone.
pub fn variable(text: &str) -> Result<(String, Option<String>), String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_string())),
        None => (text, None),
    };
    if name.is_empty() {
        return Err("expected NAME=VALUE or NAME, such as LANG=C".to_string());
    }
    Ok((name.to_string(), value))
}

/// `HOST` or `HOST::GUEST`.
pub fn directory(text: &str) -> Result<(String, String), String> {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    if host.is_empty() || guest.is_empty() {
        return Err("expected HOST or HOST::GUEST, such as . or ./data::/data".to_string());
    }
    Ok((host.to_string(), guest.to_string()))
}

/// `NAME=FILE`.
pub fn preload(text: &str) -> Result<(String, PathBuf), String> {
    let parts = text.split_once('=').filter(|(_, file)| !file.is_empty());
    let (name, file) = parts.ok_or("expected NAME=FILE, such as math=math.wasm")?;
    Ok((name.to_string(), PathBuf::from(file)))
}

/// A number of units of fuel.
pub fn units(text: &str) -> Result<u64, String> {
    let expected = || format!("expected a number from 0 to {}, such as 1000000 or 1_000_000", u64::MAX);
    text.replace('_', "").parse().map_err(|_| expected())
}

/// A number of bytes.
pub fn bytes(text: &str) -> Result<usize, String> {
    let units = [('K', 10), ('M', 20), ('G', 30)];
    let unit = units.into_iter().find(|(unit, _)| text.ends_with([*unit, unit.to_ascii_lowercase()]));
    let digits = unit.map_or(text, |_| &text[..text.len() - 1]);
    let number: usize = digits.parse().map_err(|_| "expected a number of bytes, such as 500000, 64K or 8M")?;
    number.checked_mul(1 << unit.map_or(0, |(_, shift)| shift)).ok_or_else(|| "too many bytes".to_string())
}

/// A time.
pub fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let parsed = units.into_iter().find_map(|(unit, seconds)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Duration::try_from_secs_f64(number * seconds).ok()
    });
    parsed
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "expected a number and a unit (ms, s, m or h), such as 500ms, 2s or 1m".to_string())
}

/// An offset in a module.
pub fn offset(text: &str) -> Result<u32, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| "expected an offset in bytes, such as 0x1a3f or 6719".to_string())
}

/// `PROPOSAL`, `PROPOSAL=on` or `PROPOSAL=off`.
pub fn switch(text: &str) -> Result<(Proposal, bool), String> {
    let (name, state) = text.split_once('=').unwrap_or((text, "on"));
    let enable = match state {
        "on" => true,
        "off" => false,
        _ => return Err(format!("expected on or off after {name}=, found \"{state}\"")),
    };
    let name = name.replace('-', "_");
    let proposals = || Proposal::ALL.into_iter().filter(|proposal| *proposal != Proposal::Mvp);
    match proposals().find(|proposal| proposal.id() == name) {
        Some(proposal) if enable && !proposal.is_compiled() => Err(format!("{name} is not part of this build")),
        Some(proposal) => Ok((proposal, enable)),
        None => {
            let ids: Vec<&str> = proposals().map(Proposal::id).collect();
            let hint = suggest::did_you_mean(&name, &ids);
            Err(format!("there is no proposal {name}{hint}\n  There are {}.", ids.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let read = |text: &str| duration(text).map(|duration| duration.as_millis()).ok();
        assert_eq!(["500ms", "2s", "1m", "0.5s", "1h"].map(read), [500, 2_000, 60_000, 500, 3_600_000].map(Some));
        assert_eq!(["", "2", "s", "-1s", "0s", "nans", "infs", "1d", "1e300h"].map(read), [None; 9]);
    }

    #[test]
    fn bytes_have_units() {
        let read = |text: &str| bytes(text).ok();
        assert_eq!(["7", "64K", "8m", "1G"].map(read), [7, 65_536, 8 << 20, 1 << 30].map(Some));
        assert_eq!(["", "K", "-1", "1T", "1é", "99999999999999G"].map(read), [None; 6]);
    }

    #[test]
    fn names_and_values_are_divided_at_the_first_sign() {
        assert_eq!(variable("A=b=c"), Ok(("A".into(), Some("b=c".into()))));
        assert_eq!(variable("A"), Ok(("A".into(), None)));
        assert_eq!(preload("m=a=b.wasm"), Ok(("m".into(), "a=b.wasm".into())));
        assert_eq!(directory("a::/b"), Ok(("a".into(), "/b".into())));
        assert!(
            variable("=b").is_err() && preload("m=").is_err() && preload("m").is_err() && directory("::a").is_err()
        );
    }

    #[test]
    fn offsets_are_decimal_or_hexadecimal() {
        assert_eq!((offset("0x10"), offset("10")), (Ok(16), Ok(10)));
        assert!(offset("0xg").is_err() && offset("-1").is_err());
    }
}
