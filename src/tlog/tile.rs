//! C2SP tlog-tiles: the paths under which a log's hashes and entries are served.

use std::fmt::Write as _;

use super::{TlogError, strict_decimal};

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// C2SP tlog-tiles: a level is 0 to 63.
const MAX_LEVEL: u64 = 63;

/// What a C2SP tlog-tiles path under `/tile/` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TilePath {
    /// `tile/<L>/<N>[.p/<W>]`
    Hashes {
        /// Tile level, 0..=63; its hashes are tree level 8 × level.
        level: u8,
        /// Tile index.
        index: u64,
        /// 1..=256 hashes.
        width: u16,
    },
    /// `tile/entries/<N>[.p/<W>]`
    Entries {
        /// Bundle index.
        index: u64,
        /// 1..=256 entries.
        width: u16,
    },
}

impl TilePath {
    /// Parses the part after the prefix: `tile/0/x001/067` …
    pub fn parse(path: &str) -> Result<Self, TlogError> {
        let rest = path.strip_prefix("tile/").ok_or(TlogError::TilePath)?;
        let (level, rest) = rest.split_once('/').ok_or(TlogError::TilePath)?;
        let (index, width) = match rest.split_once(".p/") {
            None => (rest, TILE_WIDTH),
            Some((index, width)) => {
                let width = strict_decimal(width).and_then(|width| u16::try_from(width).ok());
                (index, width.filter(|width| (1..TILE_WIDTH).contains(width)).ok_or(TlogError::TilePath)?)
            }
        };
        let index = parse_index(index).ok_or(TlogError::TilePath)?;
        if level == "entries" {
            return Ok(Self::Entries { index, width });
        }
        let level = strict_decimal(level).filter(|level| *level <= MAX_LEVEL);
        let level = level.and_then(|level| u8::try_from(level).ok()).ok_or(TlogError::TilePath)?;
        Ok(Self::Hashes { level, index, width })
    }

    /// The inverse.
    pub fn path(&self) -> String {
        let (mut path, index, width) = match *self {
            Self::Hashes { level, index, width } => (format!("tile/{level}"), index, width),
            Self::Entries { index, width } => ("tile/entries".to_owned(), index, width),
        };
        let digits = index.to_string();
        let digits = format!("{digits:0>width$}", width = digits.len().next_multiple_of(3));
        let groups = digits.len() / 3;
        for (at, digit) in digits.chars().enumerate() {
            if at % 3 == 0 {
                path.push_str(if (at / 3).saturating_add(1) < groups { "/x" } else { "/" });
            }
            path.push(digit);
        }
        if width < TILE_WIDTH {
            // Writing to a String cannot fail.
            let _ = write!(path, ".p/{width}");
        }
        path
    }

    /// Whether a tree of `size` leaves has it (full, or partial of exactly this or a smaller width).
    pub fn exists_at(&self, size: u64) -> bool {
        let (level, index, width) = match *self {
            Self::Hashes { level, index, width } => (level, index, width),
            Self::Entries { index, width } => (0, index, width),
        };
        // A tile above the lowest level holds hashes of full tiles of the level below only.
        let hashes = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
        let needed =
            index.checked_mul(u64::from(TILE_WIDTH)).and_then(|start| start.checked_add(u64::from(width)));
        width > 0 && needed.is_some_and(|needed| needed <= hashes)
    }
}

/// The index in its one spelling: groups of three digits, each but the last with an `x` in front, no needless group.
fn parse_index(text: &str) -> Option<u64> {
    let (leading, last) = text.rsplit_once('/').map_or((None, text), |(leading, last)| (Some(leading), last));
    let mut digits = String::new();
    for group in leading.into_iter().flat_map(|leading| leading.split('/')) {
        digits.push_str(group.strip_prefix('x').filter(|group| group.len() == 3)?);
    }
    if last.len() != 3 || (leading.is_some() && digits.starts_with("000")) {
        return None;
    }
    digits.push_str(last);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hashes(level: u8, index: u64, width: u16) -> TilePath {
        TilePath::Hashes { level, index, width }
    }

    /// C2SP tlog-tiles, "Merkle tree": index 1234067, and the tiles of a tree of 70,000 leaves.
    #[test]
    fn paths_of_the_specification_parse_and_print() {
        for (path, tile) in [
            ("tile/0/x001/x234/067", hashes(0, 1_234_067, 256)),
            ("tile/0/273.p/112", hashes(0, 273, 112)),
            ("tile/1/000", hashes(1, 0, 256)),
            ("tile/1/001.p/17", hashes(1, 1, 17)),
            ("tile/2/000.p/1", hashes(2, 0, 1)),
            ("tile/63/000", hashes(63, 0, 256)),
            ("tile/entries/x123/456", TilePath::Entries { index: 123_456, width: 256 }),
            ("tile/entries/000.p/255", TilePath::Entries { index: 0, width: 255 }),
        ] {
            assert_eq!(TilePath::parse(path), Ok(tile), "{path}");
            assert_eq!(tile.path(), path);
        }
    }

    #[test]
    fn every_other_spelling_is_refused() {
        for path in [
            "",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile//000",
            "/tile/0/000",
            "tile/0/000/",
            "tile/0/0",
            "tile/0/0000",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/x/000",
            "tile/0/x000/067",
            "tile/0/001/067",
            "tile/0/x001",
            "tile/0/x01/067",
            "tile/0/x001/x067",
            "tile/0/X001/067",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p",
            "tile/0/000.p/1.p/1",
            "tile/0/+01",
            "tile/Entries/000",
            "tile/data/000",
            "tile/0/x099/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(TilePath::parse(path), Err(TlogError::TilePath), "{path:?}");
        }
    }

    /// C2SP tlog-tiles, "Partial tiles": 70,000 leaves are 273 full tiles and 112 hashes; 1 full and 17; 1 hash.
    #[test]
    fn a_tree_has_the_tiles_of_the_specifications_example() {
        let size = 70_000;
        for (tile, exists) in [
            (hashes(0, 272, 256), true),
            (hashes(0, 273, 112), true),
            (hashes(0, 273, 7), true),
            (hashes(0, 273, 113), false),
            (hashes(0, 273, 256), false),
            (hashes(1, 0, 256), true),
            (hashes(1, 1, 17), true),
            (hashes(1, 1, 18), false),
            (hashes(2, 0, 1), true),
            (hashes(2, 0, 2), false),
            (hashes(3, 0, 1), false),
            (hashes(8, 0, 1), false),
            (hashes(63, u64::MAX, 256), false),
            (TilePath::Entries { index: 273, width: 112 }, true),
            (TilePath::Entries { index: 273, width: 113 }, false),
            (hashes(0, 0, 0), false),
        ] {
            assert_eq!(tile.exists_at(size), exists, "{}", tile.path());
        }
        assert!(!hashes(0, 0, 1).exists_at(0));
        assert!(hashes(0, 0, 256).exists_at(256) && hashes(1, 0, 1).exists_at(256));
    }

    proptest! {
        #[test]
        fn every_tile_round_trips(level in 0_u8..=63, index: u64, width in 1_u16..=256) {
            for tile in [hashes(level, index, width), TilePath::Entries { index, width }] {
                prop_assert_eq!(TilePath::parse(&tile.path()), Ok(tile));
            }
        }

        #[test]
        fn what_parses_is_in_its_one_spelling(path in "tile/(0|12|entries)/[x0-9/]{0,12}(\\.p/[0-9]{1,3})?") {
            if let Ok(tile) = TilePath::parse(&path) {
                prop_assert_eq!(tile.path(), path);
            }
        }
    }
}
