//! A log as C2SP tlog-tiles over HTTP.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use super::source::{Source, SourceError};
use crate::crypto::Hash;
use crate::net::{HttpClient, HttpRequest};
use crate::tlog::{Frontier, HashReader, NOTE_MAX_BYTES, TILE_WIDTH, TilePath, TlogError, consistency_proof};

/// The longest one answer may take.
const TIME_MAX: Duration = Duration::from_secs(20);
/// A bundle of 256 entries of at most 64 KiB, each behind two bytes of length.
const BUNDLE_BYTES_MAX: usize = 256 * (2 + 65_535);
const HASH_TILE_BYTES_MAX: usize = 256 * 32;
const WIDTH: u64 = TILE_WIDTH as u64;

/// The log below a URL prefix.
#[derive(Debug, Clone)]
pub struct Tiles {
    client: HttpClient,
    prefix: String,
    time_max: Duration,
}

impl Tiles {
    /// The log at `url`, the address before `/checkpoint`.
    pub fn at(client: HttpClient, url: &str) -> Self {
        Self { client, prefix: url.trim_end_matches('/').to_owned(), time_max: TIME_MAX }
    }

    async fn get(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, SourceError> {
        let url = format!("{}/{path}", self.prefix);
        let request = HttpRequest { url: &url, body: None, bytes_max, time_max: self.time_max };
        let answer = self.client.ask(request).await;
        let answer = answer.map_err(|error| SourceError::Unreachable(error.to_string()))?;
        if answer.status == 200 {
            return Ok(answer.body);
        }
        Err(SourceError::Unreachable(format!("{url} answers with status {}", answer.status)))
    }

    /// The width of tile `index` of a level with `count` hashes.
    fn width(count: u64, index: u64) -> u16 {
        let left = count.saturating_sub(index.saturating_mul(WIDTH)).min(WIDTH);
        u16::try_from(left).unwrap_or(TILE_WIDTH)
    }

    /// The hash of one complete subtree, from the one tile that holds its row.
    async fn node(&self, level: u8, index: u64, size: u64) -> Result<Hash, SourceError> {
        let (tile_level, height) = (level / 8, level % 8);
        let first = index << height;
        let tile = first / WIDTH;
        let count = size.checked_shr(8 * u32::from(tile_level)).unwrap_or(0);
        let width = Self::width(count, tile);
        let path = TilePath::Hashes { level: tile_level, index: tile, width }.path();
        let bytes = self.get(&path, HASH_TILE_BYTES_MAX).await?;
        let (hashes, _) = bytes.as_chunks::<32>();
        let from = usize::try_from(first % WIDTH).unwrap_or(usize::MAX);
        let row = hashes.get(from..from.saturating_add(1 << height));
        let mut subtree = Frontier::default();
        for hash in row.ok_or(SourceError::Malformed("a tile is narrower than its name says"))? {
            subtree.push(*hash, |_, _, _| {});
        }
        Ok(subtree.root())
    }
}

impl Source for Tiles {
    async fn checkpoint(&self) -> Result<String, SourceError> {
        let bytes = self.get("checkpoint", NOTE_MAX_BYTES).await?;
        String::from_utf8(bytes).map_err(|_| SourceError::Malformed("the checkpoint is no text"))
    }

    async fn checkpoint_of(&self, _: u64) -> Result<Option<String>, SourceError> {
        Ok(None)
    }

    async fn entries(&self, from: u64, size: u64) -> Result<Vec<Vec<u8>>, SourceError> {
        let index = from / WIDTH;
        let width = Self::width(size, index);
        let path = TilePath::Entries { index, width }.path();
        let bytes = self.get(&path, BUNDLE_BYTES_MAX).await?;
        let (mut entries, mut rest) = (Vec::new(), &bytes[..]);
        let short = SourceError::Malformed("a bundle ends within an entry");
        // No more of them than were asked for: of empty ones millions would fit.
        while entries.len() < usize::from(width)
            && let Some((length, tail)) = rest.split_first_chunk::<2>()
        {
            let length = usize::from(u16::from_be_bytes(*length));
            let (entry, tail) = tail.split_at_checked(length).ok_or_else(|| short.clone())?;
            entries.push(entry.to_vec());
            rest = tail;
        }
        let behind = usize::try_from(from % WIDTH).unwrap_or(usize::MAX);
        if !rest.is_empty() || entries.len() != usize::from(width) || behind >= entries.len() {
            return Err(SourceError::Malformed("a bundle does not hold the entries that its name says"));
        }
        Ok(entries.split_off(behind))
    }

