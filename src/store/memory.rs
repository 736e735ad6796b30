//! The reference: what the contract means, in the plainest code. For tests and models.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use super::{Batch, Mark, Store, StoreError, StoredEntry};
use crate::event::StreamId;

/// A store that forgets everything when dropped.
#[derive(Debug, Default)]
pub struct MemoryStore(RwLock<State>);

#[derive(Debug, Default)]
struct State {
    entries: Vec<StoredEntry>,
    streams: BTreeMap<StreamId, Vec<u64>>,
    mark: Option<Mark>,
}

impl State {
    fn head(&self, stream: StreamId) -> Option<(u32, u64)> {
        let leaves = self.streams.get(&stream)?;
        Some((u32::try_from(leaves.len()).ok()?.checked_sub(1)?, *leaves.last()?))
    }
}

impl Store for MemoryStore {
    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        batch.check_place(state.entries.len() as u64)?;
        batch.check_streams(|stream| Ok(state.head(stream)))?;
        state.entries.extend_from_slice(&batch.entries);
        for &(stream, _, leaf) in &batch.streams {
            state.streams.entry(stream).or_default().push(leaf);
        }
        state.mark = Some(batch.mark.clone());
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn mark(&self) -> Result<Option<Mark>, StoreError> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).mark.clone())
    }

    fn entry(&self, leaf: u64) -> Result<Option<StoredEntry>, StoreError> {
        Ok(self.entries(leaf, 1)?.pop())
    }

    fn entries(&self, leaf: u64, max: usize) -> Result<Vec<StoredEntry>, StoreError> {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let from = usize::try_from(leaf).unwrap_or(usize::MAX);
        Ok(state.entries.iter().skip(from).take(max).cloned().collect())
    }

    fn stream(&self, stream: StreamId) -> Result<Vec<u64>, StoreError> {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Ok(state.streams.get(&stream).cloned().unwrap_or_default())
    }

    fn public_entries(&self) -> Result<Vec<(StreamId, u32, u64)>, StoreError> {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of = |(stream, leaves): (&StreamId, &Vec<u64>)| {
            let stream = *stream;
            (0..).zip(leaves.clone()).map(move |(revision, leaf)| (stream, revision, leaf))
        };
        Ok(state.streams.iter().flat_map(of).collect())
    }

    fn stream_head(&self, stream: StreamId) -> Result<Option<(u32, u64)>, StoreError> {
        Ok(self.0.read().unwrap_or_else(PoisonError::into_inner).head(stream))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn keeps_the_contract() {
        super::super::check(&super::MemoryStore::default());
    }
}