    async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, SourceError> {
        // First which nodes are needed, then their hashes: the maths is synchronous, the network is not.
        let wanted = Wanted(RefCell::default());
        let unprovable = |_: TlogError| SourceError::Malformed("there is no such proof");
        consistency_proof(&wanted, old, new).map_err(unprovable)?;
        let nodes = wanted.0.into_inner();
        let mut fetched = HashMap::new();
        for (level, index) in nodes {
            fetched.insert((level, index), self.node(level, index, new).await?);
        }
        consistency_proof(&Fetched(fetched), old, new).map_err(unprovable)
    }
}

/// Notes down what is read.
struct Wanted(RefCell<Vec<(u8, u64)>>);

impl HashReader for Wanted {
    type Error = TlogError;
    fn hash(&self, level: u8, index: u64) -> Result<Hash, TlogError> {
        self.0.borrow_mut().push((level, index));
        Ok([0; 32])
    }
}

struct Fetched(HashMap<(u8, u64), Hash>);

impl HashReader for Fetched {
    type Error = TlogError;
    fn hash(&self, level: u8, index: u64) -> Result<Hash, TlogError> {
        self.0.get(&(level, index)).copied().ok_or(TlogError::ConsistencyProof)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// A log that answers one request with so many bytes.
    async fn log_of(bytes: usize) -> Tiles {
        log_of_bytes(vec![b'x'; bytes]).await
    }

    async fn log_of_bytes(body: Vec<u8>) -> Tiles {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            let _ = stream.read(&mut asked).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
        });
        Tiles::at(HttpClient::new(None).unwrap(), &url)
    }

    fn is_too_long<T: std::fmt::Debug>(answer: Result<T, SourceError>, most: usize) -> bool {
        matches!(answer, Err(SourceError::Unreachable(why)) if why == format!("the answer is longer than {most} bytes"))
    }

    #[tokio::test]
    async fn a_log_that_never_answers_is_left() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Tiles::at(HttpClient::new(None).unwrap(), &url);
        assert_eq!(log.time_max, TIME_MAX);
        let log = Tiles { time_max: Duration::from_secs(1), ..log };
        let why = "no answer within 1 seconds".to_owned();
        assert_eq!(log.checkpoint().await, Err(SourceError::Unreachable(why)));
    }

    #[tokio::test]
    async fn a_bundle_of_more_entries_than_its_name_says_is_refused() {
        let log = log_of_bytes(vec![0; BUNDLE_BYTES_MAX]).await;
        let why = SourceError::Malformed("a bundle does not hold the entries that its name says");
        assert_eq!(log.entries(0, 256).await, Err(why));
        let log = log_of_bytes(vec![0; 512]).await;
        assert_eq!(log.entries(0, 256).await.unwrap().len(), 256);
    }

    #[tokio::test]
    async fn a_log_is_read_up_to_what_a_tile_may_hold() {
        assert!(log_of(HASH_TILE_BYTES_MAX).await.node(0, 0, 256).await.is_ok());
        assert!(is_too_long(
            log_of(HASH_TILE_BYTES_MAX + 1).await.node(0, 0, 256).await,
            HASH_TILE_BYTES_MAX
        ));
        assert!(is_too_long(log_of(BUNDLE_BYTES_MAX + 1).await.entries(0, 256).await, BUNDLE_BYTES_MAX));
        // As long as a bundle may be, but none.
        assert!(!is_too_long(log_of(BUNDLE_BYTES_MAX).await.entries(0, 256).await, BUNDLE_BYTES_MAX));
        assert!(log_of(NOTE_MAX_BYTES).await.checkpoint().await.is_ok());
        assert!(is_too_long(log_of(NOTE_MAX_BYTES + 1).await.checkpoint().await, NOTE_MAX_BYTES));
    }
}
